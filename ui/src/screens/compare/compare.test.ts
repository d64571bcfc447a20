import type { Component } from 'svelte';
import { beforeEach, expect, test, vi } from 'vitest';
import { setBackend } from '$lib/backend';
import { mock } from '$lib/backend/mock';
import * as made from '$lib/backend/mock-data';
import { library } from '$lib/state/library.svelte';
import { route } from '$lib/state/route.svelte';
import { show } from '$lib/testing/show';
import CompareScreen from './CompareScreen.svelte';
import { differences, idsIn, outcomes } from './compare';

// The curves need a canvas.
vi.mock('./CompareChart.svelte', () => ({ default: () => undefined }));

beforeEach(async () => {
  setBackend(mock());
  await library.refresh();
});

const at = (id: string) => document.querySelector<HTMLElement>(`[data-testid="${id}"]`);
const run = (id: string) => library.run(id)!;

test('only what differs is listed, under the labels of the form', () => {
  const [one] = [run('done')];
  const other = { ...one!, id: 'other', model_name: 'SmolLM2-135M', plan: { ...one!.plan!, training: { ...one!.plan!.training, lora_rank: 64, learning_rate: 0.00001 } } };
  const lines = differences([one!, other], made.fields);
  expect(lines.map(({ label }) => label).sort()).toEqual(['Base model', 'Learning rate', 'Rank']);
  expect(lines.find(({ label }) => label === 'Rank')).toMatchObject({ code: false, values: ['16', '64'] });
  expect(differences([one!, other], []).find(({ label }) => label === 'lora_rank'), 'without a form, the name in a run file does').toMatchObject({ code: true });
  expect(differences([one!, { ...one!, id: 'twin' }], made.fields)).toEqual([]);
});

test('the lowest validation loss is marked, if one is lowest', () => {
  const one = run('done');
  const loss = (values: (number | null)[]) => outcomes(values.map((best_eval_loss) => ({ ...one, best_eval_loss }))).find(({ label }) => label === 'Validation loss after')!;
  expect(loss([0.5, 0.4, 0.6])).toMatchObject({ best: 1, values: ['0.500', '0.400', '0.600'] });
  expect(loss([0.5, 0.5]).best).toBeNull();
  expect(loss([0.5, null]).best, 'there is nothing to be lower than').toBeNull();
});

test('an address names known runs, each once', () => {
  const known = (id: string) => ['a', 'b', 'c', 'd', 'e', 'f'].includes(id);
  expect(idsIn('a,x,a,b', known)).toEqual(['a', 'b']);
  expect(idsIn('a,b,c,d,e,f', known)).toHaveLength(5);
  expect(idsIn(null, known)).toEqual([]);
});

test('runs are chosen on the page, and the address keeps the choice', async () => {
  show(CompareScreen as Component<{ part: string | null }>, { part: 'done' });
  expect(at('compare-need')).toBeTruthy();
  const other = library.runs!.find(({ id, status }) => id !== 'done' && status.state === 'stopped')!;
  at(`compare-run-${other.id}`)!.click();
  expect(route.place).toMatchObject({ screen: 'runs', id: 'compare', part: `done,${other.id}` });
  show(CompareScreen as Component<{ part: string | null }>, { part: `done,${other.id}` });
  await expect.poll(() => at('compare-results')?.textContent).toContain(other.name);
  await expect.poll(() => at('compare-settings')?.textContent ?? at('compare-same')?.textContent).not.toMatch(/[a-z]_[a-z]/);
  expect(at('compare-lines')?.textContent).toMatch(/Validation loss: thick.*smoothed: thin/);
});
