import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Event, Topic } from '$lib/protocol';
import { nothing, verbatim } from '$lib/words/say';
import { EventStream } from './events';

/** What a browser's EventSource does, by hand. */
class Source {
  static all: Source[] = [];
  static CLOSED = 2;
  static get last() {
    return Source.all.at(-1)!;
  }
  readyState = 1;
  onmessage: ((message: { data: string }) => void) | null = null;
  onerror: (() => void) | null = null;
  #opened: ((message: { data: string }) => void) | null = null;
  constructor(readonly url: string) {
    Source.all.push(this);
  }
  addEventListener(name: string, on: (message: { data: string }) => void) {
    if (name === 'stream') this.#opened = on;
  }
  close() {
    this.readyState = 2;
  }
  /** The studio has opened the stream under this number. */
  open(stream: number) {
    this.#opened?.({ data: String(stream) });
  }
  tell(follow: number, ...seqs: number[]) {
    const events: Event[] = seqs.map((seq) => ({ seq, body: { kind: 'library' } }));
    this.onmessage?.({ data: JSON.stringify({ follow, events }) });
  }
}

interface Asked {
  url: string;
  stream: number;
  follow: number;
  topic?: Topic;
  after?: number;
}

const run: Topic = { topic: 'run', id: 'a b' };
let asked: Asked[];
let refuse: boolean;
let stream: EventStream;
let stops: (() => void)[];
const follow: EventStream['follow'] = (...given) => {
  const stop = stream.follow(...given);
  stops.push(stop);
  return stop;
};
const follows = () => asked.filter(({ url }) => url.endsWith('/follow'));
const unfollows = () => asked.filter(({ url }) => url.endsWith('/unfollow'));
const settle = () => vi.advanceTimersByTimeAsync(0);

function show(hidden: boolean) {
  vi.spyOn(document, 'hidden', 'get').mockReturnValue(hidden);
  document.dispatchEvent(new globalThis.Event('visibilitychange'));
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('EventSource', Source);
  Source.all = [];
  asked = [];
  stops = [];
  refuse = false;
  stream = new EventStream(async (url, body) => {
    asked.push({ url, ...(body as Omit<Asked, 'url'>) });
    if (refuse) throw { code: 'not_found', message: verbatim('There is no run here'), hint: nothing };
  });
});

afterEach(() => {
  stops.forEach((stop) => stop());
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

test('all topics of a page come over one stream, each to those who follow it', async () => {
  const heard: [string, number][] = [];
  follow({ topic: 'library' }, 0, (events) => heard.push(...events.map(({ seq }) => ['library', seq] as [string, number])));
  follow(run, 3, (events) => heard.push(...events.map(({ seq }) => ['run', seq] as [string, number])));
  expect(Source.all.length).toBe(1);
  Source.last.open(7);
  expect(follows()).toMatchObject([{ stream: 7, topic: { topic: 'library' }, after: 0 }, { stream: 7, topic: run, after: 3 }]);
  const [library, followed] = follows().map(({ follow }) => follow) as [number, number];
  Source.last.tell(followed, 4, 5);
  Source.last.tell(library, 1);
  follow({ topic: 'chat', id: 'c' }, 0, () => undefined);
  expect(Source.all.length, 'a topic more is no connection more').toBe(1);
  expect(follows().length).toBe(3);
  expect(heard).toEqual([['run', 4], ['run', 5], ['library', 1]]);
});

test('after a broken line every topic goes on after its last record, and late news of the old line is not heard', () => {
  const heard: number[] = [];
  const errors: string[] = [];
  follow(run, 0, (events) => heard.push(...events.map(({ seq }) => seq)), (error) => errors.push(error.message.text));
  Source.last.open(1);
  const before = follows()[0]!.follow;
  Source.last.tell(before, 1, 2);
  // EventSource mends the line by itself, and the studio numbers the stream anew.
  Source.last.onerror!();
  expect(errors).toEqual(['Tunesmith does not answer']);
  Source.last.open(2);
  expect(follows().at(-1)).toMatchObject({ stream: 2, after: 2 });
  Source.last.tell(before, 2);
  Source.last.tell(follows().at(-1)!.follow, 3);
  expect(heard).toEqual([1, 2, 3]);
});

test('when a broken line is back, those who follow get a sign of life at once', async () => {
  const groups: number[] = [];
  follow({ topic: 'library' }, 0, (events) => groups.push(events.length));
  Source.last.open(1);
  await settle();
  expect(groups, 'a new line is no news').toEqual([]);
  Source.last.onerror!();
  Source.last.open(2);
  await settle();
  expect(groups).toEqual([0]);
});

test('a stream that was refused is asked for again', () => {
  follow(run, 3, () => undefined);
  Source.last.readyState = Source.CLOSED;
  Source.last.onerror!();
  expect(Source.all.length).toBe(1);
  vi.advanceTimersByTime(3000);
  expect(Source.all.length).toBe(2);
  Source.last.open(4);
  expect(follows()).toMatchObject([{ stream: 4, after: 3 }]);
});

test('a topic that was refused is asked for again, from where it stopped', async () => {
  const errors: string[] = [];
  refuse = true;
  follow(run, 3, () => undefined, (error) => errors.push(error.message.text));
  Source.last.open(1);
  await settle();
  expect(errors).toEqual(['There is no run here']);
  refuse = false;
  await vi.advanceTimersByTimeAsync(3000);
  expect(follows()).toMatchObject([{ after: 3 }, { after: 3 }]);
});

test('a page that nobody sees lets go of its stream, and goes on where it stopped when it is shown', () => {
  const heard: number[] = [];
  follow(run, 0, (events) => heard.push(...events.map(({ seq }) => seq)));
  Source.last.open(1);
  Source.last.tell(follows()[0]!.follow, 1, 2);

  show(true);
  expect(Source.last.readyState, 'its connection is free for other tabs').toBe(Source.CLOSED);
  vi.advanceTimersByTime(60_000);
  expect(Source.all.length).toBe(1);
  follow({ topic: 'library' }, 0, () => undefined);
  expect(Source.all.length, 'not for a new topic either').toBe(1);

  show(false);
  expect(Source.all.length).toBe(2);
  Source.last.open(2);
  expect(follows().slice(1)).toMatchObject([{ stream: 2, topic: run, after: 2 }, { stream: 2, topic: { topic: 'library' } }]);
  Source.last.tell(follows()[1]!.follow, 3);
  expect(heard).toEqual([1, 2, 3]);
});

test('what nobody follows any more is let go of, and the stream with the last of it', async () => {
  const [one, other] = [follow(run, 0, () => undefined), follow({ topic: 'library' }, 0, () => undefined)];
  Source.last.open(1);
  await settle();
  one();
  expect(unfollows()).toMatchObject([{ stream: 1, follow: follows()[0]!.follow }]);
  expect(Source.last.readyState).toBe(1);
  other();
  expect(Source.last.readyState).toBe(Source.CLOSED);
  show(false);
  expect(Source.all.length).toBe(1);
});

test('a topic that is left while it is asked for is let go of once it was granted', async () => {
  follow({ topic: 'library' }, 0, () => undefined);
  Source.last.open(1);
  const stop = follow(run, 0, () => undefined);
  stop();
  await settle();
  expect(unfollows().at(-1)).toMatchObject({ stream: 1, follow: follows().at(-1)!.follow });
});

test('a topic that has ended is not followed again', () => {
  follow({ topic: 'library' }, 0, () => undefined);
  follow({ topic: 'job', id: 't' }, 0, () => undefined);
  Source.last.open(1);
  Source.last.onmessage!({ data: JSON.stringify({ follow: follows()[1]!.follow, ended: true }) });
  Source.last.open(2);
  expect(follows().slice(2)).toMatchObject([{ topic: { topic: 'library' } }]);
});

test('a page that is hidden says that it is still there, and one that is closed does not', () => {
  const hides = () => asked.filter(({ url }) => url.endsWith('/hide'));
  follow(run, 0, () => undefined);
  Source.last.open(1);
  show(true);
  expect(hides()).toMatchObject([{ stream: 1 }]);
  show(false);
  Source.last.open(2);
  dispatchEvent(new globalThis.Event('pagehide'));
  show(true);
  expect(hides().length).toBe(1);
});
