// Which points a chart draws: at most a few per pixel, and never without the extremes.
import type { Axis, Column, RunHistory } from '$lib/state/run-history';

/** Columns as uPlot takes them: x, then one array per series with nulls where a series has no value. */
export type Points = [number[], ...(number | null)[][]];

export interface Range {
  from: number;
  to: number;
}

/** Loss, smoothed loss and validation loss along an axis, on which `range` is too. */
export function lossPoints(history: RunHistory, range: Range | null, buckets: number, axis: Axis = 'step'): Points {
  const along = history.along(axis);
  const loss = thin(along, history.loss.view(), range, buckets);
  return merge(
    loss.map((index) => [along.at(index), history.loss.at(index), history.smooth.at(index)]),
    evals(history, range, axis),
  );
}

/** One column along an axis. */
export function columnPoints(history: RunHistory, column: Column, range: Range | null, buckets: number, axis: Axis = 'step'): Points {
  const along = history.along(axis);
  const kept = thin(along, column.view(), range, buckets);
  return [kept.map((index) => along.at(index)), kept.map((index) => column.at(index))];
}

/** Indices to draw: all where they are few, else first, least, greatest and last of each bucket. */
function thin(along: Column, values: Float64Array, range: Range | null, buckets: number): number[] {
  // One point beyond each edge, so that lines run out of the picture instead of ending in it.
  const first = range ? Math.max(0, along.after(range.from) - 2) : 0;
  const end = range ? Math.min(values.length, along.after(range.to) + 1) : values.length;
  const count = end - first;
  if (count <= buckets * 4) return Array.from({ length: Math.max(0, count) }, (_, offset) => first + offset);
  const kept: number[] = [];
  for (let bucket = 0; bucket < buckets; bucket++) {
    const from = first + Math.floor((bucket * count) / buckets);
    const to = first + Math.floor(((bucket + 1) * count) / buckets);
    kept.push(...extremes(values, from, to));
  }
  return kept;
}

function extremes(values: Float64Array, from: number, to: number): number[] {
  let least = from;
  let greatest = from;
  for (let index = from; index < to; index++) {
    const value = values[index] as number;
    if (value < (values[least] as number)) least = index;
    if (value > (values[greatest] as number)) greatest = index;
  }
  return [...new Set([from, Math.min(least, greatest), Math.max(least, greatest), to - 1])];
}

function evals(history: RunHistory, range: Range | null, axis: Axis): [number, number][] {
  const all: [number, number][] = [];
  for (let index = 0; index < history.evalStep.length; index++) {
    const place = history.place(history.evalStep.at(index), axis);
    if (!range || (place >= range.from && place <= range.to)) all.push([place, history.evalLoss.at(index)]);
  }
  return all;
}

/** Two lists that rise in their first number, as one with nulls. */
function merge(steps: number[][], measured: [number, number][]): Points {
  const points: [number[], (number | null)[], (number | null)[], (number | null)[]] = [[], [], [], []];
  const put = (step: number, loss: number | null, smooth: number | null, validation: number | null) => {
    points[0].push(step);
    points[1].push(loss);
    points[2].push(smooth);
    points[3].push(validation);
  };
  let next = 0;
  for (const [step, loss, smooth] of steps as [number, number, number][]) {
    while (next < measured.length && measured[next]![0] < step) put(measured[next]![0], null, null, measured[next++]![1]);
    const here = next < measured.length && measured[next]![0] === step ? measured[next++]![1] : null;
    put(step, loss, smooth, here);
  }
  while (next < measured.length) put(measured[next]![0], null, null, measured[next++]![1]);
  return points;
}
