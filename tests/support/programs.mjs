// The programs under test, each on a home of its own, and their ends. Only children started here are ever stopped.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from './wait.mjs';

export const root = join(import.meta.dirname, '../..');
const target = process.env.CARGO_TARGET_DIR ?? join(root, 'target');
const built = join(target, process.env.TUNESMITH_TEST_PROFILE ?? 'debug');

export const tunesmith = join(built, 'tunesmith');
export const tunesmithDesktop = join(built, 'tunesmith-desktop');

/** A folder for pictures and logs that outlive a test. */
export const reports = join(target, 'test-reports');
mkdirSync(reports, { recursive: true });

const endings = new WeakMap();

/** Undoes something after the test `t`, the last thing first: a window goes before its display and its files. */
export function afterwards(t, undo) {
  if (!endings.has(t)) {
    endings.set(t, []);
    t.after(async () => {
      for (const undo of endings.get(t).reverse()) await undo();
    });
  }
  endings.get(t).push(undo);
}

/** A fresh folder that is removed after the test `t`. */
export function temporaryFolder(t) {
  const folder = mkdtempSync(join(tmpdir(), 'tunesmith-'));
  // The web engine's own processes may still be writing to their caches.
  afterwards(t, () => until('the folder is gone', () => (rmSync(folder, { recursive: true, force: true }), true)));
  return folder;
}

/** Runs a program to its end; fails when it fails. Returns what it printed on stdout. */
export async function run(program, args, env = {}) {
  const { code, stdout, stderr } = await finish(program, args, env);
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${code}\n${stdout}${stderr}`);
  return stdout;
}

/** Runs a program to its end, however it ends. */
export async function finish(program, args, env = {}) {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
  const texts = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr']) child[name].setEncoding('utf8').on('data', (text) => (texts[name] += text));
  const [code] = await once(child, 'close');
  return { code, ...texts };
}

/** Starts a program that keeps running. `printed()` is what it has said so far; `stop()` ends it and waits. */
export function start(program, args, { env = {}, stdio = ['ignore', 'pipe', 'pipe'] } = {}) {
  const child = spawn(program, args, { stdio, env: { ...process.env, ...env } });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', (more) => (text += more));
  const ended = once(child, 'exit').catch(() => undefined);
  return {
    child,
    ended,
    printed: () => text,
    running: () => child.exitCode === null && child.signalCode === null,
    async stop(signal = 'SIGTERM') {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal);
      const patience = setTimeout(() => child.kill('SIGKILL'), 30_000);
      await ended;
      clearTimeout(patience);
    },
  };
}

/** Whether a process lives. */
export function lives(pid) {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** A port of the loopback that was free a moment ago. */
export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}
