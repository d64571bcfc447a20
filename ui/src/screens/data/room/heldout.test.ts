// @vitest-environment node
import { expect, test } from 'vitest';
import { heldOut, namedToHold } from './heldout';

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

test('files are held out by their names as the studio does it', () => {
  expect(namedToHold(['train.jsonl', 'validation.jsonl', 'test-00000-of-00001.parquet'])).toEqual(['validation.jsonl', 'test-00000-of-00001.parquet']);
  expect(namedToHold(['/home/test/train/a.csv', '/home/test/val/a.csv'])).toEqual(['/home/test/val/a.csv']);
  expect(namedToHold(['train_test.csv', 'eval.csv', 'latest.csv'])).toEqual(['eval.csv']);
  expect(namedToHold(['test.csv', 'dev.csv', 'typed in'])).toEqual([]);
  expect(namedToHold(['rows.jsonl'])).toEqual([]);
});
