// @vitest-environment node
import { expect, test } from 'vitest';
import type { LengthBucket } from '$lib/protocol';
import { bars, billed, cutAt, gridLengths, lengthAt, longTail, paddedAt, place, readPrice, savedByPacking, scaleFor } from './lengths';

/** Rows of one question and one answer each, all of the same length. */
const same = (length: number, rows: number, learned: number): LengthBucket => ({ from: length, to: length, rows, answers: rows, tokens: length * rows, learned_tokens: learned * rows });
const counts = (buckets: LengthBucket[]) => ({ buckets, learned_tokens: buckets.reduce((sum, bucket) => sum + bucket.learned_tokens, 0) });

test('a limit at the longest row cuts nothing', () => {
  expect(cutAt(counts([same(100, 10, 20)]), 100)).toEqual({ rows: 0, answers: 0, tokens: 1000, lost: 0, exact: true });
});

test('the answer is lost before the question', () => {
  // 10 tokens are beyond the limit, and the last 20 tokens are the answer: half of it goes.
  expect(cutAt(counts([same(100, 10, 20)]), 90)).toEqual({ rows: 10, answers: 10, tokens: 900, lost: 0.5, exact: true });
});

test('no more is lost than was to learn', () => {
  expect(cutAt(counts([same(100, 10, 20)]), 10).lost).toBe(1);
});

test('short rows lose nothing, and count against the share', () => {
  const cut = cutAt(counts([same(50, 30, 20), same(100, 10, 20)]), 80);
  expect(cut).toMatchObject({ rows: 10, answers: 10, tokens: 30 * 50 + 10 * 80 });
  expect(cut.lost).toBeCloseTo(200 / 800);
});

test('with several answers in a row, those before the limit stay', () => {
  // Two turns of 50 tokens, of which the last 20 are learned: a limit of 50 keeps one answer of two.
  const talk: LengthBucket = { from: 100, to: 100, rows: 10, answers: 20, tokens: 1000, learned_tokens: 400 };
  expect(cutAt(counts([talk]), 50).lost).toBeCloseTo(0.5);
});

test('a bucket across the limit is shared out, and said to be an estimate', () => {
  const wide: LengthBucket = { from: 1, to: 100, rows: 100, answers: 100, tokens: 5050, learned_tokens: 1000 };
  expect(cutAt(counts([wide]), 75)).toMatchObject({ rows: 25, answers: 25, exact: false });
});

test('the lower the limit the more is lost', () => {
  const all = counts([same(20, 5, 4), { from: 30, to: 90, rows: 40, answers: 80, tokens: 2400, learned_tokens: 900 }, same(200, 3, 90)]);
  const lost = Array.from({ length: 220 }, (_, limit) => cutAt(all, limit + 1));
  for (const [index, cut] of lost.entries()) {
    const next = lost[index + 1];
    if (next) expect([cut.rows >= next.rows, cut.answers >= next.answers, cut.tokens <= next.tokens]).toEqual([true, true, true]);
  }
});

test('nothing to learn loses nothing', () => {
  expect(cutAt({ buckets: [same(100, 2, 0)], learned_tokens: 0 }, 10).lost).toBe(0);
});

test('a job bills every token of every epoch', () => {
  expect(billed(2_000_000, 3, 8)).toBe(48);
  expect(billed(500, 3, 0)).toBe(0);
});

test('a price is a number with a point or a comma, and nothing else', () => {
  expect(['3', '0,80', '.5', '12.', ''].map(readPrice)).toEqual([3, 0.8, 0.5, 12, null]);
  expect(['-1', '3 USD', '1e9', 'NaN', '1.000,50'].map(readPrice)).toEqual([null, null, null, null, null]);
});

test('packing saves what padding would fill up', () => {
  expect(savedByPacking({ tokens: 600, padded_tokens: 800 })).toBeCloseTo(0.25);
  expect(savedByPacking({ tokens: 600, padded_tokens: 600 })).toBe(0);
});

test('padding to a longest row that is cut costs no more than the limit', () => {
  const all = { buckets: [same(50, 90, 5), same(1000, 10, 5)], rows: 100, longest: 1000, padded_tokens: 62_000 };
  expect([paddedAt(all, 1000, 8), paddedAt(all, 5000, 8)], 'no row is cut').toEqual([62_000, 62_000]);
  // One row after the other: nothing is padded, and a limit of 50 keeps 50 tokens of the 145 that a row has on average.
  expect(paddedAt({ ...all, padded_tokens: 14_500 }, 50, 1)).toBe(5000);
  const padded = [800, 400, 200, 60].map((limit) => paddedAt(all, limit, 8));
  expect(padded, 'the lower the limit the less').toEqual([...padded].sort((a, b) => b - a));
});

test('a long tail gets a logarithmic scale, and every place leads back to its length', () => {
  const percentiles = [{ percent: 95, tokens: 200 }];
  expect(longTail({ longest: 8000, percentiles })).toBe(true);
  expect(longTail({ longest: 300, percentiles })).toBe(false);
  for (const longest of [300, 8000]) {
    const scale = scaleFor({ longest, percentiles, buckets: [same(40, 1, 1)] });
    for (const tokens of [50, 120, longest]) expect(lengthAt(scale, place(scale, tokens))).toBe(tokens);
  }
});

test('no row is lost between the bars', () => {
  const buckets = [same(40, 7, 1), { from: 41, to: 160, rows: 90, answers: 90, tokens: 9000, learned_tokens: 100 }, same(7999, 2, 5)];
  for (const percent95 of [200, 7000]) {
    const scale = scaleFor({ longest: 7999, percentiles: [{ percent: 95, tokens: percent95 }], buckets });
    expect(bars(buckets, scale, 60).reduce((sum, { rows }) => sum + rows, 0)).toBeCloseTo(99);
  }
});

test('what a limit keeps is drawn before it, and what it cuts behind', () => {
  const lengths = [12, 13, 31, 43, 44, 78, 79];
  const buckets = lengths.map((length) => same(length, 3, 1));
  for (const [longest, percent95, most] of [[79, 78, 96], [79, 78, 23], [79, 15, 60]] as const) {
    const scale = scaleFor({ longest, percentiles: [{ percent: 95, tokens: percent95 }], buckets });
    const drawn = bars(buckets, scale, most).filter(({ rows }) => rows > 0);
    expect(drawn.length).toBeLessThanOrEqual(most);
    expect(drawn.at(-1)!.to, 'the last bar ends where a limit at the longest row stands').toBe(longest);
    for (const { from, to } of drawn) expect(lengths, `${from} to ${to}`).toContain(to);
    expect(place(scale, longest)).toBeLessThanOrEqual(1);
  }
});

test('the lengths below the bars are few and round', () => {
  expect(gridLengths({ log: false, min: 0, max: 312 }, 8)).toEqual([0, 50, 100, 150, 200, 250, 300]);
  expect(gridLengths({ log: true, min: 20, max: 9000 }, 8)).toEqual([20, 50, 100, 200, 500, 1000, 2000, 5000]);
});

test('the bars of rows that a limit keeps lie left of it', () => {
  const buckets = [70, 79].map((length) => same(length, 3, 2));
  const scale = scaleFor({ longest: 79, percentiles: [], buckets });
  const rows = (above: number, limit: number) => bars(buckets, scale, 96).filter(({ from, to }) => from > above && to <= limit).reduce((sum, bar) => sum + bar.rows, 0);
  expect([rows(0, 79), rows(0, 78), rows(70, 78)]).toEqual([6, 3, 0]);
});
