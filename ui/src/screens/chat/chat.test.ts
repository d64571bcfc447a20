import { flushSync, type Component } from 'svelte';
import { beforeEach, expect, test } from 'vitest';
import { setBackend } from '$lib/backend';
import { mock } from '$lib/backend/mock';
import { OpenedChat } from '$lib/state/chat.svelte';
import { show } from '$lib/testing/show';
import { words } from '$lib/words';
import Composer from './Composer.svelte';

beforeEach(() => setBackend(mock()));

test('a message can be sent while the model is still loaded', () => {
  const opened = new OpenedChat('chat-1');
  opened.live = { ...opened.live, loading: 0.3 };
  const sent: string[] = [];
  const onsend = async (text: string) => sent.push(text) > 0;
  show(Composer as Component<{ opened: OpenedChat; onsend: typeof onsend }>, { opened, onsend });
  const area = document.querySelector('textarea')!;
  area.value = 'Hello';
  area.dispatchEvent(new Event('input', { bubbles: true }));
  flushSync();
  area.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true }));
  expect(sent).toEqual(['Hello']);
});

test('one token is one token, and a speed that is none is not told', () => {
  expect([words.chat.tokens(1), words.chat.tokens(2), words.chat.speed(0), words.chat.speed(3.21)]).toEqual(['1 token', '2 tokens', '', '3.2 tokens/s']);
});
