import { flushSync, type Component } from 'svelte';
import { beforeEach, expect, test, vi } from 'vitest';
import { setBackend, type Backend } from '$lib/backend';
import type { Event, Sentence } from '$lib/protocol';
import { mock } from '$lib/backend/mock';
import { answerFormat } from '$lib/state/answer-format.svelte';
import { OpenedChat } from '$lib/state/chat.svelte';
import { library } from '$lib/state/library.svelte';
import { toasts } from '$lib/state/toasts.svelte';
import { chats, markdown } from '$lib/backend/mock-data';
import { show } from '$lib/testing/show';
import { words } from '$lib/words';
import { verbatim } from '$lib/words/say';
import { pressed } from '../keys';
import ChatRow from './ChatRow.svelte';
import ChatScreen from './ChatScreen.svelte';
import Composer from './Composer.svelte';
import Exchange from './Exchange.svelte';
import Options from './Options.svelte';

let studio: Backend;
beforeEach(() => {
  studio = mock('chats');
  setBackend(studio);
  answerFormat.set('markdown');
});

const byId = (id: string) => document.querySelector<HTMLElement>(`[data-testid="${id}"]`);
const key = (target: EventTarget, name: string, ctrlKey = false) => target.dispatchEvent(new KeyboardEvent('keydown', { key: name, ctrlKey, bubbles: true, cancelable: true }));

/** The chat of three messages, opened. */
async function soup(): Promise<OpenedChat> {
  const opened = new OpenedChat('chat-soup');
  await opened.fetch();
  await opened.lookAtMemory();
  return opened;
}

function exchange(opened: OpenedChat, index: number): void {
  show(Exchange, { opened, turn: opened.turns[index]!, index, sides: opened.chat!.sides });
}

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

test('what is to be known of the models is said above the conversation, once they are loaded', async () => {
  const known = 'The base model in /models/soup has changed since this run was trained';
  let remarks: Sentence[] = [];
  let hear: (events: Event[]) => void = () => {};
  const call: Backend['call'] = async (name, ...args) => {
    const reply = await studio.call(name, ...args);
    return name === 'get_chat' ? { ...(reply as object), remarks } as typeof reply : reply;
  };
  setBackend({ ...studio, call, subscribe: (_topic, _after, on) => ((hear = on), () => {}) });
  show(ChatScreen as Component<{ id: string }>, { id: 'chat-soup' });
  await vi.waitFor(() => expect(byId('chat')).not.toBeNull());
  expect(byId('chat-remarks')).toBeNull();
  remarks = [verbatim(known)];
  hear([{ seq: 1, body: { kind: 'chat', news: { type: 'ready' } } }]);
  await vi.waitFor(() => expect(byId('chat-remarks')?.textContent).toBe(known));
});

test('one token is one token, and a speed that is none is not told', () => {
  expect([words.chat.tokens(1), words.chat.tokens(2), words.chat.speed(0), words.chat.speed(3.21)]).toEqual(['1 token', '2 tokens', '', '3.2 tokens/s']);
});

test('an answer is drawn as Markdown, or shown as the model wrote it', async () => {
  const opened = await soup();
  exchange(opened, 2);
  const shown = byId('answer-tuned-text')!;
  expect(shown.querySelectorAll('h3, strong, ol, table, pre')).toHaveLength(5);
  expect(shown.querySelectorAll('a, img, b, script')).toHaveLength(0);
  byId('answer-tuned-format')!.click();
  flushSync();
  expect(byId('answer-tuned-text')!.textContent!.trim()).toBe(markdown);
  expect(localStorage.getItem('tunesmith-answers')).toBe('plain');
});

test('what no longer fits is told where it began', async () => {
  const opened = await soup();
  exchange(opened, 2);
  expect(byId('unread-3')?.textContent).toBe('The first 4 messages no longer fit and are not read');
  exchange(opened, 1);
  expect(byId('unread-2')).toBeNull();
});

test('a message is changed and sent anew, which can be undone', async () => {
  const opened = await soup();
  const before = opened.turns;
  exchange(opened, 0);
  byId('edit-message-1')!.click();
  flushSync();
  const area = byId('edit-input') as HTMLTextAreaElement;
  expect(document.activeElement).toBe(area);
  expect(document.body.textContent).toContain(words.chat.replaces(2));
  key(area, 'Escape');
  flushSync();
  expect(byId('edit-input')).toBeNull();

  byId('edit-message-1')!.click();
  flushSync();
  const again = byId('edit-input') as HTMLTextAreaElement;
  again.value = 'Bean soup';
  again.dispatchEvent(new Event('input', { bubbles: true }));
  flushSync();
  key(again, 'Enter');
  await expect.poll(() => opened.turns.map((turn) => turn.user)).toEqual(['Bean soup']);
  await expect.poll(() => toasts.list.at(-1)?.text).toBe(words.chat.changed);
  await toasts.list.at(-1)!.action!.run();
  expect(opened.turns).toEqual(before);
});

test('a cleared chat comes back with Ctrl+Z, but not while something is typed', async () => {
  const opened = await soup();
  const before = opened.turns;
  await opened.clear();
  expect(opened.turns).toEqual([]);
  expect(toasts.list.at(-1)?.text).toBe(words.chat.cleared);
  document.body.innerHTML = '<input>';
  document.addEventListener('keydown', pressed);
  key(document.querySelector('input')!, 'z', true);
  expect(toasts.list.at(-1)?.text).toBe(words.chat.cleared);
  key(document.body, 'z', true);
  await expect.poll(() => opened.turns).toEqual(before);
  document.removeEventListener('keydown', pressed);
});

test('Ctrl+Z takes the clearing back where one writes too, until something is typed', async () => {
  const opened = await soup();
  const before = opened.turns;
  show(Composer as unknown as Component<Record<string, unknown>>, { opened, onsend: async () => true });
  const area = document.querySelector('textarea')!;
  await opened.clear();
  area.value = 'H';
  area.dispatchEvent(new Event('input', { bubbles: true }));
  key(area, 'z', true);
  expect(toasts.list.at(-1)?.text).toBe(words.chat.cleared);
  key(area, 'Enter');
  await expect.poll(() => area.value).toBe('');
  key(area, 'z', true);
  await expect.poll(() => opened.turns).toEqual(before);
});

test('the memory of the models is told, and they can be unloaded', async () => {
  const opened = await soup();
  opened.memory = 41_300_000;
  show(Options as Component<Record<string, unknown>>, { opened, chat: opened.chat! });
  expect(byId('chat-memory')?.textContent).toContain('41.3 MB');
  byId('chat-unload')!.click();
  await expect.poll(() => opened.memory).toBe(0);
  flushSync();
  expect(byId('chat-memory')?.textContent).toContain('Not loaded');
  expect(byId('chat-unload')).toBeNull();
});

test('a repetition penalty is set with the other choices', async () => {
  const opened = await soup();
  const configure = vi.spyOn(opened, 'configure').mockResolvedValue();
  show(Options as Component<Record<string, unknown>>, { opened, chat: opened.chat! });
  const slider = byId('sampling-repetition_penalty') as HTMLInputElement;
  expect([slider.min, slider.max, slider.value]).toEqual(['1', '2', '1']);
  slider.value = '1.3';
  slider.dispatchEvent(new Event('input', { bubbles: true }));
  await expect.poll(() => configure.mock.lastCall?.[1].repetition_penalty).toBe(1.3);
});

test('a chat in the list has its day, and the time in full', async () => {
  await library.refresh();
  const said = chats()[1]!;
  const chat = { ...said, turns: said.turns.length, changed_ms: new Date(2026, 0, 5, 14, 5).getTime() };
  show(ChatRow as Component<{ chat: typeof chat }>, { chat });
  expect(byId('chat-date-chat-bread')?.textContent).toBe('Jan 5, 2026');
  expect(byId('chat-date-chat-bread')?.title).toMatch(/Monday, January 5, 2026 at 2:05/);
});

test('while an option is wrong nothing is sent, and it is said why', async () => {
  show(ChatScreen as Component<{ id: string }>, { id: 'chat-soup' });
  await vi.waitFor(() => expect(byId('chat')).not.toBeNull());
  if (!byId('chat-options-panel')) byId('chat-options')!.click();
  flushSync();
  const longest = byId('sampling-max_new_tokens') as HTMLInputElement;
  const type = (input: HTMLInputElement | HTMLTextAreaElement, text: string) => {
    input.value = text;
    input.dispatchEvent(new Event('input', { bubbles: true }));
    flushSync();
  };
  const most = chats().find(({ id }) => id === 'chat-soup')!.context_length;
  type(byId('chat-input') as HTMLTextAreaElement, 'And beans?');
  expect((byId('chat-send') as HTMLButtonElement).disabled).toBe(false);
  type(longest, String(most + 1));
  expect(byId('max_new_tokens-problem')?.textContent, 'no answer is longer than the context').toContain(`1 to ${most.toLocaleString('en-US')}`);
  expect([(byId('chat-send') as HTMLButtonElement).disabled, (byId('chat-regenerate') as HTMLButtonElement).disabled]).toEqual([true, true]);
  expect(byId('chat-keys')?.textContent).toBe('Correct the marked option first');
  key(byId('chat-input')!, 'Enter');
  expect((byId('chat-input') as HTMLTextAreaElement).value, 'what was typed stays').toBe('And beans?');
  type(longest, String(most));
  expect((byId('chat-send') as HTMLButtonElement).disabled).toBe(false);
  type(longest, 'very long');
  byId('chat-options')!.click();
  flushSync();
  expect((byId('chat-send') as HTMLButtonElement).disabled, 'with the field its text is gone').toBe(false);
});

test('after a message was edited, the keyboard is back where one writes', async () => {
  show(ChatScreen as Component<{ id: string }>, { id: 'chat-soup' });
  await vi.waitFor(() => expect(byId('chat')).not.toBeNull());
  for (const name of ['Escape', 'Enter']) {
    byId('edit-message-1')!.click();
    flushSync();
    expect(document.activeElement).toBe(byId('edit-input'));
    key(byId('edit-input')!, name);
    flushSync();
    expect(document.activeElement, name).toBe(byId('chat-input'));
  }
});
