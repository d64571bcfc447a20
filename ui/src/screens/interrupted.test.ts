import type { Component } from 'svelte';
import { beforeEach, expect, test } from 'vitest';
import { setBackend } from '$lib/backend';
import { mock } from '$lib/backend/mock';
import { library } from '$lib/state/library.svelte';
import { show } from '$lib/testing/show';
import DatasetsScreen from './datasets/DatasetsScreen.svelte';
import RunsScreen from './runs/RunsScreen.svelte';

beforeEach(async () => {
  setBackend(mock('interrupted'));
  await library.refresh();
});

const at = (id: string) => document.querySelector<HTMLElement>(`[data-testid="${id}"]`);

test.each([['fine-tunes', RunsScreen], ['datasets', DatasetsScreen]])('what the last end cut short is told among the %s until it is dismissed', async (_name, screen) => {
  show(screen as Component, {});
  expect(at('interrupted-job-cut-import')?.textContent).toContain('“customers-2026.jsonl” was being imported when Tunesmith ended');
  expect(at('interrupted-job-cut-import')?.textContent).toContain('Nothing of it was kept; import it again');
  expect(at('interrupted-job-cut-edit')?.textContent).toContain('“recipes” was being changed');
  at('interrupted-dismiss-cut-import')!.click();
  await expect.poll(() => at('interrupted-job-cut-import')).toBeNull();
  expect(at('interrupted-job-cut-edit')).toBeTruthy();
});

test.each([['fine-tunes', RunsScreen], ['datasets', DatasetsScreen]])('what there is to know of the home is told among the %s until it is dismissed', async (_name, screen) => {
  show(screen as Component, {});
  expect(at('notice-damaged')?.textContent).toContain('its run.json is damaged');
  expect(at('notice-damaged')?.textContent).toContain('Bring the file back');
  at('notice-dismiss-damaged')!.click();
  await expect.poll(() => at('notice-damaged')).toBeNull();
  expect(at('interrupted-job-cut-edit')).toBeTruthy();
});
