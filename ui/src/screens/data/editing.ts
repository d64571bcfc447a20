// Changes of a dataset: each makes a new version, and the toast puts the one before back in use. What is typed into another
// row meanwhile is asked about first.
import { backend } from '$lib/backend';
import type { Dataset, Edit } from '$lib/protocol';
import { library } from '$lib/state/library.svelte';
import { toasts } from '$lib/state/toasts.svelte';
import { undo } from '$lib/state/undo.svelte';

/** Changes a dataset and offers to undo it; null when it failed, which a toast has said. */
export async function editDataset(dataset: Dataset, edit: Edit, said: string): Promise<Dataset | null> {
  return attempt(async () => {
    const changed = await backend.call('edit_dataset', { dataset: dataset.id, version: dataset.number, edit, job: null });
    await library.refresh();
    const back = () => attempt(() => backend.call('use_version', { dataset: dataset.id, number: dataset.number }).then(() => library.refresh()));
    undo.offer(null, said, back);
    return changed;
  });
}

async function attempt<T>(work: () => Promise<T>): Promise<T | null> {
  try {
    return await work();
  } catch (thrown) {
    toasts.showError(thrown, 12_000);
    return null;
  }
}
