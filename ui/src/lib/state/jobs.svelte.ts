// The imports at work, and in a browser the uploads before them: how far each is, and a way out.
import { asWireError, backend, itemName, type Item } from '$lib/backend';
import type { Dataset, JobProgress, Mapping, Validation } from '$lib/protocol';
import { words } from '$lib/words';
import { fractionOf, newJobId } from './job-progress';
import { library } from './library.svelte';

/** A job as its screen shows it. */
export interface ShownJob {
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

const datasetFile = /\.(jsonl|ndjson|json|csv|tsv|xlsx|xlsm|xlsb|xls|ods|parquet|txt|md)(\.(gz|zst))?$/i;

/** Files that hold rows, by the end of their name. */
export const datasetExtensions = ['jsonl', 'ndjson', 'json', 'csv', 'tsv', 'xlsx', 'xlsm', 'xlsb', 'xls', 'ods', 'parquet', 'txt', 'md', 'gz', 'zst'];

/** The first moments say nothing about the rest. */
const settledMs = 700;

/** How fast rows are read, after so long. */
export function paceOf({ rows, fraction }: Pick<ShownJob, 'rows' | 'fraction'>, elapsedMs: number): Pace | null {
  if (elapsedMs < settledMs || rows === 0) return null;
  return { rowsPerSecond: rows / (elapsedMs / 1000), leftMs: fraction ? (elapsedMs * (1 - fraction)) / fraction : null };
}

export const looksLikeDataset = (name: string): boolean => datasetFile.test(name);

class Jobs {
  list = $state.raw<ShownJob[]>([]);
  #uploads = new Map<string, AbortController>();

  /** Hands files over to the studio, and gives the paths under which it can read them. Null when the user cancelled. */
  async handOver(items: Item[]): Promise<string[] | null> {
    if (items.every((item) => 'path' in item)) return items.map((item) => item.path);
    return this.#run(words.datasets.uploading(itemName(items[0]!)), true, async (job, signal) => {
      const paths: string[] = [];
      for (const item of items) {
        this.#update(job, { title: words.datasets.uploading(itemName(item)) });
        paths.push(await backend.toPath(item, (fraction) => this.#update(job, { fraction }), signal));
      }
      return paths;
    });
  }

  /** Imports files as one dataset. Null when the user cancelled; other failures are thrown as WireError. */
  importFiles(paths: string[], { name = null, seed = null, ...options }: ReadingOptions): Promise<Dataset | null> {
    const title = words.datasets.filesNamed(itemName({ path: paths[0]! }), paths.length - 1);
    return this.#import(title, true, (job) => backend.call('import_dataset', { paths, name, seed, job, reuse: false, ...options }));
  }

  importSample(id: string, title: string): Promise<Dataset | null> {
    return this.#import(title, false, () => backend.call('import_sample', id));
  }

  async cancel(id: string): Promise<void> {
    this.#update(id, { cancelling: true });
    this.#uploads.get(id)?.abort();
    await backend.call('cancel_job', id).catch(() => undefined);
  }

  async #import(title: string, cancellable: boolean, work: (job: string) => Promise<Dataset>): Promise<Dataset | null> {
    const dataset = await this.#run(words.datasets.importing(title), cancellable, work);
    if (dataset) await library.refresh();
    return dataset;
  }

  async #run<T>(title: string, cancellable: boolean, work: (job: string, signal: AbortSignal) => Promise<T>): Promise<T | null> {
    const id = newJobId();
    this.list = [...this.list, { id, title, fraction: null, rows: 0, pace: null, cancelling: false, cancellable }];
    const upload = new AbortController();
    this.#uploads.set(id, upload);
    // Reading begins with the first news; an upload before it tells nothing about how fast rows are read.
    let beganMs = 0;
    const told = (progress: JobProgress) => {
      const { rows } = progress;
      const fraction = fractionOf(progress);
      this.#update(id, { fraction, rows, pace: paceOf({ rows, fraction }, Date.now() - (beganMs ||= Date.now())) });
    };
    const stop = backend.subscribe({ topic: 'job', id }, 0, (events) => {
      for (const { body } of events) if (body.kind === 'job' && body.job.state.state === 'running') told(body.job.progress);
    });
    try {
      return await work(id, upload.signal);
    } catch (thrown) {
      const error = asWireError(thrown);
      if (error.code === 'cancelled') return null;
      throw error;
    } finally {
      stop();
      this.#uploads.delete(id);
      this.list = this.list.filter((job) => job.id !== id);
    }
  }

  #update(id: string, change: Partial<ShownJob>): void {
    this.list = this.list.map((job) => (job.id === id ? { ...job, ...change } : job));
  }
}

export const jobs = new Jobs();
