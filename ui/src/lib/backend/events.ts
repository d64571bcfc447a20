// The one event stream of a page in a browser. Every topic that the screens follow comes over it: a browser keeps only
// six connections to one host for all its tabs. The other end is crates/server/src/events.rs.
import type { Event, Topic, WireError } from '$lib/protocol';
import { lostConnection } from './errors';
import { withKey } from './key';
import { asWireError, type Stop } from './types';

const AGAIN_MS = 3000;

/** A topic that a screen follows, and how far it has been told. */
interface Followed {
  topic: Topic;
  seq: number;
  onEvents: (events: Event[]) => void;
  onError: ((error: WireError) => void) | undefined;
  /** Its number on the stream that is open now; another stream, another number. */
  number: number | null;
  /** The line was broken, and those who follow wait for a sign of life. */
  broken: boolean;
}

interface Message {
  follow: number;
  events?: Event[];
  ended?: true;
}

/**
 * EventSource reconnects by itself, and gives up for good when the answer is an error, as it is while a studio starts
 * again; then another one is opened. Either way the studio knows nothing of the new stream, so every topic is followed
 * again from the last record that came: a broken line costs nothing and tells nothing twice.
 * A page that nobody sees lets go of its stream until it is shown again.
 */
export class EventStream {
  #send: (url: string, body: unknown) => Promise<unknown>;
  #followed = new Set<Followed>();
  #source: EventSource | null = null;
  /** The stream's number, once it is open. */
  #stream: number | null = null;
  #lastNumber = 0;
  /** The page is being closed or loaded again. */
  #leaving = false;
  #again: ReturnType<typeof setTimeout> | undefined;

  /** `send` posts JSON, and throws a WireError. */
  constructor(send: (url: string, body: unknown) => Promise<unknown>) {
    this.#send = send;
  }

  follow(topic: Topic, after: number, onEvents: (events: Event[]) => void, onError?: (error: WireError) => void): Stop {
    const followed: Followed = { topic, seq: after, onEvents, onError, number: null, broken: false };
    this.#followed.add(followed);
    if (this.#followed.size === 1) {
      document.addEventListener('visibilitychange', this.#open);
      for (const type of ['pagehide', 'pageshow']) addEventListener(type, this.#leaves);
      this.#open();
    } else void this.#ask(followed);
    return () => this.#leave(followed);
  }

  #open = (): void => {
    if (document.hidden) return this.#hide();
    this.#close();
    const source = new EventSource(withKey('/api/events'));
    this.#source = source;
    source.addEventListener('stream', ({ data }) => {
      this.#stream = Number(data);
      for (const followed of this.#followed) void this.#ask(followed);
    });
    source.onmessage = ({ data }) => this.#tell(JSON.parse(data) as Message);
    source.onerror = () => {
      this.#stream = null;
      for (const followed of this.#followed) this.#break(followed, lostConnection());
      if (source.readyState === EventSource.CLOSED) this.#again = setTimeout(this.#open, AGAIN_MS);
    };
  };

  /** Lets go of the stream; answers are written on, as the page is still there. One that is closed does not say so. */
  #hide(): void {
    const stream = this.#stream;
    this.#close();
    if (stream !== null && !this.#leaving) this.#send('/api/events/hide', { stream }).catch(() => undefined);
  }

  #leaves = ({ type }: globalThis.Event): void => {
    this.#leaving = type === 'pagehide';
  };

  #close(): void {
    clearTimeout(this.#again);
    this.#source?.close();
    this.#source = null;
    this.#stream = null;
  }

  /** Has the studio send this topic over the stream that is open now; a new stream asks for all topics anew. */
  async #ask(followed: Followed): Promise<void> {
    const stream = this.#stream;
    if (stream === null || !this.#followed.has(followed)) return;
    const number = (followed.number = ++this.#lastNumber);
    try {
      await this.#send('/api/events/follow', { stream, follow: number, topic: followed.topic, after: followed.seq });
      // Nobody may have wanted it any more before the answer came.
      if (!this.#followed.has(followed)) return this.#letGo(stream, number);
      if (followed.broken && stream === this.#stream) this.#mend(followed);
    } catch (thrown) {
      if (stream !== this.#stream || !this.#followed.has(followed)) return;
      this.#break(followed, asWireError(thrown));
      setTimeout(() => stream === this.#stream && void this.#ask(followed), AGAIN_MS);
    }
  }

  #break(followed: Followed, error: WireError): void {
    followed.broken = true;
    followed.onError?.(error);
  }

  /** The topic comes again: an empty group says so at once, as nothing else may come for a while. */
  #mend(followed: Followed): void {
    followed.broken = false;
    followed.onEvents([]);
  }

  #tell({ follow, events, ended }: Message): void {
    const followed = [...this.#followed].find(({ number }) => number === follow);
    if (!followed) return;
    if (events) {
      followed.seq = events.at(-1)?.seq ?? followed.seq;
      followed.onEvents(events);
    }
    // The topic will tell nothing more: following it again would be in vain.
    if (ended) this.#leave(followed);
  }

  #leave(followed: Followed): void {
    if (!this.#followed.delete(followed)) return;
    if (this.#followed.size === 0) {
      document.removeEventListener('visibilitychange', this.#open);
      for (const type of ['pagehide', 'pageshow']) removeEventListener(type, this.#leaves);
      this.#close();
    } else if (this.#stream !== null && followed.number !== null) this.#letGo(this.#stream, followed.number);
  }

  #letGo(stream: number, follow: number): void {
    // Fails only where the stream is gone, and the topic with it.
    this.#send('/api/events/unfollow', { stream, follow }).catch(() => undefined);
  }
}
