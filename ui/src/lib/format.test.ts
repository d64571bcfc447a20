// @vitest-environment node
import { expect, test } from 'vitest';
import * as format from './format';
import * as times from './times';

test('sizes use decimal units', () => {
  expect(format.bytes(0)).toBe('0 B');
  expect(format.bytes(1500)).toBe('1.5 kB');
  expect(format.bytes(412_000)).toBe('412 kB');
  expect(format.bytes(999_960)).toBe('1.0 MB');
  expect(format.bytes(6_400_000_000)).toBe('6.4 GB');
});

test('numbers of weights are short', () => {
  expect(format.short(4_900_000)).toBe('4.9 M');
  expect(format.short(135_000_000)).toBe('135 M');
  expect(format.short(1_100_000_000)).toBe('1.1 B');
  expect(format.short(12)).toBe('12');
});

test('durations name two units at most', () => {
  expect(times.duration(12_400)).toBe('12 s');
  expect(times.duration(249_000)).toBe('4 min 09 s');
  expect(times.duration(11_100_000)).toBe('3 h 05 min');
  expect(times.duration(null)).toBe('–');
});

test('unknown losses are a dash', () => {
  expect(format.loss(NaN)).toBe('–');
  expect(format.loss(0.5381)).toBe('0.538');
  expect(format.loss(0.012345)).toBe('0.0123');
});

test('a fall in loss is negative', () => {
  expect(format.change(4, 1)).toBe('−75 %');
  expect(format.change(1, 1.5)).toBe('+50 %');
});

test('times ago grow into dates', () => {
  const now = Date.UTC(2026, 10, 22, 12);
  expect(times.ago(now - 10_000, now)).toBe('just now');
  expect(times.ago(now - 120_000, now)).toBe('2 minutes ago');
  expect(times.ago(now - 25 * 3_600_000, now)).toBe('yesterday');
});
