// Queued runs, seen and steered in a browser while the shell has started them.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { axeSource } from '../support/axe.mjs';
import { makeHome } from '../support/home.mjs';
import { expectNoBarriers } from '../support/journey.mjs';
import { run, tunesmith } from '../support/programs.mjs';
import { until } from '../support/wait.mjs';
import { BrowserPage, openBrowser, serveStudio } from './page.mjs';

/** The ids of the runs in the list of queued ones, from its top. */
const queued = (page) =>
  page.page.locator('[data-testid^="queued-"]').evaluateAll((lines) => lines.map((line) => line.dataset.testid.slice('queued-'.length)));

test('queued runs are moved, held and taken out, and go on by themselves', { timeout: 600_000 }, async (t) => {
  const home = await makeHome(t);
  const { link } = await serveStudio(t, home.env);
  const start = async (steps) => {
    const file = join(home.folder, `${steps}.yaml`);
    const training = `training:\n  max_steps: ${steps}\n  max_length: 64\n  eval_every: 5000\n`;
    writeFileSync(file, `base_model: ${JSON.stringify(home.model)}\ndata:\n  path: ${JSON.stringify(home.examples.file)}\n${training}`);
    return JSON.parse(await run(tunesmith, ['runs', 'start', file, '--json'], home.env)).id;
  };
  const first = await start(5000);
  const [a, b, c] = [await start(2), await start(3), await start(4)];
  const page = await BrowserPage.open(await openBrowser(t), link);
  await page.keepPictureOfFailure('browser queue', async () => {
    await page.page.goto(`${new URL(page.page.url()).origin}/#/runs`);
    await page.find('[data-testid="queue"]');
    await until('all three are queued', async () => String(await queued(page)) === String([a, b, c]));
    await page.inject(axeSource);
    await expectNoBarriers(page, 'queued runs');
    await page.click(`queue-first-${c}`);
    await until('the last is the first', async () => String(await queued(page)) === String([c, a, b]));
    await page.click(`queue-down-${c}`);
    await until('and the second', async () => String(await queued(page)) === String([a, c, b]));
    await page.click(`queue-hold-${a}`);
    await page.find(`[data-testid="queued-${a}"][data-held="true"]`);
    await page.click(`queue-leave-${b}`);
    await until('it has left the queue', async () => String(await queued(page)) === String([a, c]));

    await run(tunesmith, ['runs', 'stop', first], home.env);
    const state = async (id) => JSON.parse(await run(tunesmith, ['runs', 'show', id, '--json'], home.env)).status.state;
    await until('the next one starts by itself and is done', async () => (await state(c)) === 'done');
    assert.equal(await state(a), 'queued', 'who is held lets the others pass');
    await page.click(`queue-release-${a}`);
    await until('it starts when it is released', async () => (await state(a)) === 'done');
    await page.page.locator('[data-testid="queue"]').waitFor({ state: 'detached' });
    assert.deepEqual(page.problems, []);
  });
});
