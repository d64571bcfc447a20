// Runs every phase of the tests (phases.mjs), also after one has failed, and sums them up: node scripts/test.mjs [PHASE…]
// Two phases go at once. The output of one is shown as it comes, that of the other when it has ended.
// A phase that is asked for alone comes after what must be built for it.
// The last line is plain for machines: "N passed, N failed".
import { spawn } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { phases, plan, reports, root, runAll } from './phases.mjs';

/** Runs a command, hands on what it prints, and resolves with its exit code and output. */
function run([program, ...args], show) {
  return new Promise((done) => {
    const child = spawn(program, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, NO_COLOR: '1', CARGO_TERM_COLOR: 'never' } });
    let printed = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        printed += text;
        show(text);
      });
    }
    child.once('error', (error) => done({ code: 127, printed: `${printed}${error}` })).once('close', (code) => done({ code, printed }));
  });
}

let live = null;

/** Carries a phase out. What it prints is shown at once where no other phase is shown, else when it has ended. */
async function carryOut(name) {
  const phase = phases[name];
  const shown = live === null;
  if (shown) live = name;
  console.log(`\n── ${phase.title}${shown ? '' : ', beside it'}`);
  const started = performance.now();
  const ended = await run(phase.command(), (text) => shown && process.stdout.write(text));
  const row = { title: phase.title, seconds: (performance.now() - started) / 1000, ...judge(phase, ended) };
  if (shown) live = null;
  else process.stdout.write(`\n── ${phase.title}, what it printed:\n${ended.printed}`);
  console.log(`── ${row.title}: ${time(row.seconds).trim()}`);
  rows.set(name, row);
}

/** What a phase came to. A phase that ends badly has failed at least once, whatever it counted. */
function judge(phase, { code, printed }) {
  let counted = { passed: 0, failed: 0 };
  try {
    counted = phase.count?.(printed) ?? (code === 0 ? { passed: 1, failed: 0 } : counted);
  } catch {
    // It ended before it could report.
  }
  if (code !== 0 && counted.failed === 0) counted.failed = 1;
  if (code === 0 && counted.passed === 0) counted.failed = 1;
  return counted;
}

const time = (seconds) => `${String(Math.floor(seconds / 60)).padStart(3)} m ${String(Math.round(seconds) % 60).padStart(2, '0')} s`;

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !(name in phases));
if (unknown.length) {
  console.error(`There is no phase ${unknown.join(', ')}. There are: ${Object.keys(phases).join(', ')}`);
  process.exit(2);
}
rmSync(reports, { recursive: true, force: true });
mkdirSync(reports, { recursive: true });

const began = performance.now();
const setUp = Number(process.env.SETUP_SECONDS ?? 0);
const rows = new Map();
const planned = plan(asked);
await runAll(planned, carryOut);

const sum = (key) => planned.reduce((total, name) => total + rows.get(name)[key], 0);
const line = (title, seconds, passed, failed) => `${title.padEnd(28)}${time(seconds).padStart(12)}${String(passed).padStart(9)}${String(failed).padStart(9)}`;
console.log(`\n${'phase'.padEnd(28)}${'time'.padStart(12)}${'passed'.padStart(9)}${'failed'.padStart(9)}`);
console.log(line('set up', setUp, 0, 0));
for (const name of planned) {
  const { title, seconds, passed, failed } = rows.get(name);
  console.log(line(title, seconds, passed, failed));
}
console.log(line('all, two at a time', setUp + (performance.now() - began) / 1000, sum('passed'), sum('failed')));
console.log(`\n${sum('passed')} passed, ${sum('failed')} failed`);
process.exit(sum('failed') ? 1 : 0);
