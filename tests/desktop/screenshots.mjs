// Walks the real window through every screen and state and takes pictures: light and dark, large and small.
// node tests/desktop/screenshots.mjs [--readme | --data-room]; the pictures go to target/screenshots, a few to assets/screenshots.
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeHome, writeManyExamples } from '../support/home.mjs';
import { ask, call, chartPoints, setField } from '../support/journey.mjs';
import { finish, root } from '../support/programs.mjs';
import { until } from '../support/wait.mjs';
import { photographDataRoom } from './data-room-scenes.mjs';
import { startDisplay, StudioWindow } from './window.mjs';

const folder = join(process.env.CARGO_TARGET_DIR ?? join(root, 'target'), 'screenshots');
const sizes = [[1280, 800], [900, 600]];
const themes = ['light', 'dark'];
/** What the README shows: picture → name there. */
const chosen = { 'run-done.light.1280x800': 'run-light', 'rows.light.1280x800': 'rows-light', 'settings-of-run.dark.1280x800': 'settings-dark', 'chat.light.1280x800': 'chat-light' };

class Photographer {
  constructor(window) {
    this.window = window;
    this.page = window.page;
  }

  async resize([width, height]) {
    await finish('xdotool', ['windowsize', await this.window.number(), String(width), String(height)], this.window.env);
    await until(`the window is ${width} wide`, () => this.page.run((width) => innerWidth === width, width));
  }

  /** Chooses the theme in the settings, as people do, and comes back; what is open for a moment only is just recoloured. */
  async setTheme(theme, fleeting) {
    if (!fleeting) {
      const place = await this.page.run(() => location.hash);
      await this.page.run(() => (location.hash = '#/settings'));
      await this.page.click(`theme-select-${theme}`);
      await this.page.run((place) => (location.hash = place), place);
    }
    await this.page.run((theme) => (document.documentElement.dataset.theme = theme), theme);
  }

  /** Takes the scene in both themes and sizes. `ready` makes the scene whole again after each change, `leave` ends it. */
  async take(scene, { fleeting = false, ready = async () => {}, leave = async () => {} } = {}) {
    for (const theme of themes) {
      await this.setTheme(theme, fleeting);
      for (const size of sizes) {
        await this.resize(size);
        await ready();
        await this.settle();
        writeFileSync(join(folder, `${scene}.${theme}.${size.join('x')}.png`), await this.page.picture());
      }
      await leave();
    }
    await this.resize(sizes[0]);
    console.log(`  ${scene}`);
  }

  /** Waits until nothing moves or loads, apart from what moves for ever. */
  settle() {
    return until('the screen is still', () => this.page.run(async () => {
      await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
      const moving = document.getAnimations().some((one) => one.playState === 'running' && one.effect?.getComputedTiming().iterations !== Infinity);
      return !moving && !document.querySelector('[data-testid="loading"]');
    }), 15_000).catch(() => {});
  }
}

async function walk(t) {
  const home = await makeHome(t);
  const display = await startDisplay(t);
  const window = await StudioWindow.open(t, display, home.env);
  await window.keepPictureOfFailure('screenshots', async () => {
    if (!process.argv.includes('--data-room')) await walkThrough(window, home);
    await photographDataRoom(window, new Photographer(window), home);
  });
}

async function walkThrough(window, home) {
  const { page } = window;
  const camera = new Photographer(window);
  const shown = (id) => ({ ready: () => page.find(`[data-testid="${id}"]`) });

  await camera.take('welcome', shown('runs-empty'));
  for (const screen of ['chat', 'models', 'datasets', 'settings']) {
    await page.click(`nav-${screen}`);
    await camera.take(screen === 'datasets' || screen === 'chat' ? `${screen}-empty` : screen);
  }

  await page.click('nav-runs');
  await page.click('new-run');
  await camera.take('new-model', { ready: () => page.find('[data-testid="model-next"]') });
  const model = (await page.count('[data-testid="model-starter"]')) ? 'starter' : null;
  await (model ? page.click('model-starter') : page.clickText('model-', 'tiny-llama'));
  await page.click('model-next');
  await camera.take('new-data', shown('drop-zone'));

  await window.drop([home.examples.file], () => camera.take('drop', { fleeting: true }));
  await page.find('[data-testid="import-summary"]');
  await page.click('tab-problems');
  await camera.take('dropped-rows', { fleeting: true });
  await page.click('change-data');
  await page.click('sample-recipes');
  await page.text('import-summary', /600/);
  await camera.take('rows', shown('row-1'));
  await page.click('data-next');
  await page.text('preview-steps', /^[1-9]/);
  await camera.take('settings-of-run', { ready: () => page.text('preview-steps', /^[1-9]/) });
  await page.click('advanced-toggle');
  const scrollTo = (id) => ({ fleeting: true, ready: () => page.run((id) => document.querySelector(`[data-testid="${id}"]`).scrollIntoView({ block: 'center' }), id) });
  await camera.take('advanced', scrollTo('field-weight_decay'));
  await setField(page, 'learning_rate', 'fast');
  await camera.take('wrong-setting', scrollTo('field-learning_rate'));
  await setField(page, 'learning_rate', '0.004');
  await setField(page, 'epochs', model ? '6' : '30');
  await page.text('preview-steps', /^[1-9]/);

  await page.click('start-run');
  await until('the curve has begun', async () => (await chartPoints(page)) > 12);
  await camera.take('running');
  await camera.take('close', {
    ready: async () => {
      if ((await page.count('[data-testid="close-dialog"]')) === 0) await window.pressClose();
      await page.find('[data-testid="close-dialog"]');
    },
    leave: () => page.click('close-cancel'),
  });
  await page.find('[data-testid="end-card"]', 3_600_000);
  await camera.take('run-done', shown('end-card'));
  await page.click('chat-open');
  await page.find('[data-testid="chat-empty"]');
  await camera.take('chat-new');
  // A new line is Shift and Enter, as WebDriver writes keys.
  await ask(page, ['Weekend pancakes', '- 2 cups of flour', '- 3 large eggs', '- 500 ml milk', '- a pinch of salt'].join('\uE008\uE007\uE008'));
  await camera.take('chat', shown('answer-tuned-text'));

  await page.click('nav-runs');
  await camera.take('runs', shown('runs-list'));
  await page.click('nav-chat');
  await camera.take('chats');
  await page.click('nav-datasets');
  await camera.take('datasets', shown('datasets-list'));
  await failARun(page, home);
  await camera.take('failed', shown('run-failed'));
  await page.click('nav-datasets');
  await window.drop([writeManyExamples(home.folder)]);
  await page.find('[data-testid="import-progress"]');
  await camera.take('importing', { fleeting: true });
}

/** A run on a model whose weights are not numbers: it begins, and fails with the reason. */
async function failARun(page, { model }) {
  const weights = join(model, 'model.safetensors');
  const bytes = readFileSync(weights);
  bytes.fill(Buffer.from(new Float32Array(1).fill(NaN).buffer), bytes.length - 40_000);
  writeFileSync(weights, bytes);
  const id = async (list, name) => (await call(page, list, null)).find((one) => one.name.includes(name)).id;
  const form = await call(page, 'train_form', await id('list_models', 'tiny-llama'));
  const run = await call(page, 'start_run', {
    name: null, model: await id('list_models', 'tiny-llama'), dataset: await id('list_datasets', 'colours'), training: form.presets[0].training,
  });
  await page.run((id) => (location.hash = `#/runs/${id}`), run.id);
  await page.find('[data-testid="run-failed"]');
}

/** What a test has to undo things after it. */
const undo = [];
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
try {
  await walk({ after: (work) => undo.unshift(work) });
} finally {
  for (const work of undo) await work();
}
if (process.argv.includes('--readme')) {
  mkdirSync(join(root, 'assets/screenshots'), { recursive: true });
  for (const [picture, name] of Object.entries(chosen)) copyFileSync(join(folder, `${picture}.png`), join(root, 'assets/screenshots', `${name}.png`));
}
console.log(`The pictures are in ${folder}`);
