// Templates of rows, to be filled in.
import { backend, itemName } from '$lib/backend';
import type { Format } from '$lib/protocol';
import { toasts } from '$lib/state/toasts.svelte';
import { words } from '$lib/words';

/** The shapes that have one, the plainest first. */
export const shapes = Object.keys(words.datasets.asked.shapes) as Format[];

const names: Record<string, string> = {
  completion: 'questions-and-answers.csv', instruction: 'instructions.csv', chat: 'conversations.jsonl', text: 'texts.txt',
  preference: 'better-and-worse-answers.jsonl', unpaired: 'judged-answers.jsonl', classification: 'texts-and-classes.csv',
};

export async function saveTemplate(format: Format): Promise<void> {
  const w = words.datasets;
  try {
    const path = await backend.saveFile(names[format] ?? 'template.csv', (save_to) => backend.call('template_file', { format, save_to }));
    if (path) toasts.show({ tone: 'good', text: w.templateSaved(itemName({ path })), detail: w.templateHint });
  } catch (thrown) {
    toasts.showError(thrown);
  }
}
