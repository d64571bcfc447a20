// @vitest-environment node
import { expect, test } from 'vitest';
import { placeHash, readPlace } from './route.svelte';

test('a place survives the address', () => {
  for (const [screen, id, part] of [['runs', null, null], ['runs', 'a b/c', null], ['new', 'data', null], ['datasets', 'a/b', '2']] as const) {
    expect(readPlace(placeHash(screen, id, part))).toEqual({ screen, id, part });
  }
});

test('what is not encoded as an address is, is a name that nothing has', () => {
  expect(readPlace('#/runs/%')).toEqual({ screen: 'runs', id: '%', part: null });
  expect(readPlace('#runs/%E0%A4%A')).toEqual({ screen: 'runs', id: '%E0%A4%A', part: null });
  expect(readPlace('#/datasets/a/%zz')).toEqual({ screen: 'datasets', id: 'a', part: '%zz' });
});

test('an unknown address leads home', () => {
  expect(readPlace('#/nowhere')).toEqual({ screen: 'runs', id: null, part: null });
  expect(readPlace('')).toEqual({ screen: 'runs', id: null, part: null });
});
