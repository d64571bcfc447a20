// @vitest-environment node
import { expect, test } from 'vitest';
import { scrollTo, tallest, windowAt } from './virtual';

const short = { total: 300, line: 40, view: 400 };
const long = { total: 1_000_000, line: 40, view: 400 };

test('only the lines on screen are drawn, and some around them', () => {
  expect(windowAt(short, 0)).toEqual({ first: 0, end: 16, height: 12_000, top: 0 });
  expect(windowAt(short, 4000)).toEqual({ first: 94, end: 116, height: 12_000, top: 3760 });
});

test('a short list keeps every line in its own place', () => {
  for (const scrolled of [0, 17, 1234, 11_600]) {
    const { first, top } = windowAt(short, scrolled);
    expect(top).toBe(first * 40);
  }
});

test('a million lines fit into an element that browsers draw', () => {
  expect(windowAt(long, 0).height).toBe(tallest);
  const end = windowAt(long, tallest - 400);
  expect(end.end).toBe(1_000_000);
  expect(end.top + (end.end - end.first) * 40).toBeCloseTo(tallest, 3);
});

test('an empty list draws nothing', () => {
  expect(windowAt({ total: 0, line: 40, view: 400 }, 0)).toEqual({ first: 0, end: 0, height: 0, top: 0 });
});

test('any line can be scrolled to and is then seen whole', () => {
  for (const extent of [short, long]) {
    for (const index of [0, 1, 7, extent.total >> 1, extent.total - 2, extent.total - 1]) {
      for (const from of [0, 5000, 11_000]) {
        const scrolled = scrollTo(extent, index, from);
        const { first, end, top } = windowAt(extent, scrolled);
        expect(index >= first && index < end, `${index} is drawn`).toBe(true);
        const place = top + (index - first) * extent.line - scrolled;
        expect(place).toBeGreaterThanOrEqual(-0.01);
        expect(place + extent.line).toBeLessThanOrEqual(extent.view + 0.01);
      }
    }
  }
});

test('a line that is seen whole moves nothing', () => {
  expect(scrollTo(short, 5, 100)).toBe(100);
});
