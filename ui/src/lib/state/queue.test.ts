// @vitest-environment node
import { beforeEach, expect, test } from 'vitest';
import { setBackend, type Backend } from '$lib/backend';
import { mock } from '$lib/backend/mock';
import * as made from '$lib/backend/mock-data';
import { library } from './library.svelte';
import { atWork, inLine, lastBefore, queue } from './queue.svelte';
import { toasts } from './toasts.svelte';

const training = made.run('t', 'Training', { state: 'running' });
const waits = (id: string, held = false, started_ms = 0) => made.run(id, id.toUpperCase(), { state: 'queued', held }, { started_ms });
const [a, b, c] = [waits('a'), waits('b', true), waits('c')];
const jobsOf = (...runs: (typeof a)[]) => [made.job('search'), ...runs.map(made.trainJob)];

let calls: string[];
beforeEach(async () => {
  const studio = mock();
  calls = [];
  setBackend({ ...studio, call: ((name, args) => (calls.push(name.startsWith('list') ? '' : `${name} ${JSON.stringify(args)}`), studio.call(name, args))) as Backend['call'] });
  await library.refresh();
  calls = [];
});
const changes = () => calls.filter(Boolean);

test('runs are queued in the order of their jobs, whatever the order of the list', () => {
  expect(inLine(jobsOf(training, c, a, b), [a, b, c, training]).map(({ run }) => run.id)).toEqual(['c', 'a', 'b']);
});

test('a run that no job names yet stands last', () => {
  expect(inLine(jobsOf(a), [waits('new'), a]).map(({ run }) => run.id)).toEqual(['a', 'new']);
});

test('the first cannot go up, and the last cannot go down', () => {
  const line = inLine(jobsOf(a, b, c), [a, b, c]);
  expect(line.map(({ canGoUp, canGoDown }) => [canGoUp, canGoDown])).toEqual([[false, true], [true, true], [true, false]]);
  expect(inLine(jobsOf(a), [a])[0]).toMatchObject({ canGoUp: false, canGoDown: false });
});

test('before a run are the one that trains and those in the queue that are not held', () => {
  expect(inLine(jobsOf(training, a, b, c), [training, a, b, c]).map(({ before, held }) => [before, held])).toEqual([[1, false], [2, true], [2, false]]);
  expect(inLine(jobsOf(a), [a])[0]!.before).toBe(0);
});

test('a new run starts after the last in the queue that is not held, else after the one that trains', () => {
  expect(lastBefore(jobsOf(training, a, b), [training, a, b])).toBe('A');
  expect(lastBefore(jobsOf(training, b), [training, b])).toBe('Training');
  expect(lastBefore(jobsOf(b), [b]), 'one that is held is passed by').toBeNull();
  expect(lastBefore([], [])).toBeNull();
});

test('only a job that trains has the device', () => {
  expect(atWork([made.job('import'), ...jobsOf(a)])).toBeNull();
  expect(atWork(jobsOf(training, a))?.id).toBe('t');
});

test('a run is moved, held, released and taken out of the queue', async () => {
  const places = () => queue.waiting.map(({ run }) => run.id);
  expect(places()).toEqual(['queued-1', 'queued-2', 'queued-3']);
  await queue.move('queued-3', 'up');
  expect(places()).toEqual(['queued-1', 'queued-3', 'queued-2']);
  expect(queue.said).toContain('number 2 of 3');
  await queue.move('queued-1', 'down');
  expect(places()).toEqual(['queued-3', 'queued-1', 'queued-2']);
  await queue.hold('queued-1');
  expect(queue.of('queued-1')).toMatchObject({ held: true });
  await queue.release('queued-1');
  expect(queue.of('queued-1')).toMatchObject({ held: false });
  await queue.leave('queued-3');
  expect(places()).toEqual(['queued-1', 'queued-2']);
  expect(library.run('queued-3')?.status.state).toBe('stopped');
  await toasts.list.at(-1)!.action!.run();
  expect(places(), 'it comes back as the last').toEqual(['queued-1', 'queued-2', 'queued-3']);
});

test('who is to start next is put first, and let go when held', async () => {
  await queue.startNext('queued-2');
  expect(changes()).toEqual(['move_job {"job":"queued-2","to":"first"}', 'release_job "queued-2"']);
  expect(queue.waiting[0]).toMatchObject({ held: false, place: 0 });
  await queue.startNext('queued-3');
  expect(changes().slice(2)).toEqual(['move_job {"job":"queued-3","to":"first"}']);
});

test('a move that comes too late is said', async () => {
  await queue.move('running', 'up');
  expect(toasts.list.at(-1)).toMatchObject({ tone: 'bad', text: 'This is not queued' });
});
