// @vitest-environment node
import { expect, test } from 'vitest';
import type { Job, JobState } from '$lib/protocol';
import { nothing, verbatim } from '$lib/words/say';
import { fractionOf, isOver, newJobId } from './job-progress';

test('the share that is done follows from what is done and what there is', () => {
  expect(fractionOf({ done: 25, total: 100 })).toBe(0.25);
  expect(fractionOf({ done: 0, total: 100 })).toBe(0);
  expect(fractionOf({ done: 120, total: 100 }), 'a file that grew while it was read').toBe(1);
});

test('where the end is not known there is no share', () => {
  expect(fractionOf({ done: 4000, total: 0 })).toBeNull();
});

test('a job is over when it has ended in any way', () => {
  const job = (state: JobState): Job => ({ id: 'j', kind: 'import', subject: null, title: 'j', state, progress: { note: nothing, done: 0, total: 0, unit: 'rows', rows: 0 } });
  const going: JobState[] = [{ state: 'queued', held: true }, { state: 'running' }, { state: 'paused', reason: verbatim('The disk is full') }];
  const ended: JobState[] = [{ state: 'done' }, { state: 'failed', message: nothing, hint: nothing }, { state: 'cancelled' }, { state: 'interrupted' }];
  expect(going.map((state) => isOver(job(state)))).toEqual([false, false, false]);
  expect(ended.map((state) => isOver(job(state)))).toEqual([true, true, true, true]);
});

test('no two jobs share an id', () => {
  expect(newJobId()).toMatch(/^job-/);
  expect(new Set(Array.from({ length: 100 }, newJobId)).size).toBe(100);
});
