// The one import that the data screens show: how to read, what the files begin with, what went wrong. How far it is,
// jobs know.
import { asWireError, backend, type Item } from '$lib/backend';
import type { Dataset, Inspection, WireError } from '$lib/protocol';
import { jobs, type ReadingOptions } from '$lib/state/jobs.svelte';
import { toasts } from '$lib/state/toasts.svelte';
import { words } from '$lib/words';

class Importing {
  options = $state.raw<ReadingOptions>({ mapping: { format: 'auto', columns: {} }, validation: 'auto' });
  error = $state.raw<WireError | null>(null);
  /** The first rows of the files being read, where the host can name them. */
  first = $state.raw<Inspection | null>(null);
  #looks = 0;

  /** Imports files and shows their first rows meanwhile; null when it was cancelled or failed. */
  async files(items: Item[], options = this.options): Promise<Dataset | null> {
    void this.#look(items, options);
    const dataset = await this.take(() => jobs.importFiles(items, options));
    this.#looks++;
    this.first = null;
    return dataset;
  }

  /** Does an import; null when it was cancelled or failed, and `error` says why. */
  async take(work: () => Promise<Dataset | null>): Promise<Dataset | null> {
    this.error = null;
    try {
      const dataset = await work();
      if (!dataset) toasts.show({ text: words.datasets.cancelled });
      return dataset;
    } catch (thrown) {
      this.error = asWireError(thrown);
      return null;
    }
  }

  /** Whether a folder holds rows, rather than a model. */
  async holdsRows(path: string): Promise<boolean> {
    const found = await backend.call('inspect_files', { paths: [path], mapping: { format: 'auto', columns: {} } }).catch(() => null);
    return !!found?.rows.length;
  }

  async #look(items: Item[], { mapping }: ReadingOptions): Promise<void> {
    const look = ++this.#looks;
    this.first = null;
    const paths = items.flatMap((item) => ('path' in item ? [item.path] : []));
    if (!backend.namesFiles || paths.length < items.length) return;
    // What cannot be looked at cannot be imported either, and the import says why.
    const found = await backend.call('inspect_files', { paths, mapping }).catch(() => null);
    if (look === this.#looks) this.first = found;
  }
}

export const importing = new Importing();

/** Whether the files of a dataset can be read again: those whose place is known. */
export function readable({ files }: Dataset): boolean {
  return files.length > 0 && files.every((file) => /^(\/|[A-Za-z]:|\\\\)/.test(file));
}

