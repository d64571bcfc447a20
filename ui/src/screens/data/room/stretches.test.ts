// @vitest-environment node
import { expect, test } from 'vitest';
import { stretches } from './stretches';

const words = (count: number, every: number) => Array.from({ length: count }, (_, place) => ({ text: (place + 1) % every === 0 ? '.\n' : ' word' }));

test('a short row is one stretch', () => {
  expect(stretches(words(40, 7), 1024)).toEqual([{ from: 0, to: 40 }]);
});

test('a stretch ends at the end of a line', () => {
  expect(stretches(words(900, 50), 5000).map(({ to }) => to)).toEqual([200, 400, 600, 800, 900]);
});

test('without line ends a stretch does not grow for ever', () => {
  expect(stretches(words(2000, 5000), 5000).map(({ to }) => to)).toEqual([600, 1200, 1800, 2000]);
});

test('the limit begins a stretch, and no token is lost', () => {
  const found = stretches(words(20_000, 30), 1024);
  expect(found.some(({ from }) => from === 1024)).toBe(true);
  expect(found.every(({ from }, index) => from === (found[index - 1]?.to ?? 0))).toBe(true);
  expect(found.at(-1)!.to).toBe(20_000);
});

test('a row of no tokens has no stretches', () => {
  expect(stretches([], 10)).toEqual([]);
});
