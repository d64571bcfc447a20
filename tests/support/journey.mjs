// The main job, from a dropped file to a chat, told once and walked twice: in the desktop window and in a browser.
// `page` is either of them: click, text, type, run, count.
import assert from 'node:assert/strict';
import { findBarriers } from './axe.mjs';
import { run, tunesmith } from './programs.mjs';
import { until } from './wait.mjs';

/** Fails when axe finds a barrier on the screen that is shown now, in light or in dark. */
export async function expectNoBarriers(page, screen) {
  for (const theme of ['light', 'dark']) {
    await page.run((theme) => {
      // Colours that are still changing would be measured half way.
      document.head.insertAdjacentHTML('beforeend', '<style id="still">*, *::before, *::after { transition: none !important; animation: none !important }</style>');
      document.documentElement.dataset.theme = theme;
    }, theme);
    const barriers = await page.run(findBarriers);
    await page.run(() => document.getElementById('still')?.remove());
    assert.deepEqual(barriers, [], `barriers on ${screen} in ${theme}`);
  }
}

/** New fine-tune → the tiny model → the dropped file; ends where its rows are shown. `drop` drops a file on the window. */
export async function chooseModelAndData(page, { examples }, drop) {
  await page.click('new-run');
  await page.clickText('model-', 'tiny-llama');
  await page.click('model-next');
  await page.find('[data-testid="drop-zone"]');
  await drop(examples.file);
  const number = (count) => String(count).replace(/\B(?=(\d{3})+$)/, '.?');
  await page.text('import-summary', new RegExp(`${number(examples.read)} read = ${number(examples.rows)} kept \\+ 1 dropped`));
}

/** The rows as bubbles, what is learned from each marked, and the row that was dropped with its line. */
export async function lookAtRows(page) {
  await page.find('[data-testid="row-1"]');
  await page.text('row-panel', /What colour is .* number \d+\?/);
  await page.find('[data-testid="bubble-learned"]');
  await page.click('tab-problems');
  await page.text('problem', /line 6/);
  await page.click('tab-rows');
  await page.click('tab-training');
  await page.find('[data-testid="row-1"]');
}

/** Sets a field of the settings. */
export async function setField(page, name, value) {
  if ((await page.count(`[data-testid="field-${name}"]`)) === 0) await page.click('advanced-toggle');
  await page.type(`field-${name}`, String(value));
}

/** Starts the run and waits for its first points on the chart. Returns its id. */
export async function startRun(page) {
  await page.click('start-run');
  await page.text('run-state', /Training|Done/);
  await until('points are on the chart', async () => (await chartPoints(page)) >= 2);
  return page.run(() => decodeURIComponent(location.hash.split('/').at(-1)));
}

/** How many training points the chart holds. */
export function chartPoints(page) {
  return page.run(() => Number(document.querySelector('[data-testid="chart-points"]')?.textContent ?? 0));
}

/** Waits until the run has come to its good end. */
export async function waitForEnd(page) {
  await page.find('[data-testid="end-card"]', 300_000);
  await page.text('run-state', /Done/);
  assert.ok((await chartPoints(page)) > 2, 'the whole curve stays on the chart');
  await page.text('what-changed', /Before/);
}

/** The newest run as the shell tells it. */
export async function newestRun(env) {
  const printed = await run(tunesmith, ['runs', 'list', '--json'], env);
  return JSON.parse(printed.trim().split('\n')[0]);
}

/** Calls a command of the studio from the page, whichever way the page reaches it. */
export function call(page, name, args) {
  return page.run(
    (name, args) => window.__TAURI_INTERNALS__?.invoke('call', { name, args }) ??
      fetch(`/api/call/${name}`, { method: 'POST', headers: { 'content-type': 'application/json', 'x-tunesmith-key': localStorage.getItem('tunesmith-key') ?? '' }, body: JSON.stringify(args) }).then((reply) => reply.json()),
    name, args,
  );
}

/** Asks both models and waits for both answers. Returns the tuned one's text. */
export async function ask(page, question) {
  await page.type('chat-input', question);
  await page.click('chat-send');
  for (const side of ['tuned', 'base']) await page.find(`[data-testid="answer-${side}"][data-done="true"]`, 300_000);
  return page.text('answer-tuned-text');
}

/** Changes the first message and clears the chat, and takes each back in its toast. */
export async function takeBack(page) {
  const before = await page.text('message-user');
  await page.click('edit-message-1');
  await page.type('edit-input', 'Something else');
  await page.click('edit-send');
  await page.text('message-user', /Something else/);
  for (const side of ['tuned', 'base']) await page.find(`[data-testid="answer-${side}"][data-done="true"]`, 300_000);
  await page.click('toast-action');
  await until('the message is as it was', async () => (await page.text('message-user')) === before);
  await page.click('chat-clear');
  await page.find('[data-testid="chat-empty"]');
  await page.click('toast-action');
  await until('the chat is back', async () => (await page.count('[data-testid="message-user"]')) === 1);
  await page.find('[data-testid="answer-tuned"][data-done="true"]');
}

/** Has the untuned model write without end, sees the answer grow on the screen, and stops it. */
export async function stopAnAnswer(page) {
  if ((await page.count('[data-testid="chat-options-panel"]')) === 0) await page.click('chat-options');
  await page.type('sampling-max_new_tokens', '8000');
  const chat = await page.run(() => decodeURIComponent(location.hash.split('/').at(-1)));
  await until('the limit is taken', async () => (await call(page, 'get_chat', chat)).sampling.max_new_tokens === 8000);
  await page.click('chat-regenerate');
  const length = () => page.run(() => document.querySelector('[data-testid="answer-base"][data-done="false"] [data-testid="answer-base-text"]')?.textContent.length ?? 0);
  const first = await until('the answer begins', length);
  await until('the answer grows', async () => (await length()) > first);
  await page.click('chat-stop');
  await page.find('[data-testid="answer-base"][data-done="true"]');
  await page.text('answer-base', /Stopped/);
}

/** Deletes the chat that is open, takes that back in the toast, and deletes it for good from the list of chats. */
export async function deleteChat(page) {
  const id = await page.run(() => decodeURIComponent(location.hash.split('/').at(-1)));
  const listed = (count) => until(`${count} chats are listed`, async () => (await page.count(`[data-testid="chat-${id}"]`)) === count);
  await page.click('chat-delete');
  await listed(0);
  await page.click('toast-action');
  await listed(1);
  await page.click(`chat-menu-${id}`);
  await page.click('menu-delete');
  await listed(0);
}
