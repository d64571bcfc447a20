#!/usr/bin/env node
// Writes target/THIRD-PARTY.md, which ships with the packages: every crate and npm package in the programs, with its licence and
// the texts that must come along. --check only makes sure that each has a licence and a text.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const root = join(import.meta.dirname, '..');
const target = process.env.CARGO_TARGET_DIR ?? join(root, 'target');
const isText = /^(licen[cs]e|copying|notice|unlicense|copyright)/i;

/** The crates that end up in the two programs, on this system: what only builds or tests them is left out. */
function crates() {
  const run = (...args) => execFileSync('cargo', args, { cwd: root, encoding: 'utf8', maxBuffer: 1 << 28 });
  const tree = run('tree', '--locked', '--edges', 'normal', '--prefix', 'none', '--format', '{p}', '-p', 'tunesmith-cli', '-p', 'tunesmith-desktop');
  const linked = new Set(tree.split('\n').map((line) => /^(\S+) v(\S+)/.exec(line)).filter(Boolean).map(([, name, version]) => `${name} ${version}`));
  const { packages } = JSON.parse(run('metadata', '--locked', '--format-version', '1'));
  return packages
    .filter((found) => found.source && linked.has(`${found.name} ${found.version}`))
    .map(({ name, version, license, repository, manifest_path }) => ({ name, version, licence: license, home: repository, folder: dirname(manifest_path) }));
}

/** Packages that npm knows as tools only, and whose code is in the screens all the same. */
const compiledIn = ['node_modules/svelte'];

/** The npm packages whose code is in the screens. */
function packages() {
  const ui = join(root, 'ui');
  const { packages: locked } = JSON.parse(readFileSync(join(ui, 'package-lock.json'), 'utf8'));
  return Object.entries(locked)
    .filter(([path, entry]) => path && !entry.optional && (!entry.dev || compiledIn.includes(path)))
    .map(([path, entry]) => {
      const folder = join(ui, path);
      const manifest = existsSync(join(folder, 'package.json')) ? JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) : {};
      const repository = typeof manifest.repository === 'string' ? manifest.repository : manifest.repository?.url;
      return { name: path.replace('node_modules/', ''), version: entry.version, licence: entry.license ?? manifest.license, home: repository, folder };
    });
}

/** The licence texts that lie in a package. */
const texts = ({ folder }) =>
  existsSync(folder)
    ? readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile() && isText.test(entry.name)).map((entry) => readFileSync(join(folder, entry.name), 'utf8').trim())
    : [];

const all = [...crates(), ...packages()].sort((one, other) => one.name.localeCompare(other.name));
const without = all.filter(({ licence }) => !licence);
if (all.length < 100 || without.length) {
  console.error(`third-party: ${all.length} packages; without a licence: ${without.map(({ name }) => name).join(', ') || 'none'}`);
  process.exit(1);
}

const users = new Map(); // text → the packages that have it
for (const one of all) for (const text of texts(one)) users.set(text, [...(users.get(text) ?? []), `${one.name} ${one.version}`]);
const rows = all.map(({ name, version, licence, home }) => `| ${name} | ${version} | ${licence} | ${home ?? ''} |`);
const sections = [...users].map(([text, names]) => `### ${names.join(', ')}\n\n${text.replace(/^/gm, '    ')}\n`);
const page = `# What Tunesmith is built from

Made by scripts/third-party.mjs from Cargo.lock and package-lock.json.

| package | version | licence | source |
|---|---|---|---|
${rows.join('\n')}

## Licence texts

${sections.join('\n')}`;

if (!process.argv.includes('--check')) {
  mkdirSync(target, { recursive: true });
  writeFileSync(join(target, 'THIRD-PARTY.md'), page);
}
console.log(`third-party: ${all.length} packages, ${users.size} licence texts`);
