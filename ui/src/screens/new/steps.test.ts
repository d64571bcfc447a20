import { flushSync, type Component } from 'svelte';
import { beforeEach, expect, test } from 'vitest';
import { setBackend } from '$lib/backend';
import { mock } from '$lib/backend/mock';
import { library } from '$lib/state/library.svelte';
import { route } from '$lib/state/route.svelte';
import { wizard } from '$lib/state/wizard.svelte';
import { show } from '$lib/testing/show';
import { importing } from '../datasets/importing.svelte';
import DataStep from './DataStep.svelte';
import ModelStep from './ModelStep.svelte';

beforeEach(async () => {
  setBackend(mock());
  await library.refresh();
  wizard.reset();
  importing.question?.answer(null);
  route.go('new', 'model');
});

const at = (id: string) => document.querySelector<HTMLElement>(`[data-testid="${id}"]`);
function enter(id: string) {
  at(id)!.querySelector('input')!.dispatchEvent(new window.KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true }));
  flushSync();
}

test('Enter on a card chooses it and goes on', () => {
  show(ModelStep as Component, {});
  const model = library.models!.find(({ source, problem }) => source === 'folder' && !problem)!;
  enter(`model-${model.id}`);
  expect([wizard.model, route.place.id]).toEqual([model.id, 'data']);
  show(DataStep as Component, {});
  enter('dataset-recipes-1');
  expect([wizard.dataset, route.place.id]).toEqual(['recipes-1', 'settings']);
});

test('Enter on data without a row to train on shows why it leads no further', () => {
  route.go('new', 'data');
  show(DataStep as Component, {});
  enter('dataset-nothing');
  expect([wizard.dataset, route.place.id]).toEqual(['nothing', 'data']);
});

test('while columns are asked for, it is said that the rows have to be imported', async () => {
  const foot = () => document.querySelector('footer')?.textContent;
  show(DataStep as Component, {});
  expect(foot()).toContain('Choose data to go on');
  const done = importing.files([{ path: '/home/ada/kunden.csv' }]);
  await expect.poll(() => at('ask-columns')).toBeTruthy();
  expect(foot()).toContain('Import these rows to go on');
  importing.question!.answer(null);
  await done;
});
