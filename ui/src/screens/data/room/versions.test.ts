import { flushSync } from 'svelte';
import { beforeEach, expect, test, vi } from 'vitest';
import { setBackend, type Backend } from '$lib/backend';
import { mock } from '$lib/backend/mock';
import * as made from '$lib/backend/mock-data';
import type { Dataset, DatasetVersion, ExportDataset, Validation } from '$lib/protocol';
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
