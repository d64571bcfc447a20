// The data room in the real window: columns of odd names are mapped, and a messy file is mended and exported.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { axeSource } from '../support/axe.mjs';
import { cutByTheRun, expectExported, mapOddTable, walkDataRoom, writeMessyRows, writeOddTable } from '../support/data-room.mjs';
import { makeHome } from '../support/home.mjs';
import { call } from '../support/journey.mjs';
import { startDisplay, StudioWindow } from './window.mjs';

test('a table of odd columns is mapped, and a messy file is mended and exported', { timeout: 300_000 }, async (t) => {
  const home = await makeHome(t);
  const display = await startDisplay(t);
  const window = await StudioWindow.open(t, display, home.env);
  const { page } = window;
  await window.keepPictureOfFailure('desktop data room', async () => {
    await page.inject(axeSource);
    await mapOddTable(page, writeOddTable(home.folder), (file) => window.drop([file]));
    await walkDataRoom(page, writeMessyRows(home.folder), (file) => window.drop([file]));
    // The button asks with the system's own dialog where the file goes; without an answer it goes among the exports.
    const dataset = await page.run(() => decodeURIComponent(location.hash.split('/').at(-1)));
    await call(page, 'export_dataset', { dataset, format: 'openai', split: null, path: null, task: null });
    expectExported(join(home.home, 'exports'));
    await page.click('export-cancel');
    await cutByTheRun(page);
    assert.deepEqual(await window.wrong(), []);
  });
});
