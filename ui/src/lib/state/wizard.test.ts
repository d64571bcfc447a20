import { beforeEach, expect, test } from 'vitest';
import { setBackend } from '$lib/backend';
import { mock } from '$lib/backend/mock';
import * as made from '$lib/backend/mock-data';
import { library } from './library.svelte';
import { wizard } from './wizard.svelte';

const field = (name: string) => made.fields.find((field) => field.name === name)!;

beforeEach(async () => {
  setBackend(mock());
  await library.refresh();
  wizard.reset();
  wizard.model = 'starter';
  wizard.dataset = 'recipes-1';
  await wizard.loadForm();
});

test('the balanced preset is where one begins', () => {
  expect(wizard.preset?.id).toBe('balanced');
  expect(wizard.request?.training.epochs).toBe(3);
});

test('a change lies over the preset and survives another preset', () => {
  wizard.change(field('lora_rank'), 24);
  wizard.presetId = 'quick';
  expect(wizard.training).toMatchObject({ lora_rank: 24, epochs: 1 });
});

test('a value typed back to the preset is no change', () => {
  wizard.change(field('lora_rank'), 24);
  wizard.change(field('lora_rank'), 16);
  expect(wizard.changes).toEqual({});
});

test('what cannot be used keeps the start closed', async () => {
  wizard.look(wizard.request);
  await expect.poll(() => wizard.ready).toBe(true);
  wizard.refuse(field('epochs'), 'no');
  expect(wizard.ready).toBe(false);
  wizard.change(field('epochs'), 2);
  expect(wizard.invalid).toEqual({});
});

test('only the newest question about the plan is answered', async () => {
  wizard.look({ ...wizard.request!, training: { ...wizard.training!, epochs: 100 } });
  wizard.look({ ...wizard.request!, training: { ...wizard.training!, epochs: 2 } });
  await expect.poll(() => wizard.preview?.plan?.steps).toBe(70);
});

test('plain text data asks for the text task', () => {
  library.datasets = [made.dataset({ id: 'recipes-1', format: 'text' })];
  expect(wizard.training?.task).toBe('text');
});

test('training again begins with the settings of the run', async () => {
  const run = made.run('done', 'x', { state: 'done' }, { config: { base_model: 'starter', data: { path: 'a', format: 'auto', validation: 'auto' }, training: { ...made.training, seed: 7, epochs: 5 } } });
  await wizard.like(run);
  expect(wizard.changes).toEqual({ epochs: 5, seed: 7 });
});

test('the choices survive a reload', () => {
  wizard.name = 'mine';
  wizard.remember();
  expect(JSON.parse(sessionStorage.getItem('tunesmith-wizard')!)).toMatchObject({ model: 'starter', dataset: 'recipes-1', name: 'mine' });
});
