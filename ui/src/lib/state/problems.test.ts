import { expect, test } from 'vitest';
import { setBackend, type Backend } from '$lib/backend';
import type { DatasetProblems, RowProblem } from '$lib/protocol';
import { ProblemList } from './problems.svelte';

const all: RowProblem[] = Array.from({ length: 1300 }, (_, index) => ({ file: 'a.jsonl', line: index + 1, kind: index === 1250 ? 'rare' : 'common', message: 'wrong', dropped: true }));
let calls = 0;
setBackend({ call: async (_: string, { offset, limit }: DatasetProblems) => (calls++, all.slice(offset, offset + limit)) } as unknown as Backend);

test('only as many problems are fetched as are shown', async () => {
  calls = 0;
  const list = new ProblemList('data');
  await list.fetch();
  expect(calls).toBe(1);
  expect(list.page.map(({ line }) => line).slice(0, 3)).toEqual([1, 2, 3]);
  expect(list.page).toHaveLength(50);
  expect(list.more).toBe(true);
});

test('a rare kind is found wherever it lies', async () => {
  const list = new ProblemList('data');
  await list.show('rare');
  expect(list.page.map(({ line }) => line)).toEqual([1251]);
  expect(list.more).toBe(false);
  expect(list.kinds).toEqual([{ kind: 'common', count: 1299 }, { kind: 'rare', count: 1 }]);
});

test('a failure is told and can be tried again', async () => {
  const list = new ProblemList('data');
  const working = (globalThis as { fail?: boolean });
  setBackend({ call: async (_: string, { offset, limit }: DatasetProblems) => { if (working.fail) throw { code: 'internal', message: 'no', hint: '' }; return all.slice(offset, offset + limit); } } as unknown as Backend);
  working.fail = true;
  await list.fetch();
  expect(list.error?.message).toBe('no');
  working.fail = false;
  await list.fetch();
  expect(list.error).toBeNull();
  expect(list.page).toHaveLength(50);
});
