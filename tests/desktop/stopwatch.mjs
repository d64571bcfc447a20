// The first minutes of a new user in the real window, with a stopwatch: for each sample on a fresh home, from the first click
// to tuned answers. node tests/desktop/stopwatch.mjs [--model FOLDER] [--preset ID] [SAMPLE…]; prints Markdown.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { run, temporaryFolder, tunesmith } from '../support/programs.mjs';
import { startDisplay, StudioWindow } from './window.mjs';

const samples = ['recipes', 'tickets', 'contacts', 'support'];
/** The longest that training may take, in milliseconds. */
const longest = 60 * 60_000;

const { values: wanted, positionals } = parseArgs({ allowPositionals: true, options: { model: { type: 'string' }, preset: { type: 'string' } } });

/** Counts the clicks and takes the times of one walk. */
class Stopwatch {
  constructor(page) {
    this.page = page;
    this.clicks = 0;
    this.times = [];
  }

  async click(id, limit) {
    await this.page.click(id, limit);
    this.began ??= Date.now();
    this.clicks += 1;
  }

  note(what) {
    this.times.push([what, (Date.now() - this.began) / 1000]);
  }
}

/** Walks from the empty list of runs to answers in the chat. */
async function walk(page, sample, model) {
  const watch = new Stopwatch(page);
  await page.find('[data-testid="runs-empty"]');
  await watch.click('new-run');
  if (model) await watch.click(`model-${model}`);
  await watch.click('model-next');
  await watch.click(`sample-${sample}`);
  await page.find('[data-testid="dataset-chosen"]');
  watch.note('the rows are shown');
  await watch.click('data-next');
  if (wanted.preset) await watch.click(`preset-${wanted.preset}`);
  await page.text('preview-steps', /^[1-9]/);
  const foretold = await page.text('run-time-about', /\S/, 120_000);
  watch.note(`the time is foretold: ${foretold}`);
  await watch.click('start-run', 120_000);
  await page.text('run-state', /Training|Done/, 120_000);
  watch.note('training');
  await page.find('[data-testid="end-card"]', longest);
  watch.note('trained');
  await page.find('[data-testid="compared-0"]', 300_000);
  watch.note('held-out questions are answered by both models');
  const verdict = (await page.text('end-card')).split('\n')[0];
  const compared = await page.text('answers-card');
  await watch.click('chat-open');
  await watch.click('suggestion-0', 120_000);
  await page.find('[data-testid="answer-tuned"][data-done="true"]', 300_000);
  watch.note('the first answer of a chat is there');
  return { watch, verdict, compared, chat: await page.text('answer-tuned-text') };
}

async function measure(t, sample) {
  const folder = temporaryFolder(t);
  const env = { TUNESMITH_HOME: join(folder, 'home'), HF_HOME: join(folder, 'hf'), XDG_CONFIG_HOME: join(folder, 'config'), XDG_DATA_HOME: join(folder, 'data'), XDG_CACHE_HOME: join(folder, 'cache') };
  mkdirSync(env.TUNESMITH_HOME);
  const model = wanted.model && JSON.parse(await run(tunesmith, ['models', 'add', wanted.model, '--json'], env)).id;
  const window = await StudioWindow.open(t, await startDisplay(t), env);
  const { watch, verdict, compared, chat } = await window.keepPictureOfFailure(`stopwatch ${sample}`, () => walk(window.page, sample, model));
  await window.picture(`stopwatch-${sample}`);
  console.log(`## ${sample}\n\n${watch.clicks} clicks. ${verdict}\n`);
  for (const [what, seconds] of watch.times) console.log(`- ${seconds.toFixed(1)} s: ${what}`);
  console.log(`\n\`\`\`\n${compared}\n\nIn the chat: ${chat}\n\`\`\`\n`);
}

for (const sample of positionals.length ? positionals : samples) {
  const undo = [];
  try {
    await measure({ after: (work) => undo.unshift(work) }, sample);
  } finally {
    for (const work of undo) await work();
  }
}
