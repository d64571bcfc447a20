// One open chat: what was said, what is being written, and what the user may do about it.
import { asWireError, backend, type Stop } from '$lib/backend';
import type { Chat, Sampling, Side, Turn, WireError } from '$lib/protocol';
import { hear, quiet, type Live, type Writing } from './chat-live';
import { library } from './library.svelte';

export class OpenedChat {
  readonly id: string;
  chat = $state.raw<Chat | null>(null);
  live = $state.raw<Live>(quiet);
  missing = $state(false);
  /** What a command answered, as against what the chat reported. */
  refused = $state.raw<WireError | null>(null);
  /** A message was sent and nothing has come back yet. */
  waiting = $state(false);

  turns: Turn[] = $derived(this.chat?.turns ?? []);
  busy = $derived(this.waiting || this.live.busy);
  error = $derived(this.refused ?? this.live.error);

  constructor(id: string) {
    this.id = id;
  }

  follow(): Stop {
    void this.fetch();
    return backend.subscribe({ topic: 'chat', id: this.id }, 0, (events) => {
      const before = this.live;
      this.live = hear(before, events);
      const settled = this.live.settled !== before.settled;
      // A whole answer may come in one piece of news: begun, written and over.
      if (this.live.busy || this.live.error || settled) this.waiting = false;
      if (settled) void this.fetch();
    });
  }

  async fetch(): Promise<void> {
    try {
      const chat = await backend.call('get_chat', this.id);
      this.chat = chat;
      this.missing = false;
      if (!this.live.busy && !this.waiting) this.live = { ...this.live, writing: {} };
    } catch (thrown) {
      const error = asWireError(thrown);
      if (error.code === 'not_found') this.missing = true;
      else this.refused = error;
    }
  }

  /** What `side` says to the message at `index`; undefined when it has not begun. */
  saying(index: number, side: Side): Writing | undefined {
    const last = index === this.turns.length - 1;
    const live = last ? this.live.writing[side] : undefined;
    // While the last message is being answered, older answers to it are gone.
    if (live || (last && this.busy)) return live;
    const answer = this.turns[index]?.answers.find((answer) => answer.side === side);
    return answer && { text: answer.text, answer };
  }

  async send(text: string): Promise<boolean> {
    if (!this.chat) return false;
    const before = this.chat;
    this.chat = { ...before, turns: [...before.turns, { user: text, answers: [] }] };
    const sent = await this.#say(text);
    if (!sent) this.chat = before;
    return sent;
  }

  regenerate = (): Promise<boolean> => this.#say(null);

  async stop(): Promise<void> {
    await this.#try(() => backend.call('stop_chat', this.id));
  }

  async clear(): Promise<void> {
    if (await this.#try(() => backend.call('clear_chat', this.id))) await this.fetch();
  }

  async configure(system_prompt: string, sampling: Sampling): Promise<void> {
    await this.#try(async () => {
      this.chat = await backend.call('configure_chat', { chat: this.id, system_prompt, sampling });
    });
  }

  async #say(text: string | null): Promise<boolean> {
    this.waiting = true;
    this.live = { ...this.live, writing: {}, error: null };
    const sent = await this.#try(() => backend.call('send_message', { chat: this.id, text }));
    if (!sent) this.waiting = false;
    return sent;
  }

  async #try(action: () => Promise<unknown>): Promise<boolean> {
    this.refused = null;
    try {
      await action();
      return true;
    } catch (thrown) {
      this.refused = asWireError(thrown);
      return false;
    }
  }
}

/** Opens a chat with a run, or with a base model alone, and says which. */
export async function openChat(run: string | null, model: string | null): Promise<Chat> {
  const chat = await backend.call('open_chat', { run, model });
  void library.refresh();
  return chat;
}
