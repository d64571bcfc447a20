// What is being written in a chat right now, folded from its news. Pure: a replay of old news ends in the same state.
import type { Answer, ChatNews, Event, Side, WireError } from '$lib/protocol';

export interface Writing {
  text: string;
  /** The whole answer, once finished. */
  answer: Answer | null;
  /** The oldest turns that no longer fit into the context and are not read for it. */
  unread: number;
}

export interface Live {
  /** How far the model is loaded, from 0 to 1; null when it is not being loaded. */
  loading: number | null;
  /** Answers are being written. */
  busy: boolean;
  writing: Partial<Record<Side, Writing>>;
  error: WireError | null;
  /** Rises when what was said should be fetched again. */
  settled: number;
}

export const quiet: Live = { loading: null, busy: false, writing: {}, error: null, settled: 0 };

export function hear(live: Live, events: readonly Event[]): Live {
  // Numbers may begin again at 1: a studio that was restarted counts anew.
  for (const { body } of events) if (body.kind === 'chat') live = hearOne(live, body.news);
  return live;
}

function hearOne(live: Live, news: ChatNews): Live {
  switch (news.type) {
    case 'loading':
      return { ...live, loading: news.fraction, error: null };
    case 'ready':
      return { ...live, loading: null };
    case 'started':
      return { ...live, busy: true, loading: null, error: null, writing: write(live, news.side, { text: '', answer: null, unread: news.unread_turns }) };
    case 'text':
      return { ...live, writing: write(live, news.side, { text: (live.writing[news.side]?.text ?? '') + news.text, answer: null, unread: live.writing[news.side]?.unread ?? 0 }) };
    case 'finished':
      return { ...live, writing: write(live, news.answer.side, written(news.answer)) };
    case 'idle':
      return { ...live, busy: false, settled: live.settled + 1 };
    case 'cleared':
      return { ...live, busy: false, writing: {}, settled: live.settled + 1 };
    case 'failed':
      return { ...live, busy: false, loading: null, error: news.error, settled: live.settled + 1 };
  }
}

/** A finished answer. */
export function written(answer: Answer): Writing {
  return { text: answer.text, answer, unread: answer.unread_turns ?? 0 };
}

function write(live: Live, side: Side, writing: Writing): Live['writing'] {
  return { ...live.writing, [side]: writing };
}
