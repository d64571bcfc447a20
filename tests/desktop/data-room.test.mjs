// The data room in the real window: columns of odd names are mapped, and a messy file is mended and exported.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { axeSource } from '../support/axe.mjs';
import { cutByTheRun, expectExported, mapOddTable, walkDataRoom, writeFolderOfSides, writeMessyRows, writeOddTable } from '../support/data-room.mjs';
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
    await call(page, 'export_dataset', { dataset, format: 'openai', split: null, path: null, job: null });
    expectExported(join(home.home, 'exports'));
    await page.click('export-cancel');
    await cutByTheRun(page);
    await page.click('nav-datasets');
    await window.drop([writeFolderOfSides(home.folder)]);
    await page.text('import-remarks', /Held out by the name of the file: “validation.jsonl”/);
    await page.text('rows-view', /Training 40/);
    assert.deepEqual(await window.wrong(), []);

    // What is typed and not saved keeps the window open until the user says otherwise.
    await page.click('row-tab-edit');
    await page.type('edit-content-2', 'Nothing at all.');
    await window.pressClose();
    await page.text('unsaved-dialog', /not saved/);
    await page.click('unsaved-dialog-no');
    assert.ok(await window.isOnScreen(), 'thinking better of it changes nothing');
    await window.pressClose();
    await page.press('unsaved-dialog-yes');
    await window.ended();
  });
});
