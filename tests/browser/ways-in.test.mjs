// The ways by which rows come in without a file of theirs, and those of a workbook: each is asked about where its columns
// say nothing, and becomes a dataset.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { axeSource } from '../support/axe.mjs';
import { makeHome } from '../support/home.mjs';
import { expectNoBarriers } from '../support/journey.mjs';
import { root } from '../support/programs.mjs';
import { BrowserPage, openBrowser, serveStudio } from './page.mjs';

test('a workbook, one column, rows without a header, pasted rows and written examples become datasets', { timeout: 200_000 }, async (t) => {
  const home = await makeHome(t);
  const { link } = await serveStudio(t, home.env);
  const context = await openBrowser(t);
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const page = await BrowserPage.open(context, link);
  const write = (name, text) => {
    writeFileSync(join(home.folder, name), text);
    return join(home.folder, name);
  };
  await page.keepPictureOfFailure('ways in', async () => {
    await page.inject(axeSource);
    await page.click('nav-datasets');
    await page.drop(join(root, 'crates/data/tests/fixtures/workbooks/questions.xlsx'));
    await page.text('ask-columns', /Which column is the question\?[^]*not read: “Notizen”, “Leer”/);
    await page.text('raw-row', /Kundenfrage\s+Question\s+Wo ist mein Paket\?[^]*2024-01-02/);
    await page.text('first-row-1', /Es kommt morgen/);
    await page.click('ask-import');
    await page.text('import-summary', /All 3 rows imported/);

    await page.click('nav-datasets');
    await page.drop(write('one.csv', 'Kommentar\nDie Suppe war kalt\nDas Brot war gut\n'));
    await page.text('ask-columns', /Which column holds the text\?/);
    await page.text('first-row-1', /Die Suppe war kalt/);
    await page.click('ask-import');
    await page.text('import-summary', /All 2 rows imported/);

    await page.click('nav-datasets');
    await page.drop(write('headless.csv', '7,Where is it?,It comes tomorrow.\n8,And now?,Now it is here.\n'));
    await page.text('ask-columns', /column 2\s+Question[^]*does not look like names of columns/);
    await page.click('ask-cancel');

    await page.find('[data-testid="paste-rows"]');
    await page.run((text) => navigator.clipboard.writeText(text), 'Frage\tAntwort\nWo?\t"Hier,\nund dort"\nWann?\tJetzt sofort\n');
    await page.page.keyboard.press('Control+v');
    await page.text('ask-columns', /Pasted rows\.tsv/);
    await page.text('first-row-1', /und dort/);
    await page.click('ask-import');
    await page.text('import-summary', /All 2 rows imported/);

    await page.click('nav-datasets');
    await page.click('write-examples');
    await page.page.keyboard.type('When do you open?');
    await page.page.keyboard.press('Enter');
    await page.page.keyboard.type('At nine.');
    await page.page.keyboard.press('Enter');
    await page.text('write-save', /Save 1 example/);
    await expectNoBarriers(page, 'the table of examples');
    await page.click('write-save');
    await page.text('import-summary', /All 1 row imported/);
    await page.text('row-panel', /At nine\./);
    assert.deepEqual(page.problems, []);
  });
});
