// A model that reasons writes its reasoning before its answer, between tags. The template may have opened it already, as part of
// what the model is asked.

export interface Said {
  /** What was thought; null where the text has none. */
  reasoning: string | null;
  answer: string;
  /** The reasoning has not ended yet. */
  thinking: boolean;
}

const [open, close] = ['<think>', '</think>'];

export function parted(text: string): Said {
  const begun = text.trimStart().startsWith(open);
  const end = text.indexOf(close);
  const from = begun ? text.indexOf(open) + open.length : 0;
  if (end >= from) return { reasoning: text.slice(from, end).trim() || null, answer: text.slice(end + close.length).trimStart(), thinking: false };
  return begun ? { reasoning: text.slice(from).trim(), answer: '', thinking: true } : { reasoning: null, answer: text, thinking: false };
}
