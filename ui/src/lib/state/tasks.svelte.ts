// Long commands that the user waits for and may cancel: imports, and in a browser the uploads before them.
import { asWireError, backend, itemName, type Item } from '$lib/backend';
import type { Dataset, Mapping, TaskProgress, Validation } from '$lib/protocol';
import { words } from '$lib/words';
import { library } from './library.svelte';

export interface Task {
  id: string;
  title: string;
  /** From 0 to 1; null when the end is not known. */
  fraction: number | null;
  /** Rows read so far. */
  rows: number;
  /** How fast it goes and when it ends; null while nobody can know. */
  pace: Pace | null;
  cancelling: boolean;
  cancellable: boolean;
}

export interface Pace {
  rowsPerSecond: number;
  leftMs: number | null;
}

export interface ReadingOptions {
  mapping: Mapping;
  validation: Validation;
  /** What decides the draw of the rows held out; null takes the usual. */
  seed?: number | null;
  /** Null takes the first file's. */
  name?: string | null;
}

const datasetFile = /\.(jsonl|ndjson|json|csv|tsv|parquet|txt|md)(\.(gz|zst))?$/i;

/** Files that hold rows, by the end of their name. */
export const datasetExtensions = ['jsonl', 'ndjson', 'json', 'csv', 'tsv', 'parquet', 'txt', 'md', 'gz', 'zst'];

/** The first moments say nothing about the rest. */
const settledMs = 700;

/** How fast rows are read, after so long. */
export function paceOf({ rows, fraction }: Pick<TaskProgress, 'rows' | 'fraction'>, elapsedMs: number): Pace | null {
  if (elapsedMs < settledMs || rows === 0) return null;
  return { rowsPerSecond: rows / (elapsedMs / 1000), leftMs: fraction ? (elapsedMs * (1 - fraction)) / fraction : null };
}

export const looksLikeDataset = (name: string): boolean => datasetFile.test(name);

class Tasks {
  list = $state.raw<Task[]>([]);
  #uploads = new Map<string, AbortController>();

  /** Imports files as one dataset. Null when the user cancelled; other failures are thrown as WireError. */
  importFiles(items: Item[], { name = null, seed = null, ...options }: ReadingOptions): Promise<Dataset | null> {
    const title = words.datasets.filesNamed(itemName(items[0]!), items.length - 1);
    return this.#run(title, true, async (task, signal) => {
      const paths: string[] = [];
      for (const item of items) {
        this.#update(task, { title: words.datasets.uploading(itemName(item)) });
        paths.push(await backend.toPath(item, (fraction) => this.#update(task, { fraction }), signal));
      }
      this.#update(task, { title: words.datasets.importing(title), fraction: null });
      return backend.call('import_dataset', { paths, name, seed, task, reuse: false, ...options });
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
    this.list = [...this.list, { id, title, fraction: null, rows: 0, pace: null, cancelling: false, cancellable }];
    const upload = new AbortController();
    this.#uploads.set(id, upload);
    // Reading begins with the first news; an upload before it tells nothing about how fast rows are read.
    let beganMs = 0;
    const pace = (progress: TaskProgress) => paceOf(progress, Date.now() - (beganMs ||= Date.now()));
    const stop = backend.subscribe({ topic: 'task', id }, 0, (events) => {
      for (const { body } of events) if (body.kind === 'task' && !body.progress.done) this.#update(id, { fraction: body.progress.fraction, rows: body.progress.rows, pace: pace(body.progress) });
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
