import { flushSync } from 'svelte';
import { beforeEach, expect, test, vi } from 'vitest';
import { setBackend, type Backend } from '$lib/backend';
import { mock } from '$lib/backend/mock';
import * as made from '$lib/backend/mock-data';
import type { Dataset, DatasetVersion, ExportDataset, Row, Validation, VersionChanges } from '$lib/protocol';
import { library } from '$lib/state/library.svelte';
import { show } from '$lib/testing/show';
import { verbatim } from '$lib/words/say';
import FromDataset from '../../run/FromDataset.svelte';
import ExportDialog from './ExportDialog.svelte';
import Exported from './Exported.svelte';
import SplitDialog from './SplitDialog.svelte';
import Versions from './Versions.svelte';

const asked: unknown[] = [];
const studio = (change: Partial<Backend> = {}): Backend => {
  const real = mock();
  const call = ((name: string, args: never) => (asked.push([name, args]), real.call(name as 'list_runs', args))) as Backend['call'];
  return { ...real, call, ...change };
};
beforeEach(() => {
  setBackend(studio());
  asked.length = 0;
});

const byId = <E extends HTMLElement>(id: string) => document.querySelector<E>(`[data-testid="${id}"]`);
const press = (id: string) => (byId<HTMLButtonElement>(id)!.click(), flushSync());
const nothing = () => undefined;

const version = (number: number, validation: Validation, seed: number): DatasetVersion => ({ number, version: `v${number}`, change: verbatim('As imported'), training_rows: 280, validation_rows: 20, validation, seed, made_ms: 0 });
const split = (validation: Validation, seed = 7): Dataset => made.dataset({ number: 1, versions: [version(1, validation, seed)] });

test('the dialog about held-out rows begins with the rule in use', async () => {
  show(SplitDialog, { dataset: split(0.25), onchange: nothing, onclose: nothing });
  expect(byId('split-dialog')!.textContent).toContain('25 %');
  press('split-dialog-yes');
  await vi.waitFor(() => expect(asked).toContainEqual(['edit_dataset', expect.objectContaining({ edit: { kind: 'split', validation: 0.25, seed: 7 } })]));
});

test('the rows of a file can be held out, and nothing is done before one is chosen', async () => {
  setBackend(studio({ pickFiles: async () => [{ path: '/home/ada/held out.jsonl' }] }));
  show(SplitDialog, { dataset: split('/home/ada/first.jsonl'), onchange: nothing, onclose: nothing });
  expect(byId('split-file')!.textContent).toContain('first.jsonl');
  expect(byId<HTMLButtonElement>('split-dialog-yes')!.disabled).toBe(true);
  press('split-pick');
  await vi.waitFor(() => expect(byId('split-file')!.textContent).toBe('held out.jsonl'));
  expect(byId('split-dialog-says')!.textContent).toContain('in the place of those of first.jsonl');
  press('split-dialog-yes');
  await vi.waitFor(() => expect(asked).toContainEqual(['edit_dataset', expect.objectContaining({ edit: { kind: 'split', validation: '/home/ada/held out.jsonl', seed: 7 } })]));
});

test('each version says by which rule its rows are held out', () => {
  const versions = [version(1, 'auto', 42), version(2, 0.1, 3), version(3, '/a/val.jsonl', 3), version(4, 0, 3)];
  show(Versions, { dataset: made.dataset({ versions, number: 4 }), wanted: 2, onchange: nothing });
  const said = [1, 2, 3, 4].map((number) => byId(`version-rule-${number}`)!.textContent);
  expect(said).toEqual(['Held out: automatic, seed 42', 'Held out: 10 %, seed 3', 'Held out: the rows of val.jsonl', 'Held out: none']);
  expect(byId('version-2')!.classList.contains('wanted')).toBe(true);
});

const row = (number: number, content: string, split: Row['split'] = 'training'): Row => ({ number, split, file: 'a.jsonl', line: number + 1, messages: [{ role: 'assistant', content, reasoning: null, learned: true }], extra: [], tokens: null, learned_tokens: null, remarks: [] });

test('two versions are compared, the one in use and the one before it at first', async () => {
  const found: VersionChanges = {
    added: 0, removed: 1, changed: 1, moved: 0, reordered: false, total: 2,
    rows: [{ kind: 'changed', before: row(3, 'Write to ada@lovelace.org today'), after: row(2, 'Write to <EMAIL> today') }, { kind: 'removed', before: row(7, 'Twice'), after: null }],
  };
  const real = studio();
  setBackend({ ...real, call: ((name: string, args: never) => (name === 'compare_versions' ? (asked.push([name, args]), Promise.resolve(found)) : real.call(name as 'list_runs', args))) as Backend['call'] });
  const versions = [version(1, 'auto', 42), version(2, 'auto', 42), version(3, 'auto', 42)];
  show(Versions, { dataset: made.dataset({ versions, number: 3 }), onchange: nothing });
  press('version-compare');
  await vi.waitFor(() => expect(document.querySelectorAll('[data-testid="change"]').length).toBe(2));
  expect(asked).toContainEqual(['compare_versions', expect.objectContaining({ before: 2, after: 3, kind: null, offset: 0 })]);
  expect([...document.querySelectorAll('mark')].map((mark) => mark.textContent)).toEqual(['ada@lovelace.org', '<EMAIL>']);
  expect(byId('changes')!.textContent).toContain('Not in this version');
  expect(byId('changes-added'), 'no tab for rows that there are none of').toBeNull();
  byId('changes-removed')!.querySelector('input')!.click();
  await vi.waitFor(() => expect(asked).toContainEqual(['compare_versions', expect.objectContaining({ kind: 'removed' })]));
  press('changes-of-2');
  await vi.waitFor(() => expect(asked).toContainEqual(['compare_versions', expect.objectContaining({ before: 1, after: 2, kind: null })]));
  press('changes-close');
  expect(byId('changes')).toBeNull();
});

test('with one version there is nothing to compare', () => {
  show(Versions, { dataset: split('auto'), onchange: nothing });
  expect(byId<HTMLButtonElement>('version-compare')!.disabled).toBe(true);
});

test('a long list of differences is turned page by page', async () => {
  const real = mock();
  setBackend(real);
  const first = made.dataset();
  const second = await real.call('edit_dataset', { dataset: first.id, version: null, edit: { kind: 'repair_all' }, job: null });
  show(Versions, { dataset: second, onchange: nothing });
  press('version-compare');
  await vi.waitFor(() => expect(byId('changes-range')).toBeTruthy());
  expect(document.querySelectorAll('[data-testid="change"]').length).toBe(20);
  const total = /of (\d+)$/.exec(byId('changes-range')!.textContent!)![1];
  press('changes-last');
  await vi.waitFor(() => expect(byId('changes-range')!.textContent).toMatch(new RegExp(`–${total} of ${total}$`)));
  expect(byId<HTMLButtonElement>('changes-next')!.disabled).toBe(true);
});

test('a run leads to the version that it learned from', () => {
  const run = made.run('r', 'Run', { state: 'done' }, { dataset: 'recipes-1', dataset_name: 'recipes', dataset_version: 1 });
  library.datasets = [made.dataset({ number: 2, versions: [version(1, 'auto', 42), version(2, 'auto', 42)] })];
  show(FromDataset, { run, testid: 'from' });
  expect([byId('from')!.textContent, byId('from')!.getAttribute('href')]).toEqual(['recipes, version 1', '#/datasets/recipes-1/1']);
  library.datasets = [made.dataset()];
  flushSync();
  expect(byId('from')!.getAttribute('href'), 'the version in use is shown at once').toBe('#/datasets/recipes-1');
  library.datasets = [];
  flushSync();
  expect(byId('from')!.tagName).toBe('SPAN');
});

test('other columns are kept where the kind of file has room for them, unless somebody says no', async () => {
  show(ExportDialog, { dataset: made.dataset(), onclose: nothing });
  const others = () => byId<HTMLInputElement>('export-others')!;
  expect([others().checked, others().disabled]).toEqual([true, false]);
  expect(byId('export-dialog')!.textContent).toContain('source, rating');
  byId('export-openai')!.querySelector('input')!.click();
  flushSync();
  expect([others().checked, others().disabled]).toEqual([false, true]);
  byId('export-csv')!.querySelector('input')!.click();
  flushSync();
  expect(others().checked).toBe(true);
  others().click();
  flushSync();
  press('export-yes');
  const sent = () => (asked.find((call) => (call as [string])[0] === 'export_dataset') as [string, ExportDataset] | undefined)?.[1];
  await vi.waitFor(() => expect(sent()).toMatchObject({ format: 'csv', other_columns: false }));
});

test('in a browser a written file can be downloaded', () => {
  setBackend(studio({ exportHref: (path) => `/api/exports/${encodeURIComponent(path.split('/').at(-1)!)}` }));
  show(Exported, { file: { path: '/srv/exports/my “rows” 🦀.csv', rows: 3, left_out: [], notes: [verbatim('A note')], bytes: 9 } });
  const link = byId<HTMLAnchorElement>('export-download')!;
  expect([link.getAttribute('href'), link.download]).toEqual(['/api/exports/my%20%E2%80%9Crows%E2%80%9D%20%F0%9F%A6%80.csv', 'my “rows” 🦀.csv']);
  expect(byId('export-note')!.textContent).toBe('A note');
});
