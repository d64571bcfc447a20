// Several tabs at once: a browser keeps only six connections to one host for all of them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeHome } from '../support/home.mjs';
import { chartPoints, chooseModelAndData, startRun, waitForEnd } from '../support/journey.mjs';
import { until } from '../support/wait.mjs';
import { BrowserPage, openBrowser, serveStudio } from './page.mjs';

test('a run can be followed in several tabs at once', { timeout: 900_000 }, async (t) => {
  const home = await makeHome(t);
  const { link } = await serveStudio(t, home.env);
  const context = await openBrowser(t);
  const first = await BrowserPage.open(context, link);
  await first.keepPictureOfFailure('browser tabs', async () => {
    await chooseModelAndData(first, home, (file) => first.drop(file));
    await first.click('data-next');
    await first.text('preview-steps', /^[1-9]/);
    await startRun(first);
    await waitForEnd(first);
    const points = await chartPoints(first);
    const address = first.page.url();

    const others = [];
    for (let tab = 0; tab < 4; tab++) {
      const page = await BrowserPage.open(context, address);
      others.push(page);
      await until('the tab shows the whole curve', async () => (await chartPoints(page)) === points, 30_000);
    }
    // What happens in one is seen in all, and all can still be used.
    await others[0].click('run-menu');
    await others[0].click('menu-rename');
    await others[0].type('rename-input', 'Seen everywhere');
    await others[0].page.keyboard.press('Enter');
    for (const page of [first, ...others]) {
      await page.text('run-name', /Seen everywhere/, 30_000);
      assert.deepEqual(page.problems, []);
    }
  });
});
