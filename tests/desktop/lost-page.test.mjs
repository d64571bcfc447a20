// A page that hangs or has crashed cannot ask what should become of a run: the window closes all the same.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { makeHome } from '../support/home.mjs';
import { newestRun } from '../support/journey.mjs';
import { afterwards, finish, lives, start, tunesmith, tunesmithDesktop } from '../support/programs.mjs';
import { until } from '../support/wait.mjs';
import { startDisplay, StudioWindow } from './window.mjs';

/** The processes of the pages: children of the window's, or of what confines them. */
function pageProcesses(window) {
  const parents = new Map();
  const names = new Map();
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const [, name, parent] = /^\d+ \((.*)\) \S+ (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'));
      parents.set(Number(pid), Number(parent));
      names.set(Number(pid), name);
    } catch {
      // It has ended meanwhile.
    }
  }
  const below = (pid) => pid === window || (parents.has(pid) && below(parents.get(pid)));
  return [...names].filter(([pid, name]) => name.startsWith('WebKitWebProces') && below(pid)).map(([pid]) => pid);
}

test('a window whose page hangs or has crashed can be closed while a run trains on', { timeout: 600_000 }, async (t) => {
  const home = await makeHome(t, { rows: 1500 });
  const display = await startDisplay(t);
  // Without a driver, which would notice a page that is lost: everything is seen from outside.
  const window = Object.assign(new StudioWindow(), { program: tunesmithDesktop, env: { ...home.env, ...display.env } });
  const program = start(window.program, [], { env: window.env });
  afterwards(t, () => program.stop('SIGKILL'));
  const isDrawn = async () => Number((await finish('/usr/bin/python3', [join(import.meta.dirname, 'colours.py')], window.env)).stdout) > 100;
  await until('the screens are drawn', isDrawn);

  // The window holds the home, so it is the window that trains.
  const choices = join(home.folder, 'run.yaml');
  writeFileSync(choices, JSON.stringify({ base_model: home.model, data: { path: home.examples.file }, training: { epochs: 100 } }));
  const follower = start(tunesmith, ['train', choices], { env: home.env });
  afterwards(t, () => follower.stop('SIGKILL'));
  await until('the run trains', async () => (await newestRun(home.env)).step > 5);

  /** Closes the window without the page's help, sees the run train on, and brings the window back. */
  async function closeAndComeBack(lost) {
    await window.pressClose();
    await until('the window is hidden', async () => !(await window.isOnScreen()));
    await until('a page that hangs takes nothing from the run', () => !lost.some(lives));
    const { step } = await newestRun(home.env);
    await until('it trains on', async () => (await newestRun(home.env)).step > step + 5);
    const again = await finish(window.program, [], window.env);
    assert.equal(again.code, 0, again.stderr);
    await until('the window is back', () => window.isOnScreen());
    await until('its screens are drawn anew', isDrawn);
  }

  for (const signal of ['SIGSTOP', 'SIGKILL']) {
    const pages = pageProcesses(program.child.pid);
    assert.equal(pages.length, 1);
    for (const pid of pages) process.kill(pid, signal);
    await closeAndComeBack(pages);
  }

  // The page that came back asks again, and its question may be thought over.
  await window.pressClose();
  await pause(5000);
  assert.ok(await window.isOnScreen());
  assert.ok(program.running());
  assert.match(JSON.stringify((await newestRun(home.env)).status), /running/);
});
