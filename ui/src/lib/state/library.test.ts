// @vitest-environment node
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { setBackend, type Backend, type Stop } from '$lib/backend';
import * as made from '$lib/backend/mock-data';
import type { EventBody, Run } from '$lib/protocol';
import { nothing, verbatim } from '$lib/words/say';
import { library } from './library.svelte';

let calls: string[];
let answers: (() => void)[];
let runs: Run[];
let reachable: boolean;
let held: boolean;
let hear: Parameters<Backend['subscribe']>[2];
let lose: () => void;
let seq: number;
let stop: Stop;
const fetched = () => calls.filter((name) => name === 'list_runs').length;
const rest = (ms = 100) => vi.advanceTimersByTimeAsync(ms);
const tell = (...bodies: EventBody[]) => hear(bodies.map((body) => ({ seq: ++seq, body })));

beforeEach(async () => {
  vi.useFakeTimers();
  calls = [];
  answers = [];
  runs = [made.run('a', 'A', { state: 'running' }, { step: 1 }), made.run('b', 'B', { state: 'done' })];
  reachable = true;
  held = false;
  seq = 0;
  const call = async (name: string) => {
    calls.push(name);
    const answer = name === 'list_runs' ? runs : [];
    if (held) await new Promise<void>((go) => answers.push(go));
    if (!reachable) throw { code: 'internal', message: verbatim('Tunesmith does not answer'), hint: nothing };
    return answer;
  };
  const subscribe: Backend['subscribe'] = (_topic, _after, on, onError) => {
    hear = on;
    lose = () => onError!({ code: 'internal', message: verbatim('Tunesmith does not answer'), hint: nothing });
    return () => undefined;
  };
  setBackend({ call, subscribe } as unknown as Backend);
  stop = library.follow();
  await rest();
  calls = [];
});
afterEach(() => {
  stop();
  vi.useRealTimers();
});

test('a run that moved on is replaced in its place, and nothing is fetched', async () => {
  tell({ kind: 'run_changed', run: { ...runs[0]!, step: 7, loss: 0.5 } });
  await rest(10_000);
  expect(library.runs!.map(({ id, step }) => [id, step])).toEqual([['a', 7], ['b', 105]]);
  expect(calls).toEqual([]);
});

test('how far a run is waits for the next second, and a new state does not', async () => {
  const step = () => library.run('a')!.step;
  tell({ kind: 'run_changed', run: { ...runs[0]!, step: 8 } }, { kind: 'run_changed', run: { ...runs[0]!, step: 9 } });
  expect(step(), 'each drawing costs what training needs').toBe(runs[0]!.step);
  await rest(1000);
  expect(step()).toBe(9);
  tell({ kind: 'run_changed', run: { ...runs[0]!, step: 10, status: { state: 'done' } as Run['status'] } });
  expect([step(), library.run('a')!.status.state]).toEqual([10, 'done']);
});

test('while a run trains nobody asks how far it is', async () => {
  await rest(60_000);
  expect(calls).toEqual([]);
});

test('a run that is not in the list is left to the next fetch', () => {
  tell({ kind: 'run_changed', run: made.run('new', 'New', { state: 'running' }) });
  expect(library.runs!.map(({ id }) => id)).toEqual(['a', 'b']);
});

test('a swarm of changes is fetched once', async () => {
  tell({ kind: 'library' }, { kind: 'library' });
  tell({ kind: 'library' });
  await rest();
  expect(fetched()).toBe(1);
});

test('what was missed while the line was broken is fetched once it is back', async () => {
  lose();
  expect(library.disconnected).toBe(true);
  hear([]);
  await rest();
  expect([library.disconnected, fetched()]).toEqual([false, 1]);
  hear([]);
  await rest();
  expect(fetched(), 'a sign of life later is only that').toBe(1);
});

test('while the line is broken it is tried again and again', async () => {
  reachable = false;
  lose();
  await rest(4600);
  expect(fetched()).toBe(3);
  expect(library.disconnected).toBe(true);
  reachable = true;
  await rest(1500);
  expect([library.disconnected, library.error]).toEqual([false, null]);
});

test('events that were missed unnoticed are fetched for too', async () => {
  tell({ kind: 'run_changed', run: runs[0]! });
  seq += 300;
  tell({ kind: 'run_changed', run: runs[0]! });
  await rest();
  expect(fetched()).toBe(1);
});

test('an answer that a later one has overtaken is not shown', async () => {
  held = true;
  void library.refresh();
  const slow = answers.splice(0);
  runs = [runs[1]!];
  void library.refresh();
  for (const answer of [...answers, ...slow]) {
    answer();
    await rest(0);
  }
  expect(library.runs!.map(({ id }) => id)).toEqual(['b']);
});
