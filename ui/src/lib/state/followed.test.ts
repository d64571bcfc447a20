// @vitest-environment node
import { beforeEach, expect, test } from 'vitest';
import { setBackend, type Backend } from '$lib/backend';
import { mock } from '$lib/backend/mock';
import * as made from '$lib/backend/mock-data';
import type { ChatNews, Event } from '$lib/protocol';
import { nothing, verbatim } from '$lib/words/say';
import { openChat, OpenedChat } from './chat.svelte';
import { library } from './library.svelte';
import { FollowedRun } from './run.svelte';
import { jobs } from './jobs.svelte';
import { toasts } from './toasts.svelte';

let studio: Backend;
beforeEach(async () => {
  studio = mock();
  setBackend(studio);
  await library.refresh();
});

test('a run is followed from its first record on', async () => {
  const followed = new FollowedRun('done');
  const stop = followed.follow();
  await expect.poll(() => followed.history.step.length).toBe(105);
  expect(followed.status?.state).toBe('done');
  expect(followed.plan?.steps).toBe(105);
  stop();
});

test('a run whose process died is interrupted, whatever its last record says', () => {
  const followed = new FollowedRun('interrupted');
  followed.history.status = { state: 'running' };
  expect(followed.status?.state).toBe('interrupted');
});

test('a stop is shown as asked for until it has happened', async () => {
  const followed = new FollowedRun('running');
  const unfollow = followed.follow();
  const stopped = followed.stop();
  expect(followed.stopping).toBe(true);
  await stopped;
  await expect.poll(() => followed.status?.state).toBe('stopped');
  expect(followed.stopping).toBe(false);
  unfollow();
});

test('a stop that waits for room on a full disk is shown as asked for, also by a page that comes later', () => {
  const followed = new FollowedRun('paused');
  expect(followed.stopping).toBe(false);
  followed.history.status = { state: 'paused', reason: verbatim('The disk is full'), stopping: true };
  followed.revision++;
  expect(followed.stopping).toBe(true);
  followed.history.status = { state: 'stopped' };
  followed.revision++;
  expect(followed.stopping).toBe(false);
});

test('both sides answer the same message, and what they said is kept', async () => {
  const { id } = await openChat('done', null);
  const opened = new OpenedChat(id);
  const stop = opened.follow();
  await expect.poll(() => opened.chat !== null).toBe(true);
  expect(await opened.send('Lentil soup')).toBe(true);
  expect(opened.busy).toBe(true);
  await expect.poll(() => opened.busy).toBe(false);
  await expect.poll(() => opened.turns[0]?.answers.length).toBe(2);
  expect(opened.saying(0, 'tuned')?.text).toContain('red lentils');
  stop();
});

test('an answer that comes whole in one piece of news leaves the chat free', async () => {
  const { id } = await openChat(null, 'starter');
  let tell: (events: Event[]) => void = () => {};
  setBackend({ ...studio, subscribe: (_topic, _after, hear) => ((tell = hear), () => {}) });
  const opened = new OpenedChat(id);
  const stop = opened.follow();
  await expect.poll(() => opened.chat !== null).toBe(true);
  await opened.send('Lentil soup');
  expect(opened.busy).toBe(true);
  const news: ChatNews[] = [{ type: 'started', side: 'base', unread_turns: 0 }, { type: 'text', side: 'base', text: 'Soup.' }, { type: 'idle' }];
  tell(news.map((news, index) => ({ seq: index + 1, body: { kind: 'chat', news } })));
  expect(opened.busy).toBe(false);
  stop();
});

test('a deleted chat leaves the list, and comes back whole', async () => {
  const { id } = await openChat(null, 'starter');
  const opened = new OpenedChat(id);
  const stop = opened.follow();
  await expect.poll(() => opened.chat !== null).toBe(true);
  await opened.send('Lentil soup');
  await expect.poll(() => opened.busy).toBe(false);
  expect(await library.remove('chat', id, 'Lentil soup')).toBe(true);
  expect(library.chats).toEqual([]);
  expect(toasts.list.at(-1)).toMatchObject({ text: 'Deleted “Lentil soup”', action: { label: 'Undo' } });
  await opened.fetch();
  expect(opened.missing).toBe(true);
  await toasts.list.at(-1)!.action!.run();
  expect(library.chats?.map((chat) => [chat.title, chat.turns])).toEqual([['Lentil soup', 1]]);
  await opened.fetch();
  expect(opened.missing).toBe(false);
  stop();
});

test('a message that is refused goes back to the writer', async () => {
  const { id } = await openChat(null, 'starter');
  const opened = new OpenedChat(id);
  const stop = opened.follow();
  await expect.poll(() => opened.chat !== null).toBe(true);
  expect(await opened.send('fail')).toBe(false);
  expect(opened.turns).toEqual([]);
  expect(opened.error?.code).toBe('too_big');
  expect(opened.busy).toBe(false);
  stop();
});

test('while a message is answered again the old answers are gone', () => {
  const opened = new OpenedChat('x');
  const answer = { side: 'base' as const, text: 'old', completion_tokens: 1, prompt_tokens: 1, stop_reason: 'end' as const, tokens_per_second: 1 };
  opened.chat = { id: 'x', run: null, model: 'starter', title: '', system_prompt: '', sampling: { temperature: 0, top_p: 1, max_new_tokens: 9, seed: 1, repetition_penalty: 1 }, changed_ms: 0, sides: ['base'], context_length: 9, remarks: [], turns: [{ user: 'hi', answers: [answer] }] };
  expect(opened.saying(0, 'base')?.text).toBe('old');
  opened.waiting = true;
  expect(opened.saying(0, 'base')).toBeUndefined();
});

test('a failure while answering ends the waiting', async () => {
  let tell: (events: Event[]) => void = () => undefined;
  setBackend({ ...studio, subscribe: (_topic, _after, on) => ((tell = on), () => undefined), call: (async () => made.runs()) as unknown as Backend['call'] });
  const opened = new OpenedChat('x');
  opened.follow();
  opened.waiting = true;
  const news: ChatNews = { type: 'failed', error: { code: 'internal', message: verbatim('The model stopped unexpectedly'), hint: nothing } };
  tell([{ seq: 1, body: { kind: 'chat', news } }]);
  expect(opened.busy).toBe(false);
  expect(opened.error?.message.text).toBe('The model stopped unexpectedly');
});

test('a cancelled import leaves nothing behind and is no error', async () => {
  const before = library.datasets?.length;
  const reading = jobs.importFiles(['/home/ada/more.jsonl'], { mapping: { format: 'auto', columns: {} }, validation: 'auto' });
  await expect.poll(() => jobs.list.length).toBe(1);
  await expect.poll(() => jobs.list[0]?.fraction ?? 0).toBeGreaterThan(0);
  await jobs.cancel(jobs.list[0]!.id);
  expect(await reading).toBeNull();
  expect(jobs.list).toEqual([]);
  expect(library.datasets?.length).toBe(before);
});

test('an import that fails says why', async () => {
  await expect(jobs.importFiles(['/home/ada/bad.jsonl'], { mapping: { format: 'auto', columns: {} }, validation: 'auto' })).rejects.toMatchObject({ code: 'invalid' });
});

test('a queued run is so whatever its records say of its last turn, until it starts', async () => {
  library.runs = [made.run('r', 'R', { state: 'queued', held: false }, { step: 40 })];
  const followed = new FollowedRun('r');
  expect(followed.status).toEqual({ state: 'queued', held: false });
  followed.history.status = { state: 'stopped' };
  followed.revision++;
  expect(followed.status?.state).toBe('queued');
  library.runs = [{ ...library.runs[0]!, status: { state: 'preparing' } }];
  expect(followed.status?.state, 'it has started, and nothing is written yet').toBe('preparing');
  followed.history.status = { state: 'running' };
  followed.revision++;
  expect(followed.status?.state).toBe('running');
});

test('a run that has started is at work, although the list still says that it waits', () => {
  library.runs = [made.run('r', 'R', { state: 'queued', held: false })];
  const followed = new FollowedRun('r');
  followed.history.status = { state: 'preparing' };
  expect(followed.status?.state).toBe('preparing');
});
