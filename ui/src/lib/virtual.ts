// Which lines of a very long list are on screen. All lines are equally high, so it is arithmetic. A browser draws no
// element taller than some 17 million pixels, so a longer list is scrolled through a shorter one.

/** The tallest element that is drawn, in pixels. */
export const tallest = 12_000_000;
/** Lines drawn beyond each edge, so that a short scroll finds them there. */
const spare = 6;

export interface Extent {
  total: number;
  /** Height of a line, in pixels. */
  line: number;
  /** Height of what is seen, in pixels. */
  view: number;
}

export interface Window {
  /** The first line to draw, and the one after the last. */
  first: number;
  end: number;
  /** Height of the element that is scrolled, in pixels. */
  height: number;
  /** Where the first line begins in it, in pixels. */
  top: number;
}

/** What to draw when so many pixels are scrolled away. */
export function windowAt({ total, line, view }: Extent, scrolled: number): Window {
  const { height, reach, scale } = measure({ total, line, view });
  const at = Math.min(Math.max(0, scrolled), reach);
  const above = at * scale;
  const first = Math.max(0, Math.floor(above / line) - spare);
  const end = Math.min(total, Math.ceil((above + view) / line) + spare);
  return { first, end: Math.max(first, end), height, top: at + first * line - above };
}

/** How far to scroll so that a line is seen whole; the present place where it already is. */
export function scrollTo(extent: Extent, index: number, scrolled: number): number {
  const { reach, scale } = measure(extent);
  const above = Math.min(Math.max(0, scrolled), reach) * scale;
  const top = index * extent.line;
  if (top < above) return top / scale;
  const below = top + extent.line - extent.view;
  return below > above ? Math.min(reach, below / scale) : scrolled;
}

/** `reach` is how far one can scroll; `scale` how many pixels of the list one scrolled pixel stands for. */
function measure({ total, line, view }: Extent) {
  const full = total * line;
  const height = Math.min(full, tallest);
  const reach = Math.max(0, height - view);
  return { height, reach, scale: reach > 0 ? (full - view) / reach : 1 };
}
