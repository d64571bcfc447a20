// A dataset that was imported anew takes the place of the old one, on screen and in the lists; undone, the old one takes it back.
import type { Dataset } from '$lib/protocol';
import { deletionOf, library } from '$lib/state/library.svelte';
import { route } from '$lib/state/route.svelte';
import { undo } from '$lib/state/undo.svelte';
import { wizard } from '$lib/state/wizard.svelte';
import { words } from '$lib/words';

/** Puts the old one into the bin, and says so. Whoever asks for it shows the new one before. */
export async function takePlace(fresh: Dataset, old: Dataset): Promise<void> {
  if (await library.discard('dataset', old.id)) undo.offer(deletionOf('dataset', old.id), words.datasets.importedAnew(old.name), () => giveBack(fresh, old));
}

async function giveBack(fresh: Dataset, old: Dataset): Promise<void> {
  if (!(await library.restore('dataset', old.id))) return;
  const { screen, id } = route.place;
  if (screen === 'datasets' && id === fresh.id) route.replace('datasets', old.id);
  if (wizard.dataset === fresh.id) wizard.dataset = old.id;
  // It may be in the bin already.
  if (library.dataset(fresh.id)) await library.discard('dataset', fresh.id);
}
