import type { Component } from 'svelte';
import { beforeEach, expect, test, vi } from 'vitest';
import { backend, setBackend } from '$lib/backend';
import { mock } from '$lib/backend/mock';
import { madeUpComparison } from '$lib/backend/mock-comparison';
import { verdict } from '$lib/state/comparison.svelte';
import { library } from '$lib/state/library.svelte';
import { show } from '$lib/testing/show';
import { suggestions } from '../chat/suggestions';
import RunScreen from './RunScreen.svelte';

// The curves need a canvas.
vi.mock('./ChartCard.svelte', () => ({ default: () => undefined }));

const at = (id: string) => document.querySelector<HTMLElement>(`[data-testid="${id}"]`);
const open = (id: string) => show(RunScreen as Component<{ id: string }>, { id });

async function begin(scenario = '') {
  setBackend(mock(scenario));
  await library.refresh();
}

beforeEach(() => begin());

test('the worst that answers show is what counts', () => {
  const good = madeUpComparison('', 9);
  expect(verdict(good)).toBe('better');
  expect(verdict(madeUpComparison('endless', 9))).toBe('repeats');
  expect(verdict(madeUpComparison('no-better', 9))).toBe('no-better');
  const endless = { ...good, rows: good.rows.map((row, index) => (index === 1 ? { ...row, tuned: { ...row.tuned, ends: false } } : row)) };
  expect(verdict(endless)).toBe('endless');
  const close = { ...good, rows: good.rows.map((row) => ({ ...row, tuned: { ...row.tuned, f1: 0.4 } })) };
  expect(verdict(close)).toBe('close');
  const scratch = { ...good, rows: good.rows.map((row) => ({ ...row, base: null })) };
  expect(verdict(scratch), 'there is no base model').toBe('better');
});

test('a result is praised once its answers are better, and not for its loss', async () => {
  open('done');
  expect(at('end-card')?.textContent).toContain('Training is done');
  expect(at('end-card')?.textContent).not.toContain('Your model is ready');
  await expect.poll(() => at('compare')).toBeTruthy();
  at('compare')!.click();
  await expect.poll(() => at('compare-cancel')).toBeTruthy();
  await expect.poll(() => at('compared-2')?.textContent, { timeout: 4000 }).toContain('leeks, cream, nutmeg');
  expect(at('compared-0')?.textContent).toContain('Exactly right');
  expect(at('compared-0')?.textContent).toContain('Does not end by itself');
  expect(at('end-card')?.textContent).toContain('Your model is ready');
});

test.each([['endless', 'Some of its answers repeat themselves'], ['no-better', 'no closer to the expected ones']])('answers of a model that is %s are told beside its title', async (scenario, words) => {
  await begin(scenario);
  await backend.call('compare_run', { run: 'done', only_known: false, job: null });
  open('done');
  await expect.poll(() => at('end-card')?.textContent).toContain('Done, but look at its answers');
  expect(at('end-card')?.textContent).toContain(words);
});

test('a chat offers the questions that were compared, else those of held-out rows', async () => {
  const run = library.run('done')!;
  const ofRows = await suggestions(run);
  expect(ofRows.length).toBeGreaterThan(0);
  const compared = await backend.call('compare_run', { run: 'done', only_known: false, job: null });
  expect(await suggestions(run)).toEqual(compared!.rows.map(({ question }) => question));
  expect(ofRows).not.toEqual(await suggestions(run));
});

test('checkpoints that are not needed are removed after a question', async () => {
  open('done');
  await expect.poll(() => at('run-menu')).toBeTruthy();
  at('run-menu')!.click();
  await expect.poll(() => at('menu-spare')?.textContent).toContain('Remove 8 spare checkpoints (41.6 MB)');
  at('menu-spare')!.click();
  await expect.poll(() => at('spare-dialog')?.textContent).toContain('The best and the last checkpoint are kept');
  at('spare-dialog-yes')!.click();
  await expect.poll(() => at('spare-dialog')).toBeNull();
  expect(await backend.call('spare_checkpoints', 'done')).toEqual({ count: 0, bytes: 0 });
});

test('without a run at work a small model is asked by itself', async () => {
  library.runs = library.runs!.filter(({ status }) => status.state === 'done');
  open('done');
  await expect.poll(() => at('compared-0'), { timeout: 4000 }).toBeTruthy();
});
