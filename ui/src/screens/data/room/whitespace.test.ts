// @vitest-environment node
import { expect, test } from 'vitest';
import { visible, visibleText } from './whitespace';

test('spaces, tabs and line ends are marked', () => {
  expect(visibleText(' red lentils\n\tand\u00a0salt\r\n')).toBe('·red·lentils↵⇥and⍽salt␍↵');
});

test('a character without a shape is named', () => {
  expect(visibleText('a\u200bb\ufeffc\u0007')).toBe('aU+200BbU+FEFFcU+0007');
});

test('only a line feed goes on below', () => {
  expect(visible('a\r\nb').filter((piece) => piece.breaks).map((piece) => piece.text)).toEqual(['↵']);
});

test('what can be seen stays as it is', () => {
  const text = 'Grüße\\xE2👩‍🍳日本語'.replace('\u200d', '');
  expect(visible(text)).toEqual([{ text, mark: false }]);
});

test('an empty text has no pieces', () => {
  expect(visible('')).toEqual([]);
});
