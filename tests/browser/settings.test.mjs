// The settings of every way to train, typed and chosen in a browser: what cannot be used is told beside its field, and
// what can is what the run is started with.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { axeSource } from '../support/axe.mjs';
import { makeHome } from '../support/home.mjs';
import { chooseModelAndData, expectNoBarriers, startRun, waitForEnd } from '../support/journey.mjs';
import { BrowserPage, openBrowser, serveStudio } from './page.mjs';

const choose = (page, name, word) => page.at(`field-${name}`).selectOption(word);
const problem = (page, name, wanted) => page.text(`field-${name}-problem`, wanted);
const noProblem = (page, name) => page.at(`field-${name}-problem`).waitFor({ state: 'detached' });

/** The settings, all of them open. */
async function openSettings(page) {
  await page.text('preview-steps', /^[1-9]/);
  await page.click('advanced-toggle');
  await page.find('[data-testid="field-seed"]');
}

/** Starts the run, waits for its end, and returns its folder and the settings that it was started with. */
async function trained(page, home) {
  const folder = join(home.home, 'runs', await startRun(page));
  await waitForEnd(page);
  return { folder, training: JSON.parse(readFileSync(join(folder, 'run.json'), 'utf8')).config.training };
}

test('every way to train can be set, and what makes no sense is told beside its field', { timeout: 900_000 }, async (t) => {
  const home = await makeHome(t);
  const { link } = await serveStudio(t, home.env);
  const page = await BrowserPage.open(await openBrowser(t), link);
  await page.keepPictureOfFailure('browser settings', async () => {
    await chooseModelAndData(page, home, (file) => page.drop(file));
    await page.click('data-next');
    await openSettings(page);
    await page.inject(axeSource);
    await expectNoBarriers(page, 'all settings');

    // What the form knows to be wrong, and what only the model can tell.
    for (const [name, text, wanted] of [
      ['layers', 'most', /last-8/],
      ['layers', 'last-9', /the model has 2 layers/],
      ['neftune_alpha', '-3', /0 to 100/],
      ['lora_dropout', '2', /0 to 0.95/],
      ['lora_plus_ratio', '0', /1 to 1,000/],
      ['init_adapter', '/nowhere/adapter', /continue from the result of a run/],
    ]) {
      await page.type(`field-${name}`, text);
      await problem(page, name, wanted);
      assert.ok(await page.at('start-run').isDisabled(), `${name} cannot be ${text}`);
      await page.click(`reset-${name}`);
      await noProblem(page, name);
    }
    await choose(page, 'method', 'dora');
    await choose(page, 'use_pissa', 'true');
    await problem(page, 'use_pissa', /not possible with method dora/);
    await page.click('reset-all');
    await noProblem(page, 'use_pissa');

    const modules = ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj'];
    for (const module of modules) await page.at(`module-${module}`).uncheck();
    await problem(page, 'target_modules', /at least one/);
    for (const module of ['q_proj', 'o_proj']) await page.at(`module-${module}`).check();
    await noProblem(page, 'target_modules');

    // An adapter of many kinds at once.
    await choose(page, 'method', 'dora');
    await choose(page, 'use_rslora', 'true');
    await choose(page, 'optimizer', 'lion');
    await choose(page, 'quantization', '8bit');
    for (const [name, text] of [['layers', 'last-1'], ['lora_dropout', '0,1'], ['neftune_alpha', '5'], ['lora_plus_ratio', '4'], ['lora_alpha', '8']]) {
      await page.type(`field-${name}`, text);
    }
    const first = await trained(page, home);
    const wanted = { method: 'dora', use_rslora: true, optimizer: 'lion', quantization: '8bit', layers: 'last-1', lora_dropout: 0.1, neftune_alpha: 5, lora_plus_ratio: 4, lora_alpha: 8 };
    for (const [name, value] of Object.entries(wanted)) assert.equal(first.training[name], value, name);
    assert.deepEqual(first.training.target_modules, ['q_proj', 'o_proj'], 'what was taken away stays away');

    // Another one goes on from it.
    await page.click('nav-runs');
    await page.click('new-run');
    await page.clickText('model-', 'tiny-llama');
    await page.click('model-next');
    await page.clickText('dataset-', 'colours');
    await page.click('data-next');
    await openSettings(page);
    const adapter = join(first.folder, 'result');
    await page.type('field-init_adapter', adapter);
    const second = await trained(page, home);
    assert.equal(second.training.init_adapter, adapter);
    const made = JSON.parse(readFileSync(join(second.folder, 'result/adapter_config.json'), 'utf8'));
    assert.ok(made.use_dora && made.use_rslora && made.lora_alpha === 8, 'it is of the kind that it went on from');
    assert.deepEqual(page.problems, []);
  });
});
