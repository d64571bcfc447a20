import { flushSync } from 'svelte';
import { beforeEach, expect, test } from 'vitest';
import { backend, setBackend } from '$lib/backend';
import { mock } from '$lib/backend/mock';
import { library } from '$lib/state/library.svelte';
import { overlay } from '$lib/state/overlay.svelte';
import { route } from '$lib/state/route.svelte';
import { show } from '$lib/testing/show';
import { pressed } from '../keys';
import { find } from './places';
import Palette from './Palette.svelte';
import Shortcuts from './Shortcuts.svelte';

beforeEach(async () => {
  overlay.close();
  setBackend(mock());
  await backend.call('open_chat', { run: 'done', model: null });
  await library.refresh();
});

const ids = (query: string) => find(query).map((one) => one.id);

test('every page, fine-tune, dataset, model and chat is found by any words of its line', () => {
  expect(ids('settings')).toContain('page-settings');
  expect(ids('SmolLM recipes')).toEqual(['run-paused']);
  expect(ids('kitchen dataset')).toEqual(['dataset-recipes-1']);
  expect(ids('model smol')).toContain('model-smollm');
  expect(ids('chat recipe').some((id) => id.startsWith('chat-'))).toBe(true);
  expect(ids('no such thing')).toEqual([]);
});

test('what is called so comes first, then what begins so', () => {
  const [dataset] = library.datasets!;
  library.datasets = [{ ...dataset!, id: 'long', name: 'My shop' }, { ...dataset!, id: 'begins', name: 'Shop two' }, ...library.datasets!, { ...dataset!, id: 'same', name: 'SHOP', tags: [] }];
  expect(ids('shop').slice(0, 3)).toEqual(['dataset-same', 'dataset-begins', 'dataset-long']);
  expect(ids(' shop  t'), 'the words as they are typed').toEqual(['dataset-begins', ...ids('t shop').filter((id) => id !== 'dataset-begins')]);
  expect(ids('datasets')[0]).toBe('page-datasets');
});

test('with nothing typed it offers pages and actions', () => {
  expect(ids('  ')).toEqual(['new-run', 'page-runs', 'page-chat', 'page-models', 'page-datasets', 'page-settings', 'page-compare', 'page-bin', 'theme', 'shortcuts']);
});

test('arrow keys choose, Enter goes there', () => {
  pressed(new KeyboardEvent('keydown', { key: 'k', ctrlKey: true }));
  expect(overlay.shown).toBe('palette');
  show(Palette, {});
  const input = document.querySelector('input')!;
  input.value = 'recipe';
  input.dispatchEvent(new Event('input', { bubbles: true }));
  flushSync();
  const [first, second] = find('recipe');
  const chosen = () => document.querySelector('[aria-selected="true"]')?.textContent;
  expect(chosen()).toContain(first!.label);
  input.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowDown', bubbles: true }));
  flushSync();
  expect(chosen()).toContain(second!.label);
  input.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true }));
  expect(overlay.shown).toBeNull();
  expect(['run', 'dataset', 'chat'].some((kind) => second!.id === `${kind}-${route.place.id}`)).toBe(true);
});

test('a question mark lists the keys, except where it is typed', () => {
  const field = document.body.appendChild(document.createElement('input'));
  const ask = (target: EventTarget) => {
    const event = new KeyboardEvent('keydown', { key: '?', bubbles: true });
    target.addEventListener('keydown', (event) => pressed(event as KeyboardEvent), { once: true });
    target.dispatchEvent(event);
  };
  ask(field);
  expect(overlay.shown).toBeNull();
  ask(document.body);
  expect(overlay.shown).toBe('shortcuts');
  overlay.close();
  show(Shortcuts, {});
  expect(document.body.textContent).toContain('Search everything');
});
