// The phases of the tests: what each runs, what must be built before it, and how its results are counted.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

export const root = join(import.meta.dirname, '..');
const target = process.env.CARGO_TARGET_DIR ?? join(root, 'target');
export const reports = join(target, 'test-reports');

const nodeTests = (folder) => {
  const files = readdirSync(join(root, 'tests', folder)).filter((name) => name.endsWith('.test.mjs'));
  return ['node', '--test', '--test-concurrency=1', '--test-reporter=spec', '--test-reporter-destination=stdout',
    '--test-reporter=tap', `--test-reporter-destination=${join(reports, `${folder}.tap`)}`,
    ...files.map((name) => join('tests', folder, name))];
};

/**
 * A phase: its command, the phases whose work it stands on, and how its results are counted from what it printed. One
 * that reports no numbers is one check.
 */
export const phases = {
  screens: { title: 'build the screens', command: () => ['scripts/screens'] },
  rust: { title: 'Rust (build + nextest)', needs: ['screens'], command: () => ['cargo', 'nextest', 'run', '--locked', '--workspace'], count: countNextest },
  scripts: { title: 'scripts', command: () => nodeTests('scripts'), count: () => countTap('scripts') },
  supply: { title: 'supply chain', needs: ['screens'], command: () => ['scripts/supply'] },
  types: { title: 'svelte-check', needs: ['screens'], command: () => ['npm', '--prefix', 'ui', 'run', 'check'] },
  vitest: {
    title: 'vitest',
    needs: ['screens'],
    command: () => ['npm', '--prefix', 'ui', 'test', '--', '--reporter=default', '--reporter=json', `--outputFile=${join(reports, 'vitest.json')}`],
    count: () => {
      const { numPassedTests, numFailedTests } = JSON.parse(readFileSync(join(reports, 'vitest.json'), 'utf8'));
      return { passed: numPassedTests, failed: numFailedTests };
    },
  },
  // Built as for the Rust phase, so that nothing is compiled twice: a plain `cargo build` takes other features. Beside
  // that phase it waits for cargo's lock, that is, until everything is built.
  programs: { title: 'build the programs', needs: ['screens'], command: () => ['cargo', 'nextest', 'run', '--locked', '--workspace', '--no-run'] },
  desktop: { title: 'desktop window (Xvfb)', needs: ['programs'], command: () => nodeTests('desktop'), count: () => countTap('desktop') },
  browser: { title: 'browser (Chromium)', needs: ['programs'], command: () => nodeTests('browser'), count: () => countTap('browser') },
};

/** The phases to run for the ones asked for (none stands for all), each after what it needs and only once. */
export function plan(asked) {
  const planned = [];
  const add = (name) => {
    if (planned.includes(name)) return;
    phases[name].needs?.forEach(add);
    planned.push(name);
  };
  (asked.length ? asked : Object.keys(phases)).forEach(add);
  return planned;
}

/**
 * Carries phases out, two at a time: much of a test is waiting. Each begins once what it needs is done, well or badly.
 * `carryOut(name)` ends when the phase has.
 */
export async function runAll(planned, carryOut, atOnce = 2) {
  const waiting = [...planned];
  const [going, done] = [new Map(), new Set()];
  const ready = (name) => (phases[name].needs ?? []).every((need) => done.has(need) || !planned.includes(need));
  while (waiting.length || going.size) {
    const next = going.size < atOnce ? waiting.findIndex(ready) : -1;
    if (next >= 0) {
      const [name] = waiting.splice(next, 1);
      going.set(name, carryOut(name).then(() => name));
      continue;
    }
    const ended = await Promise.race(going.values());
    going.delete(ended);
    done.add(ended);
  }
}

function countNextest(printed) {
  const summary = printed.split('\n').findLast((line) => line.includes('Summary [')) ?? '';
  const number = (word) => Number(new RegExp(`(\\d+) ${word}`).exec(summary)?.[1] ?? 0);
  return { passed: number('passed'), failed: number('failed') + number('timed out') + number('exec failed') };
}

function countTap(folder) {
  const report = readFileSync(join(reports, `${folder}.tap`), 'utf8');
  const number = (word) => Number(new RegExp(`^# ${word} (\\d+)$`, 'm').exec(report)?.[1] ?? 0);
  return { passed: number('pass'), failed: number('fail') + number('cancelled') };
}
