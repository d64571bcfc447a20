import { afterEach, expect, test, vi } from 'vitest';
import { nothing, verbatim } from '$lib/words/say';
import { http } from './http';

afterEach(() => vi.unstubAllGlobals());

const answering = (status: number, body: unknown) => {
  const fetch = vi.fn(async (_url: string, _request: RequestInit) => new Response(JSON.stringify(body), { status }));
  vi.stubGlobal('fetch', fetch);
  return fetch;
};

test('a command is a POST with its arguments', async () => {
  const fetch = answering(200, { id: 'x' });
  expect(await http().call('get_run', 'x')).toEqual({ id: 'x' });
  expect(fetch.mock.calls[0]![0]).toBe('/api/call/get_run');
  expect(fetch.mock.calls[0]![1]).toMatchObject({ method: 'POST', body: '"x"' });
});

test('a refusal is thrown as the error that the studio sent', async () => {
  const error = { code: 'not_found', message: verbatim('There is no run x'), hint: nothing };
  answering(404, error);
  await expect(http().call('get_run', 'x')).rejects.toEqual(error);
});

test('a studio that does not answer is named as such', async () => {
  vi.stubGlobal('fetch', async () => {
    throw new TypeError('failed');
  });
  await expect(http().call('list_runs', null)).rejects.toMatchObject({ message: { text: 'Tunesmith does not answer' } });
});
