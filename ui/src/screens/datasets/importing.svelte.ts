// The one import that the data screens show: how to read, how far it is, what went wrong.
import { asWireError } from '$lib/backend';
import type { Dataset, WireError } from '$lib/protocol';
import type { ReadingOptions } from '$lib/state/tasks.svelte';
import { toasts } from '$lib/state/toasts.svelte';
import { words } from '$lib/words';

class Importing {
  options = $state.raw<ReadingOptions>({ format: 'auto', validation: 'auto' });
  error = $state.raw<WireError | null>(null);

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
}

export const importing = new Importing();
