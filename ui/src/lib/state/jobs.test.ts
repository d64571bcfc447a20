// @vitest-environment node
import { expect, test } from 'vitest';
import { looksLikeDataset, paceOf } from './jobs.svelte';

test('the time left follows from the share that is done', () => {
  expect(paceOf({ rows: 20_000, fraction: 0.25 }, 2000)).toEqual({ rowsPerSecond: 10_000, leftMs: 6000 });
});

test('nothing is foretold in the first moments, or where the end is not known', () => {
  expect(paceOf({ rows: 20_000, fraction: 0.25 }, 300)).toBeNull();
  expect(paceOf({ rows: 0, fraction: 0 }, 5000)).toBeNull();
  expect(paceOf({ rows: 20_000, fraction: null }, 2000)).toEqual({ rowsPerSecond: 10_000, leftMs: null });
});

test('packed files and tables count as datasets', () => {
  for (const name of ['a.jsonl', 'B.CSV', 'c.parquet', 'd.json.gz', 'e.jsonl.zst', 'notes.md']) expect(looksLikeDataset(name), name).toBe(true);
  for (const name of ['a.gz', 'photo.png', 'jsonl', 'model.safetensors']) expect(looksLikeDataset(name), name).toBe(false);
});
