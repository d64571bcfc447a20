import type { Component } from 'svelte';
import { beforeEach, expect, test } from 'vitest';
import { backend, setBackend } from '$lib/backend';
import { mock } from '$lib/backend/mock';
import { library } from '$lib/state/library.svelte';
import { toasts } from '$lib/state/toasts.svelte';
import { undo } from '$lib/state/undo.svelte';
import { show } from '$lib/testing/show';
import { pressed } from '../keys';
import BinScreen from './BinScreen.svelte';

beforeEach(async () => {
  while (undo.last());
  setBackend(mock());
  await library.refresh();
});

const at = (id: string) => document.querySelector<HTMLElement>(`[data-testid="${id}"]`);
const ctrlZ = (target: EventTarget = document.body) => {
  const event = new KeyboardEvent('keydown', { key: 'z', ctrlKey: true, bubbles: true, cancelable: true });
  Object.defineProperty(event, 'target', { value: target });
  pressed(event);
  return event.defaultPrevented;
};

test('an empty bin says what it is for', async () => {
  show(BinScreen as Component, {});
  await expect.poll(() => at('bin-is-empty')?.textContent).toContain('come here');
  expect(at('bin-empty')).toBeNull();
});

test('what was deleted is listed, comes back, or goes for good', async () => {
  const [first, second] = library.runs!.filter(({ status }) => status.state === 'done');
  const model = library.models!.find(({ source }) => source === 'folder')!;
  await library.remove('run', first!.id, first!.name);
  await library.remove('model', model.id, model.name);
  show(BinScreen as Component, {});
  await expect.poll(() => at(`binned-run-${first!.id}`)?.textContent).toContain('Fine-tune · deleted just now · 2.4 MB');
  expect(at(`binned-model-${model.id}`)?.textContent).toContain('its files stay where they are');

  at(`restore-${first!.id}`)!.click();
  await expect.poll(() => library.run(first!.id)).toBeTruthy();
  await expect.poll(() => at(`binned-run-${first!.id}`)).toBeNull();

  at(`remove-${model.id}`)!.click();
  await expect.poll(() => at('bin-remove-dialog')?.textContent).toContain('To use it again, add its folder');
  at('bin-remove-dialog-yes')!.click();
  await expect.poll(() => at('bin-is-empty')).toBeTruthy();

  if (second) await library.remove('run', second.id, second.name);
  await expect.poll(() => at('bin-empty')).toBeTruthy();
  at('bin-empty')!.click();
  await expect.poll(() => at('bin-empty-dialog-yes')).toBeTruthy();
  at('bin-empty-dialog-yes')!.click();
  await expect.poll(() => at('bin-is-empty')).toBeTruthy();
  expect(await backend.call('list_bin', null)).toEqual([]);
});

test('Ctrl+Z takes back the last deletion, then the one before, and leaves text fields alone', async () => {
  expect(ctrlZ(), 'nothing was done').toBe(false);
  const [first, second] = library.datasets!;
  await library.remove('dataset', first!.id, first!.name);
  await library.remove('dataset', second!.id, second!.name);
  expect(ctrlZ(document.createElement('textarea'))).toBe(false);
  expect(library.dataset(second!.id)).toBeUndefined();
  expect(ctrlZ()).toBe(true);
  await expect.poll(() => library.dataset(second!.id)).toBeTruthy();
  expect(toasts.list.at(-1)?.text).toBe(`Undone: Deleted “${second!.name}”`);
  expect(toasts.list.some(({ action, text }) => action && text.includes(second!.name)), 'its message offers it no second time').toBe(false);
  expect(library.dataset(first!.id)).toBeUndefined();
  expect(ctrlZ()).toBe(true);
  await expect.poll(() => library.dataset(first!.id)).toBeTruthy();
  expect(ctrlZ()).toBe(false);
});

test('what its message took back is not taken back again', async () => {
  const [first] = library.datasets!;
  await library.remove('dataset', first!.id, first!.name);
  await toasts.list.at(-1)!.action!.run();
  await expect.poll(() => library.dataset(first!.id)).toBeTruthy();
  expect(ctrlZ()).toBe(false);
});

test('what came back out of the bin, or went for good, Ctrl+Z leaves alone', async () => {
  const [first, second, third] = library.datasets!;
  for (const one of [third!, first!, second!]) await library.remove('dataset', one.id, one.name);
  show(BinScreen as Component, {});
  await expect.poll(() => at(`restore-${first!.id}`)).toBeTruthy();
  at(`restore-${first!.id}`)!.click();
  await expect.poll(() => library.dataset(first!.id)).toBeTruthy();
  at(`remove-${second!.id}`)!.click();
  await expect.poll(() => at('bin-remove-dialog-yes')).toBeTruthy();
  at('bin-remove-dialog-yes')!.click();
  await expect.poll(() => at(`binned-dataset-${second!.id}`)).toBeNull();
  expect(toasts.list.some(({ action, text }) => action && [first!, second!].some(({ name }) => text.includes(name)))).toBe(false);
  expect(ctrlZ(), 'only the oldest is left').toBe(true);
  await expect.poll(() => library.dataset(third!.id)).toBeTruthy();
  expect(ctrlZ()).toBe(false);

  await library.remove('dataset', third!.id, third!.name);
  await library.emptyBin();
  expect(ctrlZ(), 'with the bin all offers go').toBe(false);
});
