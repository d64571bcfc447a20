// Text with marks for what cannot be seen: spaces, line ends, and characters without a shape.

/** A stretch of text as it is, or a mark that stands for one unseen character. */
export interface Piece {
  text: string;
  mark: boolean;
  /** The line goes on below after it. */
  breaks?: boolean;
}

const marks: Record<string, string> = { ' ': '·', '\t': '⇥', '\n': '↵', '\r': '␍', '\u00a0': '⍽', '\u202f': '⍽' };
// Controls, soft hyphen, direction and zero-width characters, byte order mark, separators, variation selectors.
const unseen = /[ \t\n\r\u00a0\u202f]|[\u0000-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2064\u2066-\u206f\ufeff]/gu;

/** The text in pieces: the marks put together with the stretches between them tell the whole text. */
export function visible(text: string): Piece[] {
  const pieces: Piece[] = [];
  let after = 0;
  for (const found of text.matchAll(unseen)) {
    if (found.index > after) pieces.push({ text: text.slice(after, found.index), mark: false });
    pieces.push(shown(found[0]));
    after = found.index + found[0].length;
  }
  if (after < text.length) pieces.push({ text: text.slice(after), mark: false });
  return pieces;
}

/** The same as one line of text. */
export const visibleText = (text: string): string => visible(text).map((piece) => piece.text).join('');

function shown(character: string): Piece {
  const text = marks[character] ?? `U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`;
  return character === '\n' ? { text, mark: true, breaks: true } : { text, mark: true };
}
