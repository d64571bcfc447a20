// @vitest-environment node
import { expect, test } from 'vitest';
import { beginning, differenceOf, ending } from './difference';

test('what both texts begin and end with is left out of the difference', () => {
  expect(differenceOf('Write to ada@lovelace.org today', 'Write to <EMAIL> today')).toEqual({ start: 'Write to ', before: 'ada@lovelace.org', after: '<EMAIL>', end: ' today' });
  expect(differenceOf('a a a', 'a a')).toEqual({ start: 'a a', before: ' a', after: '', end: '' });
  expect(differenceOf('', 'new')).toEqual({ start: '', before: '', after: 'new', end: '' });
  expect(differenceOf('same words', 'same words')).toEqual({ start: 'same words', before: '', after: '', end: '' });
  for (const [one, other] of [['x y', 'y x'], ['one\n\ntwo', 'one two'], ['a b c d', 'a c b d']] as const) {
    const { start, before, after, end } = differenceOf(one, other);
    expect([start + before + end, start + after + end]).toEqual([one, other]);
  }
});

test('of a long text only what is near the difference is shown', () => {
  const long = 'word '.repeat(100);
  expect([beginning(long).length, ending(long).length]).toEqual([161, 161]);
  expect([beginning('short'), ending('short')]).toEqual(['short', 'short']);
});
