// The scenes of the data room: how a file was read, its rows, what is wrong with them, their tokens and versions.
import { sayColumns, writeFolderOfSides, writeLargeTable, writeMessyRows, writeOddTable, writePreferences } from '../support/data-room.mjs';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Photographs the data room from the Datasets screen on. */
export async function photographDataRoom(window, camera, home) {
  const { page } = window;
  const fleeting = { fleeting: true };
  const drop = (file) => window.drop([file]);
  await page.click('nav-datasets');
  await page.find('[data-testid="drop-zone"]');
  await camera.take('data-add');
  await page.click('shapes');
  await camera.take('data-shapes', fleeting);
  const empty = join(home.folder, 'nothing.csv');
  writeFileSync(empty, '');
  await drop(empty);
  await page.find('[data-testid="import-error"]');
  await camera.take('data-failed', fleeting);
  await drop(writeLargeTable(home.folder));
  await page.find('[data-testid="import-pace"]');
  await camera.take('data-reading', fleeting);
  await page.click('import-cancel');
  await page.find('[data-testid="drop-zone"]');

  await drop(writePreferences(home.folder));
  await page.text('row-panel', /tomato/);
  await camera.take('data-preferences', fleeting);
  await page.click('nav-datasets');
  await drop(writeFolderOfSides(home.folder));
  await page.text('import-remarks', /Held out by the name/);
  await camera.take('data-sides', fleeting);
  await page.click('tab-versions');
  for (const [dialog, scene] of [['split', 'data-split-named'], ['sample', 'data-sample'], ['merge', 'data-merge']]) {
    await page.click(`version-${dialog}`);
    await camera.take(scene, fleeting);
    await page.press(`${dialog}-dialog-cancel`);
  }

  await page.click('nav-datasets');
  await sayColumns(page, writeOddTable(home.folder), drop);
  await camera.take('data-mapping', fleeting);
  await page.click('ask-cancel');
  const useless = join(home.folder, 'useless.csv');
  writeFileSync(useless, 'prompt,completion\nWhat is this?,\nAnd that?,\n');
  await drop(useless);
  await page.text('import-summary', /2 read = 0 kept/);
  await page.click('tab-doctor');
  await page.find('[data-testid="doctor"]');
  await camera.take('data-no-rows', fleeting);

  await page.click('nav-datasets');
  await window.drop([writeMessyRows(home.folder)]);
  await page.text('import-summary', /66 read/);
  await page.find('[data-testid="row-panel"]');
  await camera.take('data-rows', fleeting);
  await page.click('rows-filters');
  await camera.take('data-filters', fleeting);
  await page.type('rows-search', 'no row says this');
  await page.text('rows-found', /^0 /);
  await camera.take('data-nothing-found', fleeting);
  await page.click('rows-clear');
  await page.click('row-tab-tokens');
  await page.find('[data-testid="xray-tokens"]');
  await camera.take('data-xray', fleeting);
  await page.click('row-tab-edit');
  await page.find('[data-testid="save-row"]');
  await page.type('edit-content-2', 'Another answer.');
  await camera.take('data-edit', fleeting);
  await page.click('tab-problems');
  await page.text('unsaved-dialog', /not saved/);
  await camera.take('data-unsaved', fleeting);
  await page.click('unsaved-dialog-yes');
  await page.text('problems-summary', /66 read/);
  await camera.take('data-problems', fleeting);
  await page.click('show-dropped');
  await page.find('[data-testid="dropped-text"]');
  await camera.take('data-dropped', fleeting);
  await page.click('tab-doctor');
  await page.find('[data-testid="finding-exact_duplicates"]');
  await camera.take('data-doctor', fleeting);
  await page.click('tab-tokens');
  await page.text('total-tokens', /[1-9]/);
  await camera.take('data-tokens', fleeting);
  await page.key('limit-line', 'Home');
  await camera.take('data-limit', fleeting);
  await page.click('tab-doctor');
  await page.click('repair-exact_duplicates');
  await page.find('[data-testid="toast-action"]');
  await page.click('tab-versions');
  await page.find('[data-testid="version-2"]');
  await camera.take('data-versions', fleeting);
  await page.click('dataset-menu');
  await page.click('menu-export');
  await camera.take('data-export', fleeting);
  await page.click('export-cancel');
  await page.click('version-split');
  await camera.take('data-split', fleeting);
  await page.click('split-way-file');
  await camera.take('data-split-file', fleeting);
}
