import { expect, test } from 'vitest';
import { heldOut } from './heldout';

test('automatic holds out a twentieth, and twenty where there are two hundred', () => {
  expect([0, 19, 20, 199, 200, 400, 1000].map((rows) => heldOut(rows, 'auto'))).toEqual([0, 0, 1, 10, 20, 20, 50]);
});

test('a share leaves a row on each side', () => {
  expect(heldOut(10, 0.01)).toBe(1);
  expect(heldOut(2, 0.9)).toBe(1);
  expect(heldOut(300, 0.1)).toBe(30);
});

test('none is none', () => {
  expect(heldOut(300, 0)).toBe(0);
});
