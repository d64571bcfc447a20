// What Ctrl+V brings where data is chosen: rows as text, or in a browser files. Where text is typed, it belongs there.
import { backend, type Item } from '$lib/backend';
import { types } from '../keys';

/** Whether what is pasted there belongs to a field or to an open dialog. */
export const isElsewhere = (target: EventTarget | null): boolean => types(target) || document.querySelector('dialog[open]') !== null;

export function pastedIn({ clipboardData }: ClipboardEvent): string | Item[] | null {
  const files = [...(clipboardData?.files ?? [])];
  const text = clipboardData?.getData('text/plain') ?? '';
  // Spreadsheets give a picture of the cells beside their text.
  if (text.trim()) return text;
  return files.length && !backend.namesFiles ? files.map((file) => ({ file })) : null;
}
