// A run outlives its window if the user wants it to, and is saved if not.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeHome } from '../support/home.mjs';
import { chartPoints, chooseModelAndData, newestRun, setField, startRun } from '../support/journey.mjs';
import { finish } from '../support/programs.mjs';
import { until } from '../support/wait.mjs';
import { startDisplay, StudioWindow } from './window.mjs';

test('a run survives its window: closing asks, hidden it trains on, quitting and a power cut lose nothing', { timeout: 900_000 }, async (t) => {
  const home = await makeHome(t, { rows: 1500 });
  const display = await startDisplay(t);
  let window = await StudioWindow.open(t, display, home.env);
  let { page } = window;
  await window.keepPictureOfFailure('desktop close', async () => {
    await chooseModelAndData(page, home, (file) => window.drop([file]));
    await page.click('data-next');
    await page.text('preview-steps', /^[1-9]/);
    await setField(page, 'epochs', 100);
    await page.text('preview-steps', /\d{4}|\d[,.\s]\d{3}/);
    await startRun(page);

    await window.pressClose();
    await page.find('[data-testid="close-dialog"]');
    await page.click('close-cancel');
    assert.ok(await window.isOnScreen(), 'thinking better of it changes nothing');

    await window.pressClose();
    await page.press('close-hide');
    await until('the window is hidden', async () => !(await window.isOnScreen()));
    const { step } = await newestRun(home.env);
    await until('it trains on', async () => (await newestRun(home.env)).step > step + 5);

    const again = await finish(window.program, [], window.env);
    assert.equal(again.code, 0, again.stderr);
    await until('the window is back', () => window.isOnScreen());
    await page.text('run-state', /Training/);
    await until('the chart has gone on', async () => (await chartPoints(page)) > step);

    await window.pressClose();
    await page.press('close-quit');
    await window.ended();
  });
  const stopped = await newestRun(home.env);
  assert.match(JSON.stringify(stopped.status), /stopped|interrupted/);

  window = await StudioWindow.open(t, display, home.env);
  ({ page } = window);
  await window.keepPictureOfFailure('desktop resume', async () => {
    await page.clickText('open-run-', stopped.name);
    await page.click('resume-run');
    await page.text('run-state', /Training/);
    await until('it goes on where it was', async () => (await newestRun(home.env)).step > stopped.step);

    // A power cut in the middle: the run is there again, and goes on from its newest checkpoint.
    await until('it has gone on for a while', async () => (await newestRun(home.env)).step > stopped.step + 5);
    await window.kill();
  });
  assert.match(JSON.stringify((await newestRun(home.env)).status), /interrupted/);

  window = await StudioWindow.open(t, display, home.env);
  ({ page } = window);
  await window.keepPictureOfFailure('desktop interrupted', async () => {
    await page.clickText('open-run-', stopped.name);
    await page.find('[data-testid="run-interrupted"]');
    await page.click('resume-run');
    await page.text('run-state', /Training/);
    await page.click('stop-run');
    await page.click('stop-dialog-yes');
    await page.find('[data-testid="end-card"]');
    assert.deepEqual(await window.wrong(), []);

    // Nothing runs any more: the window closes without a question.
    await window.pressClose();
    await window.ended();
  });
});
