// @vitest-environment node
import { expect, test } from 'vitest';
import type { Answer, ChatNews, Event } from '$lib/protocol';
import { nothing, verbatim } from '$lib/words/say';
import { hear, quiet } from './chat-live';

const answer: Answer = { side: 'tuned', text: 'Hello', completion_tokens: 1, prompt_tokens: 4, stop_reason: 'end', tokens_per_second: 9 };
const events = (...news: ChatNews[]): Event[] => news.map((news, index) => ({ seq: index + 1, body: { kind: 'chat', news } }));
const heard = (...news: ChatNews[]) => hear(quiet, events(...news));

test('text is joined in the order in which it comes', () => {
  const live = heard({ type: 'started', side: 'tuned', unread_turns: 0 }, { type: 'text', side: 'tuned', text: 'Hel' }, { type: 'text', side: 'tuned', text: 'lo' });
  expect(live.writing.tuned?.text).toBe('Hello');
  expect(live.busy).toBe(true);
});

test('an answer that begins again replaces the old one', () => {
  const live = heard({ type: 'started', side: 'base', unread_turns: 0 }, { type: 'text', side: 'base', text: 'old' }, { type: 'started', side: 'base', unread_turns: 0 });
  expect(live.writing.base).toEqual({ text: '', answer: null, unread: 0 });
});

test('the finished answer wins over its pieces', () => {
  const live = heard({ type: 'started', side: 'tuned', unread_turns: 0 }, { type: 'text', side: 'tuned', text: 'Hel' }, { type: 'finished', answer });
  expect(live.writing.tuned).toEqual({ text: 'Hello', answer, unread: 0 });
});

test('idle ends the writing and asks for the chat again', () => {
  const live = heard({ type: 'started', side: 'tuned', unread_turns: 0 }, { type: 'finished', answer }, { type: 'idle' });
  expect(live.busy).toBe(false);
  expect(live.settled).toBe(1);
});

test('loading ends with ready, with the first answer, and with a failure', () => {
  const loading: ChatNews = { type: 'loading', fraction: 0.5 };
  expect(heard(loading).loading).toBe(0.5);
  expect(heard(loading, { type: 'ready' }).loading).toBeNull();
  expect(heard(loading, { type: 'started', side: 'base', unread_turns: 0 }).loading).toBeNull();
  expect(heard(loading, { type: 'failed', error: { code: 'too_big', message: nothing, hint: nothing } }).loading).toBeNull();
});

test('a failure is shown until something works again', () => {
  const failed: ChatNews = { type: 'failed', error: { code: 'internal', message: verbatim('broken'), hint: nothing } };
  expect(heard(failed).error?.message.text).toBe('broken');
  expect(heard(failed, { type: 'started', side: 'base', unread_turns: 0 }).error).toBeNull();
});

test('clearing forgets what was being written', () => {
  expect(heard({ type: 'started', side: 'base', unread_turns: 0 }, { type: 'cleared' }).writing).toEqual({});
});

test('how many turns were left out is known from the first piece on', () => {
  const begun = heard({ type: 'started', side: 'tuned', unread_turns: 2 }, { type: 'text', side: 'tuned', text: 'Hel' });
  expect(begun.writing.tuned).toEqual({ text: 'Hel', answer: null, unread: 2 });
  expect(heard({ type: 'finished', answer: { ...answer, unread_turns: 2 } }).writing.tuned?.unread).toBe(2);
});
