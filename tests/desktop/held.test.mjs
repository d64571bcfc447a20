// A home that another Tunesmith holds: the window says who it is, and opens when the user tries again.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeHome } from '../support/home.mjs';
import { afterwards, finish, start, tunesmith, tunesmithDesktop } from '../support/programs.mjs';
import { until } from '../support/wait.mjs';
import { startDisplay } from './window.mjs';

/** Starts a window on a home that a studio without one holds. */
async function openHeldHome(t) {
  const home = await makeHome(t);
  const display = await startDisplay(t);
  const env = { ...home.env, ...display.env };
  const studio = start(tunesmith, ['studio', '--port', '0'], { env });
  afterwards(t, () => studio.stop());
  await until('the studio has the home', () => studio.printed().includes('http://'));
  const window = start(tunesmithDesktop, [], { env });
  afterwards(t, () => window.stop());
  return { home, env, studio, window };
}

test('a window whose home is in use says by whom, and opens when it is free', { timeout: 300_000 }, async (t) => {
  const { home, env, studio, window } = await openHeldHome(t);
  const x = async (...args) => (await finish('xdotool', args, env)).stdout.trim();
  const shown = (name) => x('search', '--onlyvisible', '--name', name);
  const dialog = () => shown('^Tunesmith is in use$');

  /** Presses a button of the dialog by its letter, again until it is felt. */
  const press = async (key, what, done) => until(what, async () => {
    const number = (await dialog()).split('\n')[0];
    if (number) await x('windowfocus', '--sync', number, 'key', key);
    return done();
  });

  await until('the window asks', dialog);
  const said = window.printed();
  assert.ok(said.includes(`process ${studio.child.pid}`), said);
  assert.ok(said.includes('tunesmith studio --port 0'), said);
  assert.ok(said.includes(home.home), said);

  const times = () => window.printed().split('is using').length - 1;
  await press('Return', 'it is still in use, and says so again', () => times() >= 2);
  await until('the window asks again', dialog);
  await studio.stop('SIGINT');
  await press('Return', 'the window is open', () => shown('^Tunesmith$'));
  assert.ok(window.running());
  assert.equal(await dialog(), '');
});

test('a window that is not to try again is gone', { timeout: 300_000 }, async (t) => {
  const { env, studio, window } = await openHeldHome(t);
  await until('the program has ended', async () => {
    const { stdout } = await finish('xdotool', ['search', '--onlyvisible', '--name', '^Tunesmith is in use$'], env);
    if (stdout.trim()) await finish('xdotool', ['windowfocus', '--sync', stdout.trim().split('\n')[0], 'key', 'Escape'], env);
    return !window.running();
  });
  assert.equal(window.child.exitCode, 1);
  assert.ok(studio.running(), 'the other one goes on');
});
