import { beforeEach, expect, test } from 'vitest';
import { setBackend } from '$lib/backend';
import { mock } from '$lib/backend/mock';
import { library } from '$lib/state/library.svelte';
import { toasts } from '$lib/state/toasts.svelte';
import { take } from './drop';

beforeEach(async () => {
  setBackend(mock());
  await library.refresh();
});

const said = () => toasts.list.map(({ text }) => text);

test('a file that is no dataset is named when it is dropped among some', async () => {
  await take([{ path: '/home/ada/rows.jsonl' }, { path: '/home/ada/cat.png' }]);
  expect(said()).toContain('“cat.png” is not a dataset file and was left out');
  await take([{ path: '/a/rows.jsonl' }, ...['a.png', 'b.png', 'c.png', 'd.png'].map((name) => ({ path: `/a/${name}` }))]);
  expect(said()).toContain('4 files are not dataset files and were left out: a.png, b.png, c.png, …');
});

test('without any dataset the files are refused as before', async () => {
  await take([{ path: '/home/ada/cat.png' }]);
  expect(said()).toContain('That is not a dataset file');
});
