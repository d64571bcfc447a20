import { expect, test } from 'vitest';
import { parted } from './reasoning';

test('reasoning is told apart from the answer', () => {
  expect(parted('<think>\nTwo and two.\n</think>\n\nFour')).toEqual({ reasoning: 'Two and two.', answer: 'Four', thinking: false });
  expect(parted('\n<think>Two</think>Four')).toEqual({ reasoning: 'Two', answer: 'Four', thinking: false });
});

test('reasoning that the template has opened has only an end', () => {
  expect(parted('Two and two.\n</think>\n\nFour')).toEqual({ reasoning: 'Two and two.', answer: 'Four', thinking: false });
});

test('as long as it goes on there is no answer', () => {
  expect(parted('<think>\nTwo')).toEqual({ reasoning: 'Two', answer: '', thinking: true });
});

test('an empty reasoning is none, and a text without tags is an answer', () => {
  expect(parted('<think>\n\n</think>\n\nFour')).toEqual({ reasoning: null, answer: 'Four', thinking: false });
  expect(parted('Four <think>')).toEqual({ reasoning: null, answer: 'Four <think>', thinking: false });
});
