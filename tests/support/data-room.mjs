// The way of a messy file through the data room, the same in the window and in a browser: dropped, repaired, seen as
// tokens, split, undone, exported.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expectNoBarriers, setField } from './journey.mjs';
import { until } from './wait.mjs';

const foods = ['lentils', 'rice', 'tomatoes', 'leeks', 'apples', 'beans', 'pears', 'oats'];
const row = (question, answer) => JSON.stringify({ messages: [{ role: 'user', content: question }, { role: 'assistant', content: answer }], book: 'one' });

/** 60 good rows, one of them three times, one with an address, one garbled, and two that cannot be used. */
export function writeMessyRows(folder) {
  const lines = Array.from({ length: 60 }, (_, index) => row(`What goes into dish number ${index}, please?`, `Into it go ${foods[index % 8]} and ${foods[(index * 3 + 1) % 8]}.`));
  lines.push(lines[3], lines[3]);
  lines.push(row('Who knows more about dishes?', 'Write to ada@lovelace-labs.net, she knows.'));
  lines.push(row('What is a crepe?', 'A thin cake from the cafÃ©.'));
  lines.push('not a row', '{"messages": 7}');
  const file = join(folder, `ada's “kitchen” 🍲 notes.jsonl`);
  writeFileSync(file, `${lines.join('\n')}\n`);
  return file;
}

/** A table whose columns have names of their own. */
export function writeOddTable(folder) {
  const file = join(folder, 'fragen.csv');
  writeFileSync(file, `nummer,frage,antwort\n${Array.from({ length: 12 }, (_, index) => `${index},Was ist ${index}?,"Das ist ${index}, sagt man."\n`).join('')}`);
  return file;
}

/** A table that takes a while to read. */
export function writeLargeTable(folder) {
  const file = join(folder, 'large.csv');
  const lines = Array.from({ length: 1000 }, (_, index) => `${index},Some words ${index},Some more\n`).join('');
  writeFileSync(file, `number,prompt,completion\n${lines.repeat(5000)}`);
  return file;
}

/** Two answers a row, of which one is better. */
export function writePreferences(folder) {
  const file = join(folder, 'better.jsonl');
  writeFileSync(file, Array.from({ length: 30 }, (_, index) => JSON.stringify({ prompt: `How long does dish ${index} take with tomatoes?`, chosen: `A good ${index + 5} minutes.`, rejected: 'Long.' })).join('\n'));
  return file;
}

/** A folder with one file to learn from, one to hold out and an empty one. */
export function writeFolderOfSides(parent) {
  const folder = join(parent, 'sides');
  mkdirSync(folder);
  const write = (name, from, count) => writeFileSync(join(folder, name), Array.from({ length: count }, (_, index) => row(`What goes into dish number ${from + index}?`, `Into it go ${foods[index % 8]}.`)).join('\n'));
  write('train.jsonl', 0, 40);
  write('validation.jsonl', 40, 8);
  write('more.jsonl', 48, 0);
  return folder;
}

/** Drops a table, and says what its columns mean before it is imported. */
export async function sayColumns(page, file, drop) {
  await page.click('nav-datasets');
  await drop(file);
  await page.text('ask-columns', /Which column is the question\? Which is the answer\?/);
  await choose(page, 'mapping-prompt', 'frage');
  await choose(page, 'mapping-completion', 'antwort');
  await page.text('first-row-1', /Das ist 0, sagt man/);
}

/** Says what the columns of a table mean, and imports it. */
export async function mapOddTable(page, file, drop) {
  await sayColumns(page, file, drop);
  await expectNoBarriers(page, 'the question about columns');
  await page.click('ask-import');
  await page.text('import-summary', /All 12 rows imported/);
  await page.text('row-panel', /Was ist 0\?/);
}

/** From the dropped file to its export. `drop` drops a file on the window. */
export async function walkDataRoom(page, file, drop) {
  await page.click('nav-datasets');
  await drop(file);
  await page.text('import-summary', /66 read = 64 kept \+ 2 dropped: /);
  await page.text('row-panel', /What goes into dish number 0/);
  await page.find('[data-testid="bubble-learned"]');
  await expectNoBarriers(page, 'the rows');

  await page.type('rows-search', 'DISH NUMBER 17,');
  await page.text('rows-found', /^1 /);
  await page.click('row-1');
  await page.text('row-panel', /number 17/);
  await page.click('rows-clear');
  await page.text('rows-found', /64/);
  await page.click('rows-filters');
  await page.type('filter-line', '64');
  await page.text('rows-found', /^1 /);
  await page.text('row-panel', /What is a crepe/);
  await page.click('rows-clear');

  await page.click('tab-problems');
  await page.text('problems-summary', /66 read = 64 kept \+ 2 dropped/);
  await page.text('problem', /line 65/);
  await expectNoBarriers(page, 'the problems');

  await page.click('tab-doctor');
  await page.text('finding-exact_duplicates', /2 rows are the same/);
  await page.find('[data-testid="finding-mojibake"]');
  await expectNoBarriers(page, 'the doctor');
  await page.click('repair-exact_duplicates');
  await gone(page, 'finding-exact_duplicates');
  // The toast of another dataset has an Undo, too.
  await until('one toast can undo', async () => (await page.count('[data-testid="toast-action"]')) === 1);
  await page.click('toast-action');
  await page.find('[data-testid="finding-exact_duplicates"]');
  await page.click('repair-exact_duplicates');
  await gone(page, 'finding-exact_duplicates');
  await page.click('repair-personal_data');
  await gone(page, 'finding-personal_data');

  await page.click('tab-rows');
  await page.text('rows-found', /62/);
  await page.type('rows-search', 'Who knows more');
  await page.text('rows-found', /^1 /);
  await page.click('row-1');
  await page.text('row-panel', /<EMAIL>/);
  await page.click('row-tab-edit');
  await page.type('edit-content-2', 'Write to the cook.');
  await page.click('close-row');
  await page.text('unsaved-dialog', /not saved/);
  await expectNoBarriers(page, 'the question about changes');
  await page.click('unsaved-dialog-no');
  await page.click('save-row');
  await page.text('row-panel', /Write to the cook/);

  await page.click('row-tab-tokens');
  await page.text('xray-learned', /[1-9]/);
  assert.ok((await page.count('[data-testid="xray-tokens"] [data-place]')) > 5, 'a row has tokens');
  await expectNoBarriers(page, 'the tokens of a row');

  await page.click('tab-tokens');
  await page.text('total-tokens', /[1-9]/);
  await page.key('limit-line', 'End');
  await page.text('cut', /Nothing is cut/);
  await page.key('limit-line', 'Home');
  await page.text('cut', /rows and \d+ answers are cut at 8 tokens/);
  await page.run(() => {
    const limit = document.querySelector('[data-testid="limit-input"]');
    limit.value = '30';
    limit.dispatchEvent(new Event('change', { bubbles: true }));
  });
  await page.text('cut', /[1-9]\d* answers/);
  await expectNoBarriers(page, 'the lengths');

  await page.click('tab-versions');
  const before = await versionInUse(page, /edited/);
  await page.click('version-split');
  await page.click('split-way-share');
  await page.run(() => {
    const share = document.querySelector('[data-testid="split-share"]');
    share.value = '25';
    share.dispatchEvent(new Event('input', { bubbles: true }));
  });
  await page.text('split-dialog', /25 %/);
  await page.click('split-dialog-yes');
  // A quarter of 62; those that are nearly the same stay on one side.
  await versionInUse(page, /4[5-8] trained on, 1[4-7] for validation/);
  await page.click('version-undo');
  assert.equal(await versionInUse(page, /edited/), before);
  await expectNoBarriers(page, 'the versions');

  await page.click('dataset-menu');
  await page.click('menu-export');
  await page.click('export-openai');
}

/** What was exported: a list of messages a row with the keys that OpenAI allows, and nothing that was masked. */
export function expectExported(folder) {
  const [name, ...others] = readdirSync(folder);
  assert.deepEqual(others, []);
  const text = readFileSync(join(folder, name), 'utf8');
  const rows = text.trimEnd().split('\n').map((line) => JSON.parse(line));
  assert.equal(rows.length, 62);
  for (const row of rows) assert.deepEqual([Object.keys(row), row.messages.map(({ role }) => role)], [['messages'], ['user', 'assistant']]);
  assert.ok(!text.includes('lovelace') && text.includes('Write to the cook.'), 'it holds the rows as they were mended');
}

/** The dataset is offered to the next fine-tune, and a row shows what that one's limit cuts. */
export async function cutByTheRun(page) {
  await page.click('use-dataset');
  await page.clickText('model-', 'tiny-llama');
  await page.click('model-next');
  await page.text('import-summary', /66 read/);
  await page.click('data-next');
  await setField(page, 'max_length', '50');
  await page.text('preview-steps', /^[1-9]/);
  await page.click('settings-back');
  await page.click('row-1');
  await page.click('row-tab-tokens');
  await page.text('xray-cut', /^[1-9]/);
  await page.find('[data-testid="xray-cut-line"]');
  await page.text('xray-lost', /tokens are cut/);
  await expectNoBarriers(page, 'a row that is cut');
}

/** The number of the version in use, once its text matches. */
function versionInUse(page, wanted) {
  return until(`the version in use says ${wanted}`, () => page.run((wanted) => {
    const version = document.querySelector('[data-testid^="version-"][data-current="true"]');
    return new RegExp(wanted).test(version?.textContent) && version.dataset.testid;
  }, wanted.source));
}

function gone(page, id) {
  return until(`${id} is gone`, async () => (await page.count(`[data-testid="${id}"]`)) === 0);
}

/** Chooses from a list as the keyboard does. */
async function choose(page, id, value) {
  await page.find(`select[data-testid="${id}"] option[value="${value}"]`);
  await page.run((id, value) => {
    const list = document.querySelector(`select[data-testid="${id}"]`);
    list.value = value;
    list.dispatchEvent(new Event('change', { bubbles: true }));
  }, id, value);
}
