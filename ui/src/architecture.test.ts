// @vitest-environment node
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '.');
const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter((path) => /\.(ts|svelte)$/.test(path) && !path.includes('.test.'))
  .map((path) => ({ path: path.replaceAll('\\', '/'), text: readFileSync(join(root, path), 'utf8') }));
const offenders = (wrong: (file: { path: string; text: string }) => boolean) => files.filter(wrong).map((file) => file.path);

test('only the backend knows the desktop shell', () => {
  expect(offenders(({ path, text }) => text.includes('@tauri-apps/') && !path.startsWith('lib/backend/'))).toEqual([]);
});

test('icons are imported one by one', () => {
  expect(offenders(({ text }) => /from '@lucide\/svelte'/.test(text))).toEqual([]);
});

test('parts know no screens and no nouns', () => {
  expect(offenders(({ path, text }) => path.startsWith('parts/') && /screens\/|state\/(library|run|chat|wizard|preferences|jobs|queue)/.test(text))).toEqual([]);
});

test('the made-up studio stays out of the bundle', () => {
  expect(offenders(({ path, text }) => /backend\/mock|'\.\/mock'/.test(text) && path !== 'lib/backend/index.ts')).toEqual([]);
  expect(files.find(({ path }) => path === 'lib/backend/index.ts')?.text).toMatch(/import\.meta\.env\.DEV &&[^\n]*\n[^\n]*import\('\.\/mock'\)/);
});

test('colours come from the tokens', () => {
  const style = (text: string) => text.match(/<style>[\s\S]*<\/style>/)?.[0] ?? '';
  expect(offenders(({ text }) => /#[0-9a-f]{3,8}\b(?!fff)|rgb\(/i.test(style(text).replaceAll('#fff;', '')))).toEqual([]);
});

test('every word on screen comes from the catalogue', () => {
  const found = files.filter(({ path }) => path.endsWith('.svelte')).flatMap(({ path, text }) => literals(text).map((word) => `${path}: ${word}`));
  expect(found).toEqual([]);
});

/** Words that stand in the markup itself, outside of scripts, styles, comments, tags and expressions. */
function literals(text: string): string[] {
  const markup = text.replace(/<script[\s\S]*?<\/script>|<style>[\s\S]*?<\/style>|<!--[\s\S]*?-->/g, '');
  let depth = 0;
  let tag = false;
  let words = '';
  for (const character of markup) {
    if (character === '{') depth++;
    else if (character === '}') depth--;
    else if (depth === 0 && character === '<') tag = true;
    else if (depth === 0 && character === '>' && tag) tag = false;
    else words += depth === 0 && !tag ? character : ' ';
  }
  return words.match(/\p{L}{2,}/gu) ?? [];
}
