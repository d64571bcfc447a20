// The main job in the real window: a file dropped by the mouse ends as a chat with one's own model.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { axeSource } from '../support/axe.mjs';
import { makeHome } from '../support/home.mjs';
import { ask, chooseModelAndData, deleteChat, expectNoBarriers, lookAtRows, startRun, stopAnAnswer, takeBack, waitForEnd } from '../support/journey.mjs';
import { finish } from '../support/programs.mjs';
import { startDisplay, StudioWindow } from './window.mjs';

test('a dropped file becomes a model to chat with', { timeout: 900_000 }, async (t) => {
  const home = await makeHome(t);
  const display = await startDisplay(t);
  const window = await StudioWindow.open(t, display, home.env);
  const { page } = window;
  await window.keepPictureOfFailure('desktop journey', async () => {
    await page.inject(axeSource);
    await page.find('[data-testid="runs-empty"]');
    await expectNoBarriers(page, 'the first screen');

    await chooseModelAndData(page, home, (file) => window.drop([file]));
    await lookAtRows(page);
    await expectNoBarriers(page, 'the rows');
    await page.click('data-next');
    await page.text('preview-steps', /^[1-9]/);
    await expectNoBarriers(page, 'the settings');

    await startRun(page);
    const again = await finish(window.program, [], window.env);
    assert.equal(again.code, 0, again.stderr);
    assert.match(again.stdout, /already open/);

    await waitForEnd(page);
    await expectNoBarriers(page, 'a finished run');
    await window.picture('desktop-run');

    await page.click('chat-open');
    await page.find('[data-testid="chat-empty"]');
    assert.match(await ask(page, 'What colour is cup number 0?'), /It/, 'the tuned model answers as it was taught');
    await expectNoBarriers(page, 'the chat');
    await window.picture('desktop-chat');
    await takeBack(page);
    await stopAnAnswer(page);
    await deleteChat(page);

    assert.deepEqual(await window.wrong(), []);
  });
});
