// The scenes of the data room: how a file was read, its rows, what is wrong with them, their tokens and versions.
import { sayColumns, writeMessyRows, writeOddTable } from '../support/data-room.mjs';

/** Photographs the data room from the Datasets screen on. */
export async function photographDataRoom(window, camera, home) {
  const { page } = window;
  const fleeting = { fleeting: true };
  await page.click('nav-datasets');
  await sayColumns(page, writeOddTable(home.folder), (file) => window.drop([file]));
  await camera.take('data-mapping', fleeting);
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
}
