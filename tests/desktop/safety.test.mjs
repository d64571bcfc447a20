// What a page in the window may not do, tried in the window that is shipped.
import assert from 'node:assert/strict';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeHome } from '../support/home.mjs';
import { finish } from '../support/programs.mjs';
import { until } from '../support/wait.mjs';
import { startDisplay, StudioWindow } from './window.mjs';

test('the page cannot reach beyond its commands, and files come by the native dialog too', { timeout: 600_000 }, async (t) => {
  const home = await makeHome(t);
  const window = await StudioWindow.open(t, await startDisplay(t), home.env);
  const { page } = window;
  await window.keepPictureOfFailure('desktop safety', async () => {
    for (const command of ['plugin:event|emit', 'plugin:opener|open_url', 'plugin:opener|open_path', 'plugin:window|close', 'plugin:fs|read_file']) {
      const refused = await page.run((command) => window.__TAURI_INTERNALS__.invoke(command, {}).then(() => '', String), command);
      assert.match(refused, /not allowed|not found/, command);
    }

    const foreign = await page.run(() => fetch('https://example.com/').then(() => 'fetched', () => 'refused'));
    assert.equal(foreign, 'refused');
    const evaluated = await page.run(() => {
      const script = document.createElement('script');
      script.textContent = 'window.__inline = true';
      document.head.append(script);
      return Boolean(window.__inline);
    });
    assert.equal(evaluated, false, 'an inline script must not run');

    await page.click('nav-datasets');
    const plain = join(home.folder, 'rows.jsonl');
    copyFileSync(home.examples.file, plain);
    // A keyboard that types into a busy machine may lose a letter: then the file is chosen again.
    await until('the chosen file is read', async () => {
      await page.click('pick-files');
      await chooseInDialog(window, 'Choose dataset files', plain);
      return page.text('import-summary', new RegExp(`${home.examples.rows} kept`), 20_000);
    }, 300_000);
  });
});

/** Types a path into the native file dialog of this title. The dialog is gone afterwards, with the file or without. */
async function chooseInDialog(window, title, path) {
  const x = (...args) => finish('xdotool', args, window.env);
  const dialog = async () => (await x('search', '--onlyvisible', '--name', title)).stdout.trim().split('\n')[0];
  const number = await until('the file dialog is open', dialog);
  await x('windowfocus', '--sync', number);
  // A slash opens the dialog's field for paths; what is in it is replaced.
  await x('key', 'slash');
  await x('key', 'ctrl+a');
  await x('type', '--delay', '30', path);
  // Return takes what the field completes, and the next one the file. A dialog that lost a letter is left, to be opened again.
  for (const key of ['Return', 'Return', 'Return', 'Escape', 'Escape', 'Escape']) {
    await x('key', key);
    const gone = until('the file dialog is gone', async () => !(await dialog()), 3000);
    if (await gone.then(() => true, () => false)) return;
  }
  throw new Error(`the file dialog “${title}” stays open`);
}
