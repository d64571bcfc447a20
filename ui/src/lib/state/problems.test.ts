// @vitest-environment node
import { beforeEach, expect, test } from 'vitest';
import { setBackend, type Backend } from '$lib/backend';
import type { DatasetProblems, ProblemsPage, RowProblem } from '$lib/protocol';
import { nothing, verbatim } from '$lib/words/say';
import { ProblemList } from './problems.svelte';

const all: RowProblem[] = Array.from({ length: 1300 }, (_, index) => ({ file: 'a.jsonl', line: index + 1, kind: index === 1250 ? 'rare' : 'common', message: verbatim('wrong'), dropped: true, text: '', text_cut: false }));
let asked: { args: DatasetProblems; answer: () => void }[] = [];
let failing = false;
const page = ({ kind, offset, limit }: DatasetProblems): ProblemsPage => {
  const some = all.filter((one) => kind === null || one.kind === kind);
  return { total: some.length, kinds: [{ what: 'common', count: 1299 }, { what: 'rare', count: 1 }], problems: some.slice(offset, offset + limit) };
};
beforeEach(() => {
  asked = [];
  failing = false;
  const call = (_: string, args: DatasetProblems) =>
    new Promise<ProblemsPage>((answer, fail) => asked.push({ args, answer: () => (failing ? fail({ code: 'internal', message: verbatim('no'), hint: nothing }) : answer(page(args))) }));
  setBackend({ call } as unknown as Backend);
});

test('only what is shown is fetched, wherever it lies', async () => {
  const list = new ProblemList('data');
  const shown = list.show(null, 1250);
  asked[0]!.answer();
  await shown;
  expect(asked.map(({ args }) => [args.offset, args.limit])).toEqual([[1250, 50]]);
  expect(list.found?.problems.map(({ line }) => line)).toEqual(Array.from({ length: 50 }, (_, index) => 1251 + index));
});

test('an answer to an older question is not shown', async () => {
  const list = new ProblemList('data');
  const shown = [list.show('common'), list.show('rare')];
  asked[1]!.answer();
  asked[0]!.answer();
  await Promise.all(shown);
  expect(list.found?.problems.map(({ line }) => line)).toEqual([1251]);
  expect(list.found?.total).toBe(1);
});

test('a failure is told and can be tried again', async () => {
  const list = new ProblemList('data');
  failing = true;
  let fetched = list.fetch();
  asked[0]!.answer();
  await fetched;
  expect(list.error?.message.text).toBe('no');
  failing = false;
  fetched = list.fetch();
  asked[1]!.answer();
  await fetched;
  expect(list.error).toBeNull();
  expect(list.found?.problems).toHaveLength(50);
});
