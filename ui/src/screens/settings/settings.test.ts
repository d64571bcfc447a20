import { expect, test, vi } from 'vitest';
import { flushSync } from 'svelte';
import { setBackend, type Backend } from '$lib/backend';
import { mock } from '$lib/backend/mock';
import * as made from '$lib/backend/mock-data';
import { library } from '$lib/state/library.svelte';
import { preferences } from '$lib/state/preferences.svelte';
import { show } from '$lib/testing/show';
import SettingsScreen from './SettingsScreen.svelte';

test('sizes are measured once, and again only when one has changed', async () => {
  const real = mock();
  let measured = 0;
  setBackend({ ...real, call: ((name: string, args: never) => ((measured += Number(name === 'usage')), real.call(name as 'list_runs', args))) as Backend['call'] });
  library.runs = made.runs();
  preferences.system = made.system;
  show(SettingsScreen, {});
  await vi.waitFor(() => expect(preferences.usage).toBeTruthy());
  await new Promise((resolve) => setTimeout(resolve, 200));
  const before = measured;
  library.runs = library.runs.map((run) => ({ ...run, step: run.step + 1 }));
  flushSync();
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(measured, 'what was measured is no reason to measure again, nor is a step of a run').toBe(before);
  expect(before).toBeLessThanOrEqual(2);
  library.runs = library.runs.filter(({ id }) => id !== 'done');
  flushSync();
  await vi.waitFor(() => expect(measured).toBe(before + 1));
});

test('a bar of the storage is a share of all of it', async () => {
  setBackend(mock());
  preferences.system = made.system;
  show(SettingsScreen, {});
  await vi.waitFor(() => expect(document.querySelectorAll('[data-testid="usage-bar"]')).toHaveLength(made.usage.parts.length));
  const widths = [...document.querySelectorAll<HTMLElement>('[data-testid="usage-bar"]')].map(({ style }) => parseFloat(style.width));
  expect(widths.reduce((sum, width) => sum + width, 0)).toBeCloseTo(100);
  expect(Math.max(...widths)).toBeLessThan(100);
});
