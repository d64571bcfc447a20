import { afterEach, expect, test, vi } from 'vitest';
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
  const error = { code: 'not_found', message: 'There is no run x', hint: '' };
  answering(404, error);
  await expect(http().call('get_run', 'x')).rejects.toEqual(error);
});

test('a studio that does not answer is named as such', async () => {
  vi.stubGlobal('fetch', async () => {
    throw new TypeError('failed');
  });
  await expect(http().call('list_runs', null)).rejects.toMatchObject({ message: 'Tunesmith does not answer' });
});

class Stream {
  static last: Stream;
  static CLOSED = 2;
  readyState = 1;
  onmessage: ((message: { data: string }) => void) | null = null;
  onerror: (() => void) | null = null;
  constructor(readonly url: string) {
    Stream.last = this;
  }
  close() {
    this.readyState = 2;
  }
  addEventListener() {}
}

test('a topic that was refused is asked for again, from where it stopped', () => {
  vi.useFakeTimers();
  vi.stubGlobal('EventSource', Stream);
  const heard: number[] = [];
  const stop = http().subscribe({ topic: 'run', id: 'a b' }, 3, (events) => heard.push(...events.map((event) => event.seq)), () => undefined);
  expect(Stream.last.url).toBe('/api/events?topic=run&after=3&id=a+b');
  Stream.last.onmessage!({ data: JSON.stringify([{ seq: 4, body: { kind: 'library' } }, { seq: 5, body: { kind: 'library' } }]) });
  Stream.last.readyState = 2;
  Stream.last.onerror!();
  vi.advanceTimersByTime(3000);
  expect(Stream.last.url).toContain('after=5');
  expect(heard).toEqual([4, 5]);
  stop();
  vi.useRealTimers();
});
