// One open chat: what was said, what is being written, and what the user may do about it.
import { asWireError, backend, type Stop } from '$lib/backend';
import type { Chat, Sampling, Side, Turn, WireError } from '$lib/protocol';
import { words } from '$lib/words';
import { hear, quiet, written, type Live, type Writing } from './chat-live';
import { library } from './library.svelte';
import { toasts } from './toasts.svelte';
import { undo } from './undo.svelte';

export class OpenedChat {
  readonly id: string;
  chat = $state.raw<Chat | null>(null);
  live = $state.raw<Live>(quiet);
  missing = $state(false);
  /** What a command answered, as against what the chat reported. */
  refused = $state.raw<WireError | null>(null);
  /** A message was sent and nothing has come back yet. */
  waiting = $state(false);
  /** What its models take in memory, in bytes; null until it is known. */
  memory = $state<number | null>(null);

  /** What is typed into the options and cannot be used, by name. Until it is corrected nothing is sent: it would be answered in another way than the screen says. */
  wrong = $state.raw<Partial<Record<keyof Sampling, string>>>({});
  held = $derived(Object.values(this.wrong).some((problem) => problem !== undefined));

  turns: Turn[] = $derived(this.chat?.turns ?? []);
  busy = $derived(this.waiting || this.live.busy);
  error = $derived(this.refused ?? this.live.error);

  constructor(id: string) {
    this.id = id;
  }

  follow(): Stop {
    void this.fetch();
    void this.lookAtMemory();
    return backend.subscribe({ topic: 'chat', id: this.id }, 0, (events) => {
      const before = this.live;
      this.live = hear(before, events);
      const settled = this.live.settled !== before.settled;
      if (settled || (before.loading !== null && this.live.loading === null)) void this.lookAtMemory();
      // A whole answer may come in one piece of news: begun, written and over.
      if (this.live.busy || this.live.error || settled) this.waiting = false;
      // With the models comes what is to be known of them.
      const ready = events.some(({ body }) => body.kind === 'chat' && body.news.type === 'ready');
      if (settled || ready) void this.fetch();
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
    return answer && written(answer);
  }

  /** How many of the oldest turns were not read any more for the answers to the message at `index`. */
  unread(index: number): number {
    return Math.max(0, ...(this.chat?.sides ?? []).map((side) => this.saying(index, side)?.unread ?? 0));
  }

  async send(text: string): Promise<boolean> {
    return this.#say(text, null);
  }

  /** Says the message at `index` in other words; what followed it goes, until that is undone. */
  async change(index: number, text: string): Promise<boolean> {
    const sent = await this.#say(text, index);
    if (sent) undo.offer(this.#about, words.chat.changed, this.#undo);
    return sent;
  }

  async regenerate(): Promise<boolean> {
    const sent = await this.#say(null, null);
    if (sent) undo.offer(this.#about, null, this.#undo);
    return sent;
  }

  async stop(): Promise<void> {
    await this.#try(() => backend.call('stop_chat', this.id));
  }

  async clear(): Promise<void> {
    if (!(await this.#try(() => backend.call('clear_chat', this.id)))) return;
    undo.offer(this.#about, words.chat.cleared, this.#undo);
    await this.fetch();
  }

  /** Lets go of the models, which the next message loads again. */
  async unload(): Promise<void> {
    await this.#try(() => backend.call('unload_chat', this.id));
    await this.lookAtMemory();
  }

  async lookAtMemory(): Promise<void> {
    try {
      this.memory = await backend.call('chat_memory', this.id);
    } catch {
      // Without its models there is no chat either, and that is told already.
      this.memory = null;
    }
  }

  async configure(system_prompt: string, sampling: Sampling): Promise<void> {
    await this.#try(async () => {
      this.chat = await backend.call('configure_chat', { chat: this.id, system_prompt, sampling });
    });
  }

  get #about(): string {
    return `messages of ${this.id}`;
  }

  // Kept over the end of this page: the chat may be closed when it is taken back.
  #undo = async (): Promise<void> => {
    try {
      const chat = await backend.call('undo_chat', this.id);
      if (this.chat) this.chat = chat;
      this.live = { ...this.live, writing: {}, error: null };
    } catch (thrown) {
      toasts.showError(thrown);
    }
  };

  /** Says something new, or the message at `place` anew; without a text, it is answered again. */
  async #say(text: string | null, place: number | null): Promise<boolean> {
    const before = this.chat;
    if (!before || this.held) return false;
    if (text !== null) this.chat = { ...before, turns: [...before.turns.slice(0, place ?? undefined), { user: text, answers: [] }] };
    this.waiting = true;
    this.live = { ...this.live, writing: {}, error: null };
    const sent = await this.#try(() => backend.call('send_message', { chat: this.id, text, turn: place }));
    if (!sent) {
      this.waiting = false;
      this.chat = before;
    }
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
