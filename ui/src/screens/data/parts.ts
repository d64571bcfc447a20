// The parts of rows, called in one way before an import and after it.
import type { Format } from '$lib/protocol';
import { words } from '$lib/words';

/** What a part is called in rows of this shape. */
export function nameOfPart(format: Format, part: string): string {
  const { asked, parts } = words.datasets;
  return asked.parts[format]?.[part] ?? parts[part] ?? part;
}
