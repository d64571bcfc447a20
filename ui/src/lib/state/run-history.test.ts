// @vitest-environment node
import { expect, test } from 'vitest';
import { columnPoints, lossPoints } from '$lib/chart/points';
import type { Event, RunRecord } from '$lib/protocol';
import { nothing, verbatim } from '$lib/words/say';
import { RunHistory, type Axis } from './run-history';

const step = (step: number, loss = 1 / step): RunRecord => ({ type: 'step', step, epoch: 0, loss, learning_rate: 0.001, grad_norm: 1, learned_tokens: 10, tokens_per_second: 100, elapsed_ms: step * 20 });
const evaluation = (step: number, loss: number): RunRecord => ({ type: 'eval', step, loss, perplexity: Math.exp(loss) });
const numbered = (records: RunRecord[], from = 1): Event[] => records.map((record, index) => ({ seq: from + index, body: { kind: 'run', record } }));

function historyOf(...records: RunRecord[]): RunHistory {
  const history = new RunHistory();
  history.apply(numbered(records));
  return history;
}

test('steps and evaluations become columns', () => {
  const history = historyOf(evaluation(0, 3), step(1), step(2), evaluation(2, 2));
  expect([...history.step.view()]).toEqual([1, 2]);
  expect([...history.evalStep.view()]).toEqual([0, 2]);
  expect(history.loss.last).toBe(0.5);
});

test('what is at work is known until the next record', () => {
  const working: RunRecord = { type: 'working', work: 'evaluation', step: 0, done: 7, total: 20 };
  const history = historyOf(working);
  expect(history.working).toMatchObject({ work: 'evaluation', step: 0, done: 7, total: 20 });
  history.apply([{ seq: 2, body: { kind: 'run', record: evaluation(0, 3) } }]);
  expect(history.working).toBeNull();
  expect(history.step.length).toBe(0);
});

test('a run whose last measurement is the best by far was still learning', () => {
  const falling = (...losses: number[]) => historyOf(...losses.map((loss, index) => evaluation(index, loss))).stillFalling;
  expect([falling(3, 1, 0.7), falling(3, 1, 0.99), falling(3, 0.7, 1), falling(3, 1), falling()]).toEqual([true, false, false, false, false]);
});

test('records that come twice count once', () => {
  const history = new RunHistory();
  const events = numbered([step(1), step(2)]);
  history.apply(events);
  history.apply(events);
  expect(history.step.length).toBe(2);
});

test('the grouping of records changes nothing', () => {
  const records = [step(1), step(2), evaluation(2, 1), step(3)];
  const whole = historyOf(...records);
  const pieces = new RunHistory();
  for (const event of numbered(records)) pieces.apply([event]);
  expect([...pieces.smooth.view()]).toEqual([...whole.smooth.view()]);
});

test('a rewind discards what came after its step', () => {
  const history = historyOf(step(1), step(2), step(3), evaluation(3, 9), { type: 'rewind', step: 1 }, step(2, 7));
  expect([...history.step.view()]).toEqual([1, 2]);
  expect(history.loss.last).toBe(7);
  expect(history.evalStep.length).toBe(0);
});

test('smoothing goes on after a rewind as if the discarded steps had never been', () => {
  const rewound = historyOf(step(1, 5), step(2, 4), step(3, 100), { type: 'rewind', step: 2 }, step(3, 3));
  const straight = historyOf(step(1, 5), step(2, 4), step(3, 3));
  expect(rewound.smooth.last).toBeCloseTo(straight.smooth.last, 10);
});

test('the smoothed curve of a constant is that constant from the first step on', () => {
  const history = historyOf(...Array.from({ length: 50 }, (_, index) => step(index + 1, 2)));
  for (const value of history.smooth.view()) expect(value).toBeCloseTo(2, 10);
});

test('a run that goes on forgets its failure', () => {
  const history = historyOf({ type: 'error', code: 'disk_full', message: verbatim('full'), hint: nothing });
  expect(history.failure?.code).toBe('disk_full');
  history.apply(numbered([{ type: 'status', status: { state: 'running' } }], 2));
  expect(history.failure).toBeNull();
});

test('the time left follows the pace of the last steps', () => {
  const history = historyOf(...Array.from({ length: 10 }, (_, index) => step(index + 1)));
  expect(history.remainingMs()).toBeNull();
  history.plan = { steps: 20 } as RunHistory['plan'];
  expect(history.remainingMs()).toBeCloseTo(200);
});

test('an empty column has no last value', () => {
  expect(new RunHistory().loss.last).toBeNaN();
});

test('the nearest step is found by its number', () => {
  const history = historyOf(step(10), step(20), step(30));
  expect(history.nearest(24)).toBe(1);
  expect(history.nearest(26)).toBe(2);
  expect(history.nearest(1)).toBe(0);
  expect(history.nearest(99)).toBe(2);
});

test('a chart of 100,000 steps draws a few thousand points and keeps every spike', () => {
  const records = Array.from({ length: 100_000 }, (_, index) => step(index + 1, index === 54_321 ? 50 : 1));
  const history = historyOf(...records);
  const started = performance.now();
  const [x, loss] = lossPoints(history, null, 500);
  expect(performance.now() - started).toBeLessThan(1000);
  expect(x.length).toBeLessThan(2_100);
  expect(loss).toContain(50);
  expect(x[0]).toBe(1);
  expect(x.at(-1)).toBe(100_000);
});

test('points rise in step also where evaluations lie between', () => {
  const history = historyOf(evaluation(0, 3), step(1), step(2), evaluation(2, 2), step(3), step(4), evaluation(5, 1));
  const [x, loss, , validation] = lossPoints(history, null, 100);
  expect(x).toEqual([0, 1, 2, 3, 4, 5]);
  expect(loss).toEqual([null, 1, 0.5, 1 / 3, 0.25, null]);
  expect(validation).toEqual([3, null, 2, null, null, 1]);
});

test('a zoomed chart holds its range and one point beyond each edge', () => {
  const history = historyOf(...Array.from({ length: 100 }, (_, index) => step(index + 1)));
  const [x] = columnPoints(history, history.rate, { from: 40, to: 50 }, 100);
  expect(x[0]).toBe(39);
  expect(x.at(-1)).toBe(51);
});

test('a curve runs over steps, learned tokens or time, and evaluations stand at their step', () => {
  const history = historyOf(evaluation(0, 3), step(1), step(2), evaluation(2, 2), step(3));
  const at = (axis: Axis) => lossPoints(history, null, 100, axis);
  expect(at('step')[0]).toEqual([0, 1, 2, 3]);
  expect(at('tokens')[0]).toEqual([0, 10, 20, 30]);
  expect(at('time')[0]).toEqual([0, 20, 40, 60]);
  expect(at('tokens')[3]).toEqual([3, null, 2, null]);
  expect(history.nearest(24, 'tokens'), '20 is nearer than 30').toBe(1);
  expect(columnPoints(history, history.rate, { from: 15, to: 25 }, 100, 'tokens')[0], 'one point beyond each edge').toEqual([10, 20, 30]);
});

test('a rewind takes the learned tokens back', () => {
  const history = historyOf(step(1), step(2), step(3), { type: 'rewind', step: 1 }, step(2));
  expect([...history.tokens.view()]).toEqual([10, 20]);
});

test('smoothing follows the wish, and the length of the run again without one', () => {
  const history = historyOf(step(1, 4), step(2, 2), step(3, 3));
  const own = [...history.smooth.view()];
  history.smoothOver(1);
  expect([...history.smooth.view()], 'over one step it is the loss itself').toEqual([4, 2, 3]);
  history.smoothOver(null);
  expect([...history.smooth.view()]).toEqual(own);
});
