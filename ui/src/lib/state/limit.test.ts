import { beforeEach, expect, test } from 'vitest';
import { setBackend } from '$lib/backend';
import { mock } from '$lib/backend/mock';
import * as made from '$lib/backend/mock-data';
import { library } from './library.svelte';
import { dropTried, limitInUse, limitOf, moveLimit, takeLimit } from './limit';
import { limits } from './limits.svelte';
import { wizard } from './wizard.svelte';

const field = made.fields.find(({ name }) => name === 'max_length')!;
beforeEach(async () => {
  setBackend(mock());
  await library.refresh();
  limits.forgetAll();
  wizard.reset();
  wizard.model = 'starter';
  await wizard.loadForm();
});

test('a limit that is tried out changes no fine-tune until it is taken', () => {
  const before = limitInUse('recipes-1');
  moveLimit('recipes-1', 200);
  expect([limitOf('recipes-1'), limitInUse('recipes-1')]).toEqual([200, before]);
  dropTried('recipes-1');
  expect(limitOf('recipes-1')).toBe(before);
  moveLimit('recipes-1', 300);
  takeLimit('recipes-1');
  wizard.dataset = 'recipes-1';
  expect(wizard.request?.training.max_length).toBe(300);
  expect(wizard.changes, 'it is where the form begins, not a change').toEqual({});
});

test('a fine-tune that is being set up takes the limit at once', () => {
  wizard.dataset = 'recipes-1';
  wizard.change(field, 512);
  expect(limitOf('recipes-1'), 'the form is where the line stands').toBe(512);
  moveLimit('recipes-1', 90);
  expect([limitOf('recipes-1'), wizard.request?.training.max_length]).toEqual([90, 90]);
  wizard.change(field, 120);
  expect(limitOf('recipes-1')).toBe(120);
});

test('each dataset has its own limit', () => {
  moveLimit('recipes-1', 90);
  takeLimit('recipes-1');
  wizard.dataset = 'support-1';
  expect(wizard.request?.training.max_length).toBe(made.training.max_length);
});

test('a limit is never one that the form refuses', () => {
  for (const [moved, stands] of [[1, 8], [900_000, 131_072]] as const) {
    moveLimit('recipes-1', moved);
    expect(limitOf('recipes-1')).toBe(stands);
  }
});

test('a limit that was taken is kept on this computer', () => {
  moveLimit('recipes-1', 90);
  expect(localStorage.getItem('tunesmith-limits')).toBeNull();
  takeLimit('recipes-1');
  expect(localStorage.getItem('tunesmith-limits')).toBe('{"recipes-1":90}');
});
