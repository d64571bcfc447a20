import { flushSync, type Component } from 'svelte';
import { beforeEach, expect, test } from 'vitest';
import { backend, setBackend, type Backend } from '$lib/backend';
import { mock } from '$lib/backend/mock';
import * as made from '$lib/backend/mock-data';
import type { DatasetRows } from '$lib/protocol';
import { library } from '$lib/state/library.svelte';
import { route } from '$lib/state/route.svelte';
import { toasts } from '$lib/state/toasts.svelte';
import { show } from '$lib/testing/show';
import DatasetScreen from '../datasets/DatasetScreen.svelte';

beforeEach(async () => {
  setBackend(mock());
  await library.refresh();
});

const open = (id: string) => show(DatasetScreen as Component<{ id: string }>, { id });
const at = (id: string) => document.querySelector<HTMLElement>(`[data-testid="${id}"]`);
const all = (id: string) => [...document.querySelectorAll<HTMLElement>(`[data-testid="${id}"]`)];
const shown = (id: string, text: RegExp | string = /./) => expect.poll(() => at(id)?.textContent ?? '').toMatch(text);
async function click(id: string) {
  await expect.poll(() => at(id)).toBeTruthy();
  at(id)!.click();
  flushSync();
}
function type(id: string, text: string) {
  const input = at(id) as HTMLInputElement;
  input.value = text;
  input.dispatchEvent(new window.Event('input', { bubbles: true }));
  flushSync();
}
const press = (key: string) => {
  at('rows-list')!.dispatchEvent(new window.KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
  flushSync();
};

test('the first row is open at once, with what is learned marked and the other columns below', async () => {
  open('recipes-1');
  await shown('row-1', 'Lentil soup');
  await shown('bubble-learned', 'red lentils');
  expect(at('row-panel')!.textContent).toContain('rating');
  expect(document.querySelectorAll('[role=option]').length, 'only what is on screen is drawn').toBeLessThan(40);
});

test('a search tells how many rows it found, and all come back with one click', async () => {
  open('recipes-1');
  await shown('rows-found', '300 rows');
  type('rows-search', 'Shakshuka');
  await shown('rows-found', '50 of 300 rows');
  await click('rows-clear');
  await shown('rows-found', /^300 rows/);
});

test('a search that lasts says how far it is beside the rows of before, and can be cancelled', async () => {
  const quick = mock();
  const call = ((name, args) => (name === 'dataset_rows' && (args as DatasetRows).find ? new Promise(() => undefined) : quick.call(name, args))) as Backend['call'];
  const subscribe: Backend['subscribe'] = (topic, after, on) => {
    if (topic.topic !== 'job') return quick.subscribe(topic, after, on);
    on([{ seq: 1, body: { kind: 'job', job: made.job('search', { done: 428, total: 1000, unit: 'parts' }) } }]);
    return () => undefined;
  };
  setBackend({ ...quick, call, subscribe });
  open('recipes-1');
  await shown('rows-found', '300 rows');
  type('rows-search', 'Shakshuka');
  await expect.poll(() => at('rows-looking')?.textContent, { timeout: 5000 }).toBe('Looking through the rows… 42 %');
  expect(at('row-1')!.textContent, 'what was there is still there').toContain('Lentil soup');
  await click('rows-looking-cancel');
  await shown('rows-found', /^300 rows/);
  expect((at('rows-search') as HTMLInputElement).value, 'the text fits the rows again').toBe('');
});

test('one side is shown alone', async () => {
  open('recipes-1');
  await shown('rows-found', '300 rows');
  at('tab-validation')!.querySelector('input')!.click();
  await shown('rows-found', '20 of 300 rows');
});

test('the keyboard moves through the rows, closes and opens', async () => {
  open('recipes-1');
  await shown('row-3');
  press('ArrowDown');
  press('ArrowDown');
  expect(at('row-panel')!.dataset.row).toBe('2');
  press('Escape');
  expect(at('row-panel')).toBeNull();
  press('ArrowUp');
  expect(at('row-panel')).toBeNull();
  press('Enter');
  expect(at('row-panel')!.dataset.row).toBe('1');
  press('/');
  expect(document.activeElement).toBe(at('rows-search'));
});

test('a changed row is a new version, and undo brings the old one back', async () => {
  open('recipes-1');
  await shown('row-1', 'Lentil soup');
  await click('row-tab-edit');
  await expect.poll(() => at('edit-content-2')).toBeTruthy();
  expect((at('save-row') as HTMLButtonElement).disabled, 'nothing is changed yet').toBe(true);
  type('edit-content-2', '');
  expect(at('edit-fault')!.textContent).toBe('Every message needs a text');
  type('edit-content-2', 'Pea soup');
  await click('save-row');
  await shown('row-1', 'Pea soup');
  expect(library.dataset('recipes-1')!.number).toBe(2);
  toasts.list.at(-1)!.action!.run();
  await shown('row-1', 'Lentil soup');
  expect(library.dataset('recipes-1')!.number).toBe(1);
});

test('changes of a row are not lost without a question', async () => {
  open('recipes-1');
  await shown('row-1', 'Lentil soup');
  await click('row-tab-edit');
  await expect.poll(() => at('edit-content-2')).toBeTruthy();
  await click('row-2');
  expect(at('unsaved-dialog'), 'nothing is changed yet, so nothing is asked').toBeNull();
  await click('row-tab-edit');
  await expect.poll(() => at('edit-content-2')).toBeTruthy();
  type('edit-content-2', 'Pea soup');
  for (const way of ['row-3', 'close-row', 'add-row', 'row-tab-messages', 'tab-versions', 'delete-row']) {
    await click(way);
    await shown('unsaved-dialog');
    await click('unsaved-dialog-no');
    expect(at('unsaved-dialog'), way).toBeNull();
    expect((at('edit-content-2') as HTMLTextAreaElement).value, way).toBe('Pea soup');
  }
  type('rows-search', 'zebra');
  await shown('rows-found', '0 of 300 rows');
  expect((at('edit-content-2') as HTMLTextAreaElement).value, 'a search leaves the open row alone').toBe('Pea soup');
  await click('rows-clear');
  await shown('row-3');
  await click('row-3');
  await click('unsaved-dialog-yes');
  await expect.poll(() => at('row-panel')!.dataset.row).toBe('2');
  await click('row-2');
  await shown('row-panel', /^Row 2/);
  expect(at('row-panel')!.textContent).not.toContain('Pea soup');
  expect(library.dataset('recipes-1')!.number).toBe(1);
});

test('what is typed outlives news of the library, and an undo asks first', async () => {
  open('recipes-1');
  await shown('row-1', 'Lentil soup');
  await click('delete-row');
  await shown('rows-found', '299 rows');
  await click('row-tab-edit');
  await expect.poll(() => at('edit-content-2')).toBeTruthy();
  type('edit-content-2', 'Pea soup');
  await library.refresh();
  flushSync();
  expect((at('edit-content-2') as HTMLTextAreaElement).value, 'the doctor was done meanwhile').toBe('Pea soup');
  toasts.list.at(-1)!.action!.run();
  await shown('unsaved-dialog');
  await click('unsaved-dialog-no');
  expect(library.dataset('recipes-1')!.number).toBe(2);
  const unload = new window.Event('beforeunload', { cancelable: true });
  window.dispatchEvent(unload);
  expect(unload.defaultPrevented, 'a reload asks, too').toBe(true);
  toasts.list.at(-1)!.action!.run();
  await shown('unsaved-dialog');
  await click('unsaved-dialog-yes');
  await shown('rows-found', '300 rows');
});

test('a version that comes into use elsewhere leaves the open row, and its save is refused', async () => {
  open('recipes-1');
  await shown('row-1', 'Lentil soup');
  await click('row-tab-edit');
  await expect.poll(() => at('edit-content-2')).toBeTruthy();
  type('edit-content-2', 'Pea soup');
  await backend.call('edit_dataset', { dataset: 'recipes-1', version: null, edit: { kind: 'delete', rows: [0] }, job: null });
  await library.refresh();
  await shown('rows-found', '299 rows');
  expect((at('edit-content-2') as HTMLTextAreaElement).value).toBe('Pea soup');
  await click('save-row');
  await expect.poll(() => toasts.list.at(-1)?.text).toContain('Version 2 is in use');
  expect((at('edit-content-2') as HTMLTextAreaElement).value).toBe('Pea soup');
  await click('close-row');
  await click('unsaved-dialog-yes');
});

test('a deleted row is gone and can be brought back', async () => {
  open('recipes-1');
  await shown('row-1', 'Lentil soup');
  await click('delete-row');
  await shown('row-1', 'Shakshuka');
  await shown('rows-found', '299 rows');
  toasts.list.at(-1)!.action!.run();
  await shown('rows-found', '300 rows');
});

test('a row written here is added at the end', async () => {
  open('recipes-1');
  await click('add-row');
  type('edit-content-1', 'What is dal?');
  type('edit-content-2', 'A soup of lentils');
  await click('save-row');
  await shown('rows-found', '301 rows');
  await expect.poll(() => at('new-row')).toBeNull();
});

test('rows read are rows kept and rows dropped, and a kept one with a problem leads to its row', async () => {
  open('recipes-1');
  await click('tab-problems');
  await shown('problems-summary', '312 read = 300 kept + 12 dropped');
  await shown('problem');
  expect(all('problem')).toHaveLength(31);
  const kind = at('problems-kind') as HTMLSelectElement;
  kind.value = 'developer_role';
  kind.dispatchEvent(new window.Event('change', { bubbles: true }));
  await expect.poll(() => all('problem').length).toBe(19);
  const line = at('problem')!.dataset.line!;
  await click('show-row');
  expect((at('filter-line') as HTMLInputElement).value).toBe(line);
  expect((at('filter-file') as HTMLSelectElement).value, 'a line is a line of a file').toBe('recipes.jsonl');
});

test('a dropped row is shown as it stood in the file', async () => {
  open('recipes-1');
  await click('tab-problems');
  await shown('problem');
  expect(at('dropped-text')).toBeNull();
  await click('show-dropped');
  await shown('dropped-text', '"role": "user" "content": "And beans?"');
  expect(at('dropped-text')!.textContent).toContain('Only its beginning was kept');
  await click('show-dropped');
  expect(at('dropped-text')).toBeNull();
});

test('a filter that wants a number says so, and leaves no row out until it has one', async () => {
  open('recipes-1');
  await shown('rows-found', '300 rows');
  await click('rows-filters');
  type('filter-least', 'many');
  expect(at('filter-length-problem')!.textContent).toBe('Type a whole number, 0 or more');
  expect([at('filter-least')!.getAttribute('aria-invalid'), (at('filter-least') as HTMLInputElement).value]).toEqual(['true', 'many']);
  type('filter-line', '0');
  const problem = () => document.querySelector('[id^="line-"][id$="-problem"]')?.textContent;
  expect(problem()).toBe('Type a whole number, 1 or more');
  await shown('rows-found', /^300 rows/);
  type('filter-least', '');
  expect(at('filter-length-problem')).toBeNull();
  type('filter-line', '17');
  expect(problem()).toBeUndefined();
  await shown('rows-found', '1 of 300 rows');
});

test('rows of several files can be told apart', async () => {
  open('million');
  await shown('rows-found', '1,000,000 rows');
  await click('rows-filters');
  const file = at('filter-file') as HTMLSelectElement;
  expect([...file.options].map(({ textContent }) => textContent)).toEqual(['Any file', 'part-1.jsonl.gz', 'part-2.jsonl.gz']);
});

test('parts are called after the import as they were asked for before', async () => {
  const [first] = library.datasets!;
  library.datasets = [{ ...first!, id: 'asked', format: 'completion', mapping: { format: 'completion', columns: { prompt: 'Frage', completion: 'Antwort', input: 'Seite' } }, columns: ['Frage', 'Antwort', 'Seite'] }];
  open('asked');
  await shown('recognised', 'Question and answer');
  expect(['prompt', 'completion', 'input'].map((part) => at(`mapped-${part}`)?.textContent)).toEqual(['FrageQuestion', 'AntwortAnswer', 'SeiteContext']);
});

test('two answers that are compared stand side by side, and it is said what training does with them', async () => {
  open('preference');
  await shown('compared', 'I do not know');
  await shown('partly-trained', 'chosen answers');
});

test('a file whose shape is not known opens with its columns to choose from', async () => {
  open('nothing');
  await shown('mapping', /Which column is the question\? Which is the answer\?/);
  expect(at('nothing-kept'), 'what is wrong is said once').toBeNull();
  await expect.poll(() => (at('read-again') as HTMLButtonElement).disabled).toBe(false);
  const shape = at('mapping-format') as HTMLSelectElement;
  shape.value = 'preference';
  shape.dispatchEvent(new window.Event('change', { bubbles: true }));
  await shown('mapping', 'Choose the columns to see it');
  expect((at('read-again') as HTMLButtonElement).disabled, 'a part has no column').toBe(true);
});

async function takeColumn(part: string, column: string) {
  await expect.poll(() => (at(`mapping-${part}`) as HTMLSelectElement | null)?.options.length ?? 0).toBeGreaterThan(1);
  const select = at(`mapping-${part}`) as HTMLSelectElement;
  select.value = column;
  select.dispatchEvent(new window.Event('change', { bubbles: true }));
  flushSync();
  await expect.poll(() => at('column-questions')?.querySelector('[aria-busy="true"]')).toBeNull();
}

test('files read another way take the place of the dataset, and undo puts the new one into the bin', async () => {
  open('support-1');
  await click('read-differently');
  await shown('read-again-hint', 'Nothing is changed yet');
  expect((at('read-again') as HTMLButtonElement).disabled).toBe(true);
  await takeColumn('system', 'topic');
  expect([at('read-again-hint'), (at('read-again') as HTMLButtonElement).disabled]).toEqual([null, false]);
  await takeColumn('system', '');
  expect((at('read-again') as HTMLButtonElement).disabled, 'it is as it was').toBe(true);
  await takeColumn('system', 'topic');
  await click('read-again');
  await expect.poll(() => library.dataset('support-1')).toBeUndefined();
  const fresh = library.datasets![0]!;
  expect(fresh.name).toBe('support-2026');
  expect(fresh.mapping.columns).toMatchObject({ instruction: 'question', output: 'reply', system: 'topic' });
  await expect.poll(() => toasts.list.at(-1)?.text).toBe('“support-2026” was imported anew; the old one is in the bin');
  route.replace('datasets', fresh.id);
  toasts.list.at(-1)!.action!.run();
  await expect.poll(() => library.dataset('support-1')?.name).toBe('support-2026');
  await expect.poll(() => library.dataset(fresh.id)).toBeUndefined();
  expect(route.place.id).toBe('support-1');
  expect((await backend.call('list_bin', null)).map(({ item }) => item.id)).toEqual([fresh.id]);
});

test('before rows with changes are read anew, it is said what becomes of the changes', async () => {
  for (const row of [3, 2]) await backend.call('edit_dataset', { dataset: 'support-1', version: null, edit: { kind: 'delete', rows: [row] }, job: null });
  await library.refresh();
  open('support-1');
  await click('read-differently');
  await takeColumn('system', 'topic');
  await click('read-again');
  await shown('read-anew-dialog', /The 2 changes made since are not in the new dataset\. The old one goes to the bin/);
  await click('read-anew-dialog-no');
  expect(library.dataset('support-1')?.number).toBe(3);
  await click('read-again');
  await click('read-anew-dialog-yes');
  await expect.poll(() => library.dataset('support-1')).toBeUndefined();
});
