import { flushSync, mount, unmount, type Component } from 'svelte';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { setBackend } from '$lib/backend';
import { mock } from '$lib/backend/mock';
import { library } from '$lib/state/library.svelte';
import DatasetsScreen from './datasets/DatasetsScreen.svelte';
import RunsScreen from './runs/RunsScreen.svelte';

let mounted: object | undefined;
beforeEach(async () => {
  setBackend(mock('interrupted'));
  await library.refresh();
});
afterEach(() => {
  if (mounted) void unmount(mounted);
  mounted = undefined;
  document.body.innerHTML = '';
});

const at = (id: string) => document.querySelector<HTMLElement>(`[data-testid="${id}"]`);

test.each([['fine-tunes', RunsScreen], ['datasets', DatasetsScreen]])('what the last end cut short is told among the %s until it is dismissed', async (_name, screen) => {
  mounted = mount(screen as Component, { target: document.body });
  flushSync();
  expect(at('interrupted-job-cut-import')?.textContent).toContain('“customers-2026.jsonl” was being imported when Tunesmith ended');
  expect(at('interrupted-job-cut-import')?.textContent).toContain('Nothing of it was kept; import it again');
  expect(at('interrupted-job-cut-edit')?.textContent).toContain('“recipes” was being changed');
  at('interrupted-dismiss-cut-import')!.click();
  await expect.poll(() => at('interrupted-job-cut-import')).toBeNull();
  expect(at('interrupted-job-cut-edit')).toBeTruthy();
});
