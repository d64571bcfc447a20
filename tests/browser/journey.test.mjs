// The main job in a browser: the same screens, served by `tunesmith studio`.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { axeSource } from '../support/axe.mjs';
import { makeHome } from '../support/home.mjs';
import { ask, chartPoints, chooseModelAndData, deleteChat, expectNoBarriers, lookAtRows, startRun, stopAnAnswer, takeBack, waitForEnd } from '../support/journey.mjs';
import { until } from '../support/wait.mjs';
import { BrowserPage, openBrowser, serveStudio } from './page.mjs';

test('a dropped file becomes a model to chat with, in a browser', { timeout: 900_000 }, async (t) => {
  const home = await makeHome(t);
  const { link } = await serveStudio(t, home.env);
  const context = await openBrowser(t);
  const page = await BrowserPage.open(context, link);
  await page.keepPictureOfFailure('browser journey', async () => {
    assert.equal(await page.run(() => location.pathname + location.search), '/', 'the address is clean');
    await page.inject(axeSource);
    await page.find('[data-testid="runs-empty"]');
    await expectNoBarriers(page, 'the first screen');

    await chooseModelAndData(page, home, (file) => page.drop(file));
    await lookAtRows(page);
    await expectNoBarriers(page, 'the rows');
    await page.click('data-next');
    await page.text('preview-steps', /^[1-9]/);
    await expectNoBarriers(page, 'the settings');

    await startRun(page);
    await waitForEnd(page);
    await expectNoBarriers(page, 'a finished run');
    const points = await chartPoints(page);

    // A reload shows the same run with its whole history.
    await page.reload();
    await until('the chart is whole again', async () => (await chartPoints(page)) === points);
    await page.inject(axeSource);

    await page.click('chat-open');
    await page.find('[data-testid="chat-empty"]');
    assert.match(await ask(page, 'What colour is cup number 0?'), /It/, 'the tuned model answers as it was taught');
    await expectNoBarriers(page, 'the chat');
    await takeBack(page);
    await stopAnAnswer(page);
    await deleteChat(page);
    for (const screen of ['runs', 'models', 'datasets', 'settings']) {
      await page.click(`nav-${screen}`);
      await page.find('main h1');
      await expectNoBarriers(page, screen);
    }
    assert.deepEqual(page.problems, []);
  });

  // The link was for one browser: another one is not let in.
  const stranger = await openBrowser(t);
  const reply = await stranger.request.get(link);
  assert.ok(reply.status() >= 400, `a used link answered ${reply.status()}`);
});

test('files come by the file chooser too', { timeout: 600_000 }, async (t) => {
  const home = await makeHome(t);
  const { link } = await serveStudio(t, home.env);
  const page = await BrowserPage.open(await openBrowser(t), link);
  await page.keepPictureOfFailure('browser chooser', async () => {
    await page.click('nav-datasets');
    const [chooser] = await Promise.all([page.page.waitForEvent('filechooser'), page.click('pick-files')]);
    await chooser.setFiles(home.examples.file);
    await page.text('import-summary', new RegExp(`${home.examples.rows} kept`));
    assert.deepEqual(page.problems, []);
  });
});
