// @vitest-environment node
import { expect, test } from 'vitest';
import { blank, faultOf, learns, next, type Example } from './example';

const user = (content: string) => ({ role: 'user', content });
const assistant = (content: string) => ({ role: 'assistant', content });

test('a row without an answer cannot be kept', () => {
  expect(faultOf({ kind: 'chat', messages: [user('Hi')] })).toBe('no_answer');
  expect(faultOf({ kind: 'chat', messages: [user('Hi'), assistant('Hello')] })).toBeNull();
});

test('no message may be empty, unless it calls a tool', () => {
  expect(faultOf({ kind: 'chat', messages: [user('Hi'), assistant(' \n')] })).toBe('empty');
  expect(faultOf({ kind: 'chat', messages: [user('Hi'), { ...assistant(''), tool_calls: [{}] }] })).toBeNull();
  expect(faultOf({ kind: 'chat', messages: [] })).toBe('empty');
});

test('two equal answers show no preference', () => {
  const row = (rejected: string): Example => ({ kind: 'preference', prompt: [user('Hi')], chosen: [assistant('Hello')], rejected: [assistant(rejected)] });
  expect(faultOf(row('Hello'))).toBe('same_answers');
  expect(faultOf(row('Go away'))).toBeNull();
});

test('a blank row of every shape has to be filled in first', () => {
  for (const format of ['chat', 'instruction', 'completion', 'text', 'preference', 'unpaired', 'classification', 'auto'] as const) expect(faultOf(blank(format)), format).toBe('empty');
});

test('user and assistant take turns', () => {
  expect(next([])).toEqual(user(''));
  expect(next([user('Hi')]).role).toBe('assistant');
  expect(next([user('Hi'), assistant('Hello')]).role).toBe('user');
});

test('weight 0 switches learning off', () => {
  expect(learns(assistant('a'))).toBe(true);
  expect(learns({ ...assistant('a'), weight: 0 })).toBe(false);
  expect(learns(user('a'))).toBe(false);
});
