// Where two texts differ: what they begin and end with alike is left out of it, at whole words.

export interface Difference {
  /** What both begin with. */
  start: string;
  /** What only the one has, and what only the other has. */
  before: string;
  after: string;
  /** What both end with. */
  end: string;
}

export function differenceOf(before: string, after: string): Difference {
  // Words and what stands between them; a text is cut nowhere else.
  const parts = (text: string): string[] => text.match(/\s+|\S+/g) ?? [];
  const [one, other] = [parts(before), parts(after)];
  const most = Math.min(one.length, other.length);
  let first = 0;
  while (first < most && one[first] === other[first]) first++;
  let last = 0;
  while (last < most - first && one.at(-1 - last) === other.at(-1 - last)) last++;
  return {
    start: one.slice(0, first).join(''),
    before: one.slice(first, one.length - last).join(''),
    after: other.slice(first, other.length - last).join(''),
    end: last === 0 ? '' : one.slice(-last).join(''),
  };
}

/** As much of what both have as helps to find the place. */
const around = 160;
export const beginning = (text: string): string => (text.length > around ? `…${text.slice(-around)}` : text);
export const ending = (text: string): string => (text.length > around ? `${text.slice(0, around)}…` : text);
