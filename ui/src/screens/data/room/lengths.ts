// What a length limit costs, what padding would have cost and what a job would have billed: arithmetic on the counts
// that the studio sends once, so that the line can be dragged without asking again. Nothing here draws.
import type { LengthBucket, TokenCounts } from '$lib/protocol';

/** What a limit does to the rows that are longer than it. */
export interface Cut {
  /** Rows that are longer. */
  rows: number;
  /** Answers that lose their end, or all. */
  answers: number;
  /** All tokens that stay. */
  tokens: number;
  /** The share of learned tokens that is lost, from 0 to 1. */
  lost: number;
  /** No bucket reaches across the limit, so rows and answers are counted and not estimated. */
  exact: boolean;
}

/** What a limit of so many tokens does. Within a bucket the rows are taken to be spread evenly over its lengths. */
export function cutAt(counts: Pick<TokenCounts, 'buckets' | 'learned_tokens'>, limit: number): Cut {
  const cut: Cut = { rows: 0, answers: 0, tokens: 0, lost: 0, exact: true };
  let learnedLost = 0;
  for (const bucket of counts.buckets) {
    const share = shareBeyond(bucket, limit);
    const rows = bucket.rows * share;
    cut.rows += rows;
    cut.answers += bucket.answers * share;
    cut.exact &&= share === 0 || share === 1;
    cut.tokens += bucket.tokens - rows * meanBeyond(bucket, limit, share);
    learnedLost += rows * learnedBeyond(bucket, limit, share);
  }
  const all = counts.learned_tokens;
  return { ...cut, rows: Math.round(cut.rows), answers: Math.round(cut.answers), tokens: Math.round(cut.tokens), lost: all > 0 ? Math.min(1, learnedLost / all) : 0 };
}

/** The share of a bucket's lengths that is beyond the limit. */
function shareBeyond({ from, to }: LengthBucket, limit: number): number {
  if (to <= limit) return 0;
  if (from > limit) return 1;
  return (to - limit) / (to - from + 1);
}

/** The mean length of those rows of a bucket that are cut. */
function meanLength(bucket: LengthBucket, limit: number, share: number): number {
  return share === 1 ? bucket.tokens / Math.max(1, bucket.rows) : (limit + 1 + bucket.to) / 2;
}

/** How many tokens a row loses that is cut. */
function meanBeyond(bucket: LengthBucket, limit: number, share: number): number {
  return share === 0 ? 0 : Math.max(0, meanLength(bucket, limit, share) - limit);
}

/**
 * How many learned tokens a row loses that is cut. A row is taken to be some turns of the same length with the answer
 * at the end of each, which is just so for one question and one answer: its last tokens are the learned ones.
 */
function learnedBeyond(bucket: LengthBucket, limit: number, share: number): number {
  const beyond = meanBeyond(bucket, limit, share);
  if (beyond === 0 || bucket.tokens === 0) return 0;
  const turns = Math.max(1, bucket.answers / Math.max(1, bucket.rows));
  const turn = meanLength(bucket, limit, share) / turns;
  const learned = turn * (bucket.learned_tokens / bucket.tokens);
  const whole = Math.floor(beyond / turn);
  return whole * learned + Math.min(learned, beyond - whole * turn);
}

/**
 * How many tokens batches padded to their longest row would compute with rows cut at the limit. The studio has counted it
 * for whole rows; a limit takes as much off it as off the longest of so many rows drawn at random.
 */
export function paddedAt(counts: Pick<TokenCounts, 'buckets' | 'rows' | 'longest' | 'padded_tokens'>, limit: number, batch: number): number {
  if (limit >= counts.longest) return counts.padded_tokens;
  let below = 0;
  let [whole, cut] = [0, 0];
  for (const { rows, tokens } of counts.buckets) {
    if (rows === 0) continue;
    const before = below;
    below += rows;
    // How likely the longest row of a batch is one of these.
    const share = (below / counts.rows) ** batch - (before / counts.rows) ** batch;
    whole += share * (tokens / rows);
    cut += share * Math.min(tokens / rows, limit);
  }
  return whole > 0 ? Math.round(counts.padded_tokens * (cut / whole)) : counts.padded_tokens;
}

/** The share of the work that packing saves, from 0 to 1: rows follow each other and nothing is filled up. */
export function savedByPacking({ tokens, padded_tokens }: Pick<TokenCounts, 'tokens' | 'padded_tokens'>): number {
  return padded_tokens > tokens ? 1 - tokens / padded_tokens : 0;
}

/** What a job bills that charges every token of every epoch, each row cut at the limit. In the currency of the price. */
export function billed(tokensPerEpoch: number, epochs: number, pricePerMillion: number): number {
  return ((tokensPerEpoch * epochs) / 1e6) * pricePerMillion;
}

/** A number as people type it, with a point or a comma; null for anything that is not a number from 0 on. */
export function readPrice(text: string): number | null {
  const typed = text.trim().replace(',', '.');
  return /^\d+(\.\d*)?$|^\.\d+$/.test(typed) ? Number(typed) : null;
}

/** Whether a few rows are so long that all others would be squeezed into a corner. */
export const longTail = (counts: Pick<TokenCounts, 'longest' | 'percentiles'>): boolean => {
  const most = counts.percentiles.find(({ percent }) => percent === 95)?.tokens ?? counts.longest;
  return counts.longest > 4 * Math.max(1, most);
};

/** A way to lay lengths out from 0 to 1. */
export interface Scale {
  log: boolean;
  min: number;
  max: number;
}

/** From the shortest length to the longest, with room for both ends. */
export function scaleFor(counts: Pick<TokenCounts, 'longest' | 'percentiles' | 'buckets'>): Scale {
  const log = longTail(counts);
  const shortest = Math.max(1, counts.buckets.find(({ rows }) => rows > 0)?.from ?? 1);
  return log ? { log, min: Math.max(1, Math.floor(shortest / 1.5)), max: Math.ceil(counts.longest * 1.15) } : { log, min: 0, max: Math.ceil(counts.longest * 1.04) + 1 };
}

/** The place of a length, from 0 to 1. */
export function place(scale: Scale, tokens: number): number {
  const at = scale.log ? Math.log(Math.max(1, tokens) / scale.min) / Math.log(scale.max / scale.min) : (tokens - scale.min) / (scale.max - scale.min);
  return Math.min(1, Math.max(0, at));
}

/** The length at a place. */
export function lengthAt(scale: Scale, at: number): number {
  const inside = Math.min(1, Math.max(0, at));
  return Math.max(1, Math.round(scale.log ? scale.min * (scale.max / scale.min) ** inside : scale.min + inside * (scale.max - scale.min)));
}

/** Rows of these lengths, drawn as one. */
export interface Bar {
  /** The shortest length that it stands for. */
  from: number;
  /** The longest length that a row in it has. */
  to: number;
  rows: number;
}

/**
 * At most so many bars. They meet at whole lengths and none reaches beyond its longest row, so that what a limit keeps
 * is drawn before the limit's place. A bucket gives each bar its share.
 */
export function bars(buckets: readonly LengthBucket[], scale: Scale, most: number): Bar[] {
  const ends = barEnds(scale, most);
  return ends.map((end, index) => {
    const before = index === 0 ? 0 : ends[index - 1]!;
    const bar: Bar = { from: before + 1, to: before, rows: 0 };
    for (const { from, to, rows } of buckets) {
      const lengths = Math.min(to, end) - Math.max(from - 1, before);
      if (lengths <= 0 || rows <= 0) continue;
      bar.rows += (rows * lengths) / (to - from + 1);
      bar.to = Math.max(bar.to, Math.min(to, end));
    }
    return bar;
  });
}

/** The last length of each bar: evenly many lengths on a plain scale, evenly wide bars on a logarithmic one. */
function barEnds(scale: Scale, most: number): number[] {
  const step = Math.max(1, Math.ceil((scale.max - scale.min) / most));
  if (!scale.log) return Array.from({ length: Math.ceil(scale.max / step) }, (_, index) => (index + 1) * step);
  return [...new Set(Array.from({ length: most }, (_, index) => lengthAt(scale, (index + 1) / most)))];
}

/** Round lengths to write below the bars. */
export function gridLengths(scale: Scale, most: number): number[] {
  if (scale.log) {
    const powers = Array.from({ length: 8 }, (_, power) => 10 ** power).flatMap((power) => [power, 2 * power, 5 * power]);
    const inside = powers.filter((tokens) => tokens >= scale.min && tokens <= scale.max);
    return inside.length <= most ? inside : inside.filter((tokens) => /^10*$/.test(String(tokens)));
  }
  const rough = (scale.max - scale.min) / most;
  const power = 10 ** Math.floor(Math.log10(Math.max(1, rough)));
  const step = [1, 2, 5, 10].map((times) => times * power).find((step) => step >= rough) ?? 10 * power;
  return Array.from({ length: Math.floor(scale.max / step) + 1 }, (_, index) => index * step);
}
