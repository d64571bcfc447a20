// A long row in stretches that are drawn one after the other. They end at line ends where they can, since each begins
// a line of its own on screen, and always where the limit cuts.
import type { XrayToken } from '$lib/protocol';

/** Tokens from one place up to, and without, another. */
export interface Stretch { from: number; to: number }

const least = 200;
const most = 600;

export function stretches(tokens: readonly Pick<XrayToken, 'text'>[], limit: number): Stretch[] {
  const found: Stretch[] = [];
  let from = 0;
  for (let to = 1; to <= tokens.length; to++) {
    const long = to - from;
    const whole = long >= least && tokens[to - 1]!.text.endsWith('\n');
    if (!whole && long < most && to !== limit && to !== tokens.length) continue;
    found.push({ from, to });
    from = to;
  }
  return found;
}
