// @vitest-environment node
import { expect, test } from 'vitest';
import { toasts } from './toasts.svelte';
import { undo } from './undo.svelte';

test('the newest action is taken back first, each once, and its toast goes', () => {
  const done: string[] = [];
  undo.offer('chat 1', 'Deleted one', () => done.push('one'));
  undo.offer('chat 2', 'Deleted two', () => done.push('two'));
  expect(toasts.list.map((toast) => toast.text)).toEqual(['Deleted one', 'Deleted two']);
  expect(undo.last()).toBe(true);
  expect(toasts.list.map((toast) => toast.text)).toEqual(['Deleted one', 'Undone: Deleted two']);
  expect([undo.last(), undo.last()]).toEqual([true, false]);
  expect(done).toEqual(['two', 'one']);
});

test('what the toast took back, the key does not take back again', () => {
  let done = 0;
  undo.offer('chat 1', 'Deleted', () => done++);
  toasts.list.at(-1)!.action!.run();
  expect([undo.last(), done]).toEqual([false, 1]);
});

test('of one thing only the last change can be taken back', () => {
  const done: string[] = [];
  undo.offer('messages of 1', 'Cleared', () => done.push('cleared'));
  undo.offer('messages of 1', null, () => done.push('answered again'));
  expect(toasts.list.some((toast) => toast.text === 'Cleared')).toBe(false);
  expect([undo.last(), undo.last()]).toEqual([true, false]);
  expect(done).toEqual(['answered again']);
});

test('what came back in another way is not offered any more', () => {
  const done: string[] = [];
  undo.offer('run 1', 'Deleted one', () => done.push('one'));
  undo.offer('run 2', 'Deleted two', () => done.push('two'));
  undo.offer('messages of 1', 'Cleared', () => done.push('cleared'));
  undo.forget('run 2');
  expect(toasts.list.some(({ text }) => text === 'Deleted two')).toBe(false);
  undo.forgetAll((about) => about.startsWith('messages'));
  expect([undo.last(), undo.last(), done]).toEqual([true, false, ['one']]);
});
