// @vitest-environment node
import { expect, test } from 'vitest';
import { day, fully } from './times';

test('a day is today, yesterday, or its date, by the calendar', () => {
  const now = new Date(2026, 10, 28, 0, 30).getTime();
  expect(day(new Date(2026, 10, 28, 0, 0).getTime(), now)).toBe('Today');
  expect(day(new Date(2026, 10, 27, 23, 59).getTime(), now)).toBe('Yesterday');
  expect(day(new Date(2026, 10, 27, 0, 0).getTime(), now)).toBe('Yesterday');
  expect(day(new Date(2026, 10, 26, 23, 59).getTime(), now)).toBe('Nov 26, 2026');
});

test('in full, a time has its weekday and its minute', () => {
  expect(fully(new Date(2026, 10, 28, 14, 5).getTime())).toMatch(/^Saturday, November 28, 2026 at 2:05\sPM$/);
});
