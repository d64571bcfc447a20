import { flushSync, type Component } from 'svelte';
import { beforeEach, expect, test } from 'vitest';
import { setBackend, type Backend } from '$lib/backend';
import { mock } from '$lib/backend/mock';
import { library } from '$lib/state/library.svelte';
import { route } from '$lib/state/route.svelte';
import { wizard } from '$lib/state/wizard.svelte';
import { show } from '$lib/testing/show';
import { importing } from '../datasets/importing.svelte';
import DataStep from './DataStep.svelte';
import ModelStep from './ModelStep.svelte';
import SettingsStep from './SettingsStep.svelte';

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

test('where the length limit stops the start, one click sets it to what the model reads', async () => {
  const studio = mock();
  const blocker = { key: 'prepare-rows-too-long', args: {}, text: '3 of 280 rows are longer than 64 tokens' };
  const call = (async (name, args) => (name === 'preview_run' ? { plan: null, problems: [], blockers: (args as { start: { training: { max_length: number } } }).start.training.max_length < 512 ? [blocker] : [], warnings: [], disk: null } : studio.call(name, args))) as Backend['call'];
  setBackend({ ...studio, call });
  const model = { ...library.models![0]!, context_length: 512 };
  Object.assign(wizard, { model: model.id, dataset: 'recipes-1' });
  await wizard.loadForm();
  show(SettingsStep as Component<Record<string, unknown>>, { model, dataset: library.dataset('recipes-1')! });
  const input = at('field-max_length') as HTMLInputElement;
  input.value = '64';
  input.dispatchEvent(new window.Event('input', { bubbles: true }));
  flushSync();
  await expect.poll(() => at('start-reason')?.textContent).toContain('longer than 64');
  expect(at('set-length')!.textContent).toContain('Set max length to 512');
  at('set-length')!.click();
  flushSync();
  expect((at('field-max_length') as HTMLInputElement).value).toBe('512');
  await expect.poll(() => at('start-reason')).toBeNull();
  input.value = 'long';
  input.dispatchEvent(new window.Event('input', { bubbles: true }));
  flushSync();
  at('set-length')!.click();
  flushSync();
  expect([(at('field-max_length') as HTMLInputElement).value, wizard.invalid]).toEqual(['512', {}]);
});
