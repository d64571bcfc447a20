// Changes of all rows, each with its way back.
import { backend } from '$lib/backend';
import type { Dataset, Edit } from '$lib/protocol';
import { toasts } from '$lib/state/toasts.svelte';
import { unsaved } from '$lib/state/unsaved.svelte';
import { words } from '$lib/words';
import { say } from '$lib/words/say';
import type { Work } from '$lib/state/work.svelte';

type Changed = (dataset: Dataset) => void;

/** The last message about a version: an Undo of an older one would undo what came after it, too. */
let told: number | null = null;

function tell(toast: Parameters<typeof toasts.show>[0]): void {
  if (told !== null) toasts.dismiss(told);
  told = toasts.show(toast);
}

/** Changes a dataset, and offers to undo it. Null when it was cancelled or failed; `work` says why. */
export async function change(dataset: Dataset, edit: Edit, work: Work, onchange: Changed): Promise<Dataset | null> {
  const fresh = await work.run((job) => backend.call('edit_dataset', { dataset: dataset.id, version: dataset.number, edit, job }));
  if (!fresh) return null;
  onchange(fresh);
  const said = fresh.versions.find(({ number }) => number === fresh.number)?.change;
  const undo = () => unsaved.leave(() => void use(fresh, dataset.number, onchange));
  tell({ tone: 'good', text: said ? say(said) : words.room.versions.version(fresh.number), action: { label: words.common.undo, run: undo } });
  return fresh;
}

/** Puts another version in use, and says so. */
export async function use(dataset: Dataset, number: number, onchange: Changed): Promise<void> {
  try {
    onchange(await backend.call('use_version', { dataset: dataset.id, number }));
    tell({ text: words.room.inUseNow(number) });
  } catch (thrown) {
    toasts.showError(thrown);
  }
}
