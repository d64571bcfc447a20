import { expect, test } from 'vitest';
import { placeHash, readPlace } from './route.svelte';

test('a place survives the address', () => {
  for (const [screen, id, part] of [['runs', null, null], ['runs', 'a b/c', null], ['new', 'data', null], ['datasets', 'a/b', '2']] as const) {
    expect(readPlace(placeHash(screen, id, part))).toEqual({ screen, id, part });
  }
});

test('an unknown address leads home', () => {
  expect(readPlace('#/nowhere')).toEqual({ screen: 'runs', id: null, part: null });
  expect(readPlace('')).toEqual({ screen: 'runs', id: null, part: null });
});
