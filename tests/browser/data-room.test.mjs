// The data room in a browser: columns of odd names are mapped, what is dropped is repaired, seen, split and taken back.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { axeSource } from '../support/axe.mjs';
import { cutByTheRun, expectExported, mapOddTable, walkDataRoom, writeMessyRows, writeOddTable } from '../support/data-room.mjs';
import { makeHome } from '../support/home.mjs';
import { BrowserPage, openBrowser, serveStudio } from './page.mjs';

test('a table of odd columns is mapped, and a messy file is mended and exported, in a browser', { timeout: 300_000 }, async (t) => {
  const home = await makeHome(t);
  const { link } = await serveStudio(t, home.env);
  const page = await BrowserPage.open(await openBrowser(t), link);
  await page.keepPictureOfFailure('browser data room', async () => {
    await page.inject(axeSource);
    await mapOddTable(page, writeOddTable(home.folder), (file) => page.drop(file));
    await walkDataRoom(page, writeMessyRows(home.folder), (file) => page.drop(file));
    await page.click('export-yes');
    await page.text('exported', /62 rows/);
    const lines = await page.run(async () => {
      const answer = await fetch(document.querySelector('[data-testid="export-download"]').href);
      return (await answer.text()).trim().split('\n').map((line) => Object.keys(JSON.parse(line)).join());
    });
    assert.equal(lines.length, 62, 'the download has every row');
    assert.deepEqual([...new Set(lines)], ['messages'], 'and what OpenAI allows');
    expectExported(join(home.home, 'exports'));
    await page.click('export-done');
    await cutByTheRun(page);
    assert.deepEqual(page.problems, []);
  });
});
