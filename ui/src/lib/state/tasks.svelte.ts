// Long commands that the user waits for and may cancel: imports, and in a browser the uploads before them.
import { asWireError, backend, itemName, type Item } from '$lib/backend';
import type { Dataset, Format, Validation } from '$lib/protocol';
import { words } from '$lib/words';
import { library } from './library.svelte';

export interface Task {
  id: string;
  title: string;
  /** From 0 to 1; null when the end is not known. */
  fraction: number | null;
  cancelling: boolean;
  cancellable: boolean;
}

export interface ReadingOptions {
  format: Format;
  validation: Validation;
}

const datasetFile = /\.(jsonl|ndjson|json|csv|tsv|txt|md)$/i;

/** Files that hold rows, by their name. */
export const datasetExtensions = ['jsonl', 'ndjson', 'json', 'csv', 'tsv', 'txt', 'md'];

export const looksLikeDataset = (name: string): boolean => datasetFile.test(name);

class Tasks {
  list = $state.raw<Task[]>([]);
  #uploads = new Map<string, AbortController>();

  /** Imports files as one dataset. Null when the user cancelled; other failures are thrown as WireError. */
  importFiles(items: Item[], options: ReadingOptions): Promise<Dataset | null> {
    const title = items.length === 1 ? itemName(items[0]!) : `${itemName(items[0]!)} + ${items.length - 1}`;
    return this.#run(title, true, async (task, signal) => {
      const paths: string[] = [];
      for (const item of items) {
        this.#update(task, { title: words.datasets.uploading(itemName(item)) });
        paths.push(await backend.toPath(item, (fraction) => this.#update(task, { fraction }), signal));
      }
      this.#update(task, { title: words.datasets.importing(title), fraction: null });
      return backend.call('import_dataset', { paths, name: null, task, reuse: false, ...options });
    });
  }

  importSample(id: string, title: string): Promise<Dataset | null> {
    return this.#run(words.datasets.importing(title), false, () => backend.call('import_sample', id));
  }

  async cancel(id: string): Promise<void> {
    this.#update(id, { cancelling: true });
    this.#uploads.get(id)?.abort();
    await backend.call('cancel_task', id).catch(() => undefined);
  }

  async #run(title: string, cancellable: boolean, work: (task: string, signal: AbortSignal) => Promise<Dataset>): Promise<Dataset | null> {
    const id = `task-${Date.now().toString(36)}-${Math.random().toString(36).slice(2, 8)}`;
    this.list = [...this.list, { id, title, fraction: null, cancelling: false, cancellable }];
    const upload = new AbortController();
    this.#uploads.set(id, upload);
    const stop = backend.subscribe({ topic: 'task', id }, 0, (events) => {
      for (const { body } of events) if (body.kind === 'task') this.#update(id, { fraction: body.progress.fraction });
    });
    try {
      const dataset = await work(id, upload.signal);
      await library.refresh();
      return dataset;
    } catch (thrown) {
      const error = asWireError(thrown);
      if (error.code === 'cancelled') return null;
      throw error;
    } finally {
      stop();
      this.#uploads.delete(id);
      this.list = this.list.filter((task) => task.id !== id);
    }
  }

  #update(id: string, change: Partial<Task>): void {
    this.list = this.list.map((task) => (task.id === id ? { ...task, ...change } : task));
  }
}

export const tasks = new Tasks();
