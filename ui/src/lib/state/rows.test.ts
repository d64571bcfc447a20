// @vitest-environment node
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { setBackend, type Backend } from '$lib/backend';
import type { DatasetRows, Row, RowsPage, WireError } from '$lib/protocol';
import * as made from '$lib/backend/mock-data';
import { nothing, verbatim } from '$lib/words/say';
import { anyRow, RowList } from './rows.svelte';

let asked: { args: DatasetRows; answer: (page: RowsPage) => void; fail: (error: WireError) => void }[] = [];
/** The jobs of the searches that were ended. */
let cancelled: string[] = [];
let tell: (fraction: number) => void;
beforeEach(() => {
  vi.useFakeTimers();
  asked = [];
  cancelled = [];
  const call = (name: string, args: DatasetRows | string) => new Promise((answer, fail) => (typeof args === 'string' ? cancelled.push(`${name} ${args}`) : asked.push({ args, answer, fail })));
  const subscribe = (_: unknown, __: number, on: (events: unknown[]) => void) => {
    tell = (fraction) => on([{ seq: 1, body: { kind: 'job', job: made.job('search', { done: fraction * 1000, total: 1000, unit: 'parts' }) } }]);
    return () => undefined;
  };
  setBackend({ call, subscribe } as unknown as Backend);
});
afterEach(() => vi.useRealTimers());

const rows = (from: number, count: number): Row[] => Array.from({ length: count }, (_, index) => made.row(from + index));
const answered = async (index: number, total = 1_000_000) => {
  const { args, answer } = asked[index]!;
  answer({ total, rows: rows(args.offset, Math.min(args.limit, total - args.offset)) });
  await vi.advanceTimersByTimeAsync(0);
};

test('rows come a page at a time, when the scrolling rests', async () => {
  const list = new RowList('data', null);
  list.reload();
  await answered(0);
  expect(list.total).toBe(1_000_000);
  expect(list.at(99)?.number).toBe(99);
  for (const first of [5000, 90_000, 500_050]) list.show(first, first + 20);
  await vi.advanceTimersByTimeAsync(100);
  expect(asked.slice(1).map(({ args }) => args.offset)).toEqual([500_000]);
  expect(list.at(500_055)).toBeUndefined();
  await answered(1);
  expect(list.at(500_055)?.number).toBe(500_055);
});

test('an answer to an older question is not shown', async () => {
  const list = new RowList('data', null);
  list.reload();
  list.find({ side: 'validation' });
  await answered(1, 20);
  await answered(0, 300);
  expect(list.total).toBe(20);
});

test('what is typed is looked for once', async () => {
  const list = new RowList('data', null);
  for (const text of ['s', 'so', 'soup']) list.find({ text });
  list.show(0, 20);
  expect(asked).toHaveLength(0);
  await vi.advanceTimersByTimeAsync(300);
  expect(asked.map(({ args }) => args.find?.text).at(-1)).toBe('soup');
  expect(asked.filter(({ args }) => args.find?.text !== 'soup' && args.find).length, 'half a word is not looked for').toBe(0);
});

test('no filter asks for all rows', () => {
  const list = new RowList('data', null);
  list.reload();
  expect(asked[0]!.args.find).toBeNull();
  expect(list.narrowed).toBe(false);
  list.find({ least: 10 });
  expect(list.narrowed).toBe(true);
  expect(asked[1]!.args.find).toEqual({ text: '', finding: null, role: null, least_characters: 10, most_characters: null, file: null, line: null });
});

test('another search ends the one before, from the first letter on', async () => {
  const list = new RowList('data', null);
  list.find({ least: 10 });
  const first = asked[0]!.args.job;
  expect(first).toBeTruthy();
  list.find({ text: 's' });
  expect(cancelled).toEqual([`cancel_job ${first}`]);
  await vi.advanceTimersByTimeAsync(300);
  list.leave();
  expect(cancelled).toEqual([first, asked[1]!.args.job].map((job) => `cancel_job ${job}`));
});

test('a search that takes its time says how far it is beside the rows of the last one', async () => {
  const list = new RowList('data', null);
  list.reload();
  await answered(0, 300);
  list.find({ side: 'validation' });
  await vi.advanceTimersByTimeAsync(900);
  expect([list.looking, list.slow]).toEqual([true, false]);
  tell(0.25);
  await vi.advanceTimersByTimeAsync(200);
  expect([list.slow, list.work.fraction, list.total, list.at(99)?.number]).toEqual([true, 0.25, 300, 99]);
  await answered(1, 20);
  expect([list.looking, list.slow, list.total, list.at(20)]).toEqual([false, false, 20, undefined]);
});

test('who cancels a search is where he was before', async () => {
  const list = new RowList('data', null);
  list.reload();
  await answered(0, 300);
  list.find({ side: 'validation', least: 5 });
  list.cancel();
  asked[1]!.fail({ code: 'cancelled', message: verbatim('It was cancelled'), hint: nothing });
  await vi.advanceTimersByTimeAsync(300);
  expect([list.search, list.total, list.at(0)?.number, list.looking, list.error]).toEqual([anyRow, 300, 0, false, null]);
  expect(asked, 'nothing has to be fetched for it').toHaveLength(2);
});
