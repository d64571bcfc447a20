import { flushSync } from 'svelte';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { motion } from '$lib/state/motion.svelte';
import { show } from '$lib/testing/show';
import Progress from './Progress.svelte';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  motion.calm = false;
  vi.useRealTimers();
});

test('while a run is at work a bar without an end moves once a second, and is animated otherwise', () => {
  show(Progress, { label: 'Loading', fraction: null });
  const bar = document.querySelector<HTMLElement>('.bar.unknown')!;
  expect(bar.style.transform, 'the style sheet moves it').toBe('');
  motion.calm = true;
  flushSync();
  const places = new Set<string>();
  for (let second = 0; second < 8; second++) {
    places.add(bar.style.transform);
    vi.advanceTimersByTime(1000);
    flushSync();
  }
  expect(places.size).toBe(4);
  expect([...places].every((place) => place.startsWith('translateX('))).toBe(true);
});
