// Putting text on the clipboard, with a word to the user.
import type { WireError } from '$lib/protocol';
import { toasts } from '$lib/state/toasts.svelte';
import { words } from '$lib/words';

export async function copyText(text: string, said = words.common.copied): Promise<void> {
  const copied = (await viaClipboard(text)) || viaSelection(text);
  toasts.show(copied ? { tone: 'good', text: said } : { tone: 'bad', text: words.errors.copyFailed });
}

/** An error as a bug report wants it: in English, whatever the screen speaks. */
export function errorDetails(error: WireError): string {
  return [error.message.text, error.hint.text, `code: ${error.code}`, `at: ${new Date().toISOString()}`].filter(Boolean).join('\n');
}

async function viaClipboard(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

/** For hosts without the asynchronous clipboard. */
function viaSelection(text: string): boolean {
  const area = document.createElement('textarea');
  area.value = text;
  area.style.position = 'fixed';
  area.style.opacity = '0';
  // Inside an open dialog nothing outside of it can be selected.
  (document.querySelector('dialog[open]') ?? document.body).append(area);
  area.select();
  const copied = document.execCommand('copy');
  area.remove();
  return copied;
}
