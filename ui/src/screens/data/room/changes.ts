// Changes of all rows, each with its way back.
import { backend } from '$lib/backend';
import type { Dataset, Edit } from '$lib/protocol';
import { toasts, type Toast } from '$lib/state/toasts.svelte';
import { undo } from '$lib/state/undo.svelte';
import { words } from '$lib/words';
import { say } from '$lib/words/say';
import type { Work } from '$lib/state/work.svelte';

type Changed = (dataset: Dataset) => void;

/** The last message about a version: an Undo of an older one would undo what came after it, too. */
let told: number | null = null;

/** Says what became of a dataset, and offers to put the version before back in use. */
function tell(text: string, dataset: Dataset, onchange: Changed, tone: Toast['tone'] = 'plain'): void {
  if (told !== null) toasts.dismiss(told);
  told = undo.offer(null, text, () => put(dataset, dataset.number, onchange), tone);
}

/** Changes a dataset, and offers to undo it. Null when it was cancelled or failed; `work` says why. */
export async function change(dataset: Dataset, edit: Edit, work: Work, onchange: Changed): Promise<Dataset | null> {
  const fresh = await work.run((job) => backend.call('edit_dataset', { dataset: dataset.id, version: dataset.number, edit, job }));
  if (!fresh) return null;
  onchange(fresh);
  const said = fresh.versions.find(({ number }) => number === fresh.number)?.change;
  tell(said ? say(said) : words.room.versions.version(fresh.number), dataset, onchange, 'good');
  return fresh;
}

/** Puts another version in use, and offers to go back to the one before. */
export async function use(dataset: Dataset, number: number, onchange: Changed): Promise<void> {
  if (await put(dataset, number, onchange)) tell(words.room.inUseNow(number), dataset, onchange);
}

async function put(dataset: Dataset, number: number, onchange: Changed): Promise<boolean> {
  try {
    onchange(await backend.call('use_version', { dataset: dataset.id, number }));
    return true;
  } catch (thrown) {
    toasts.showError(thrown);
    return false;
  }
}
