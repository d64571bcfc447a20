// What becomes of files dropped anywhere: rows of a dataset, or a model. In a new fine-tune they are also chosen.
import { backend, itemName, type Item } from '$lib/backend';
import { library } from '$lib/state/library.svelte';
import { route } from '$lib/state/route.svelte';
import { looksLikeDataset } from '$lib/state/jobs.svelte';
import { toasts } from '$lib/state/toasts.svelte';
import { unsaved } from '$lib/state/unsaved.svelte';
import { wizard } from '$lib/state/wizard.svelte';
import { words } from '$lib/words';
import { importing } from './datasets/importing.svelte';

export async function take(items: Item[]): Promise<void> {
  const rows = items.filter((item) => looksLikeDataset(itemName(item)));
  if (rows.length > 0) {
    const others = items.filter((item) => !rows.includes(item)).map(itemName);
    if (others.length > 0) toasts.show({ text: words.datasets.skipped(others.length, others.slice(0, 3).join(', ') + (others.length > 3 ? ', …' : '')), detail: words.datasets.skippedHint });
    return takeRows(rows);
  }
  const [item] = items;
  // A folder has no ending that says so; the studio looks inside and explains what is missing.
  if (item && 'path' in item && !/\.\w{2,5}$/.test(itemName(item))) return (await forRows(item.path)) ? takeRows([item]) : takeModel(item.path);
  toasts.show({ tone: 'bad', text: words.datasets.notMixed, detail: words.datasets.notMixedHint });
}

/** A folder dropped where data is chosen is looked at for rows first. */
async function forRows(path: string): Promise<boolean> {
  const { screen, id } = route.place;
  return (screen === 'datasets' || (screen === 'new' && id === 'data')) && importing.holdsRows(path);
}

async function takeRows(items: Item[]): Promise<void> {
  const inWizard = route.place.screen === 'new';
  if (inWizard && wizard.model) route.go('new', 'data');
  if (!inWizard) route.go('datasets');
  const dataset = await importing.files(items);
  if (!dataset) return;
  if (dataset.rows_kept > 0) toasts.show({ tone: 'good', text: words.datasets.imported(dataset.name) });
  else toasts.show({ text: words.datasets.importedNone(dataset.name) });
  if (inWizard) {
    unsaved.leave(() => {
      wizard.dataset = dataset.id;
      wizard.remember();
    });
  } else route.go('datasets', dataset.id);
}

async function takeModel(path: string): Promise<void> {
  try {
    const model = await library.addModel(path);
    toasts.show({ tone: 'good', text: words.models.added(model.name) });
    if (route.place.screen === 'new') {
      wizard.model = model.id;
      wizard.remember();
    } else route.go('models');
  } catch (thrown) {
    toasts.showError(thrown, 12_000);
  }
}

/** Whether folders can be dropped here. */
export const takesFolders = (): boolean => backend.pickFolder !== null;
