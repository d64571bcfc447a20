import { expect, test } from 'vitest';
import { placeHash, readPlace } from './route.svelte';

test('a place survives the address', () => {
  for (const [screen, id] of [['runs', null], ['runs', 'a b/c'], ['new', 'data'], ['chat', 'chat-1']] as const) {
    expect(readPlace(placeHash(screen, id))).toEqual({ screen, id });
  }
});

test('an unknown address leads home', () => {
  expect(readPlace('#/nowhere')).toEqual({ screen: 'runs', id: null });
  expect(readPlace('')).toEqual({ screen: 'runs', id: null });
});
