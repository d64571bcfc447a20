import type { Component } from 'svelte';
import { beforeEach, expect, test } from 'vitest';
import { setBackend } from '$lib/backend';
import { mock } from '$lib/backend/mock';
import { library } from '$lib/state/library.svelte';
import { toasts } from '$lib/state/toasts.svelte';
import { show } from '$lib/testing/show';
import DatasetsScreen from './datasets/DatasetsScreen.svelte';
import ModelsScreen from './models/ModelsScreen.svelte';
import RunsScreen from './runs/RunsScreen.svelte';

beforeEach(async () => {
  setBackend(mock('interrupted'));
  await library.refresh();
});

const at = (id: string) => document.querySelector<HTMLElement>(`[data-testid="${id}"]`);

test.each([['fine-tunes', RunsScreen], ['datasets', DatasetsScreen], ['models', ModelsScreen]])('what the last end cut short is told among the %s until it is dismissed', async (_name, screen) => {
  show(screen as Component, {});
  expect(at('interrupted-job-cut-import')?.textContent).toContain('“customers-2026.jsonl” was being imported when Tunesmith ended');
  expect(at('interrupted-job-cut-import')?.textContent).toContain('Nothing of it was kept; import it again');
  expect(at('interrupted-job-cut-edit')?.textContent).toContain('“recipes” was being changed');
  at('interrupted-dismiss-cut-import')!.click();
  await expect.poll(() => at('interrupted-job-cut-import')).toBeNull();
  expect(at('interrupted-job-cut-edit')).toBeTruthy();
});

test.each([['fine-tunes', RunsScreen], ['datasets', DatasetsScreen], ['models', ModelsScreen]])('what there is to know of the home is told among the %s until it is dismissed', async (_name, screen) => {
  show(screen as Component, {});
  expect(at('notice-damaged')?.textContent).toContain('run.json is damaged');
  expect(at('notice-damaged')?.textContent).toContain('Bring run.json back');
  at('notice-dismiss-damaged')!.click();
  await expect.poll(() => at('notice-damaged')).toBeNull();
  expect(at('interrupted-job-cut-edit')).toBeTruthy();
});

test('a damaged fine-tune is deleted from its notice, and the deletion undone', async () => {
  show(RunsScreen as Component, {});
  expect(at('notice-delete-open'), 'it is about nothing that could be deleted').toBeNull();
  expect(at('notice-reveal-damaged')).toBeTruthy();
  at('notice-delete-damaged')!.click();
  await expect.poll(() => at('notice-damaged')).toBeNull();
  const toast = toasts.list.at(-1)!;
  expect(toast.text).toBe('Deleted “Recipes”');
  await toast.action!.run();
  await expect.poll(() => at('notice-damaged')).toBeTruthy();
});

test('a fine-tune whose folder is gone is deleted for good', async () => {
  show(RunsScreen as Component, {});
  expect(at('notice-reveal-gone')).toBeNull();
  at('notice-delete-gone')!.click();
  await expect.poll(() => at('notice-gone')).toBeNull();
  expect(toasts.list.at(-1)?.action).toBeUndefined();
});
