// The one import that the data screens show: how to read, what the files begin with, what went wrong. How far it is,
// jobs know. Where nobody can know what the columns mean, the user is asked before anything is imported.
import { asWireError, backend, type Item } from '$lib/backend';
import type { Dataset, Inspection, WireError } from '$lib/protocol';
import { jobs, type ReadingOptions } from '$lib/state/jobs.svelte';
import { MappingDraft, sheetsOf } from '$lib/state/mapping.svelte';
import { toasts } from '$lib/state/toasts.svelte';
import { words } from '$lib/words';

/** What the columns mean: asked, and what becomes of the answer. */
export interface ColumnQuestion {
  draft: MappingDraft;
  options: ReadingOptions;
  /** Takes the answer; null imports nothing. */
  answer: (options: ReadingOptions | null) => void;
}

class Importing {
  options = $state.raw<ReadingOptions>({ mapping: { format: 'auto', columns: {} }, validation: 'auto' });
  error = $state.raw<WireError | null>(null);
  /** The first rows of the files being read. */
  first = $state.raw<Inspection | null>(null);
  /** The first rows are on their way. */
  looking = $state(false);
  /** What waits for the user to say what the columns mean. */
  question = $state.raw<ColumnQuestion | null>(null);
  #looks = 0;

  /** Imports files and shows their first rows meanwhile; null when it was cancelled or failed. Asks what the columns mean
      where they say nothing, which sheet is meant where there are several, and with `ask` in any case. */
  async files(items: Item[], options = this.options, ask = false): Promise<Dataset | null> {
    this.error = null;
    this.question?.answer(null);
    const look = ++this.#looks;
    this.first = null;
    const paths = await this.#told(() => jobs.handOver(items));
    if (!paths) return null;
    // What cannot be looked at cannot be imported either, and the import says why.
    this.looking = true;
    const found = await backend.call('inspect_files', { paths, mapping: options.mapping }).catch(() => null);
    this.looking = false;
    const said = found && (ask || isUnknown(found) || (options.mapping.sheet === undefined && sheetsOf(found).length > 0)) ? await this.#ask(paths, found, options) : options;
    if (!said) return null;
    if (look === this.#looks) this.first = found;
    const dataset = await this.take(() => jobs.importFiles(paths, said));
    if (look === this.#looks) this.first = null;
    return dataset;
  }

  /** Imports rows that were pasted, after the user has seen how they are read. */
  text(text: string): Promise<Dataset | null> {
    return this.files([{ file: new File([text], pastedName(text)) }], this.options, true);
  }

  /** Does an import; null when it was cancelled or failed, and `error` says why. */
  take(work: () => Promise<Dataset | null>): Promise<Dataset | null> {
    return this.#told(work);
  }

  /** Whether a folder holds rows, rather than a model. */
  async holdsRows(path: string): Promise<boolean> {
    const found = await backend.call('inspect_files', { paths: [path], mapping: { format: 'auto', columns: {} } }).catch(() => null);
    return !!found?.rows.length;
  }

  async #told<T>(work: () => Promise<T | null>): Promise<T | null> {
    this.error = null;
    try {
      const done = await work();
      if (!done) toasts.show({ text: words.datasets.cancelled });
      return done;
    } catch (thrown) {
      this.error = asWireError(thrown);
      return null;
    }
  }

  #ask(paths: string[], found: Inspection, options: ReadingOptions): Promise<ReadingOptions | null> {
    this.question?.answer(null);
    return new Promise((resolve) => {
      const draft = new MappingDraft(paths, options.mapping, found);
      const answer = (said: ReadingOptions | null) => {
        this.question = null;
        resolve(said);
      };
      this.question = { draft, options, answer };
    });
  }
}

export const importing = new Importing();

/** Whether an import would have to guess what the columns mean. */
function isUnknown({ mapping, parts, columns }: Inspection): boolean {
  const missing = parts.some(({ name, required }) => required && !mapping.columns[name]);
  return columns.length > 0 && (mapping.format === 'auto' || missing);
}

/** A file name whose ending says what the text is: lines of JSON, cells with tabs as spreadsheets copy them, or others. */
export function pastedName(text: string): string {
  const name = words.datasets.pastedName;
  if (/^\s*[[{]/.test(text)) return `${name}.jsonl`;
  const [line = ''] = text.trimStart().split('\n', 1);
  if (line.includes('\t')) return `${name}.tsv`;
  return /[,;|]/.test(line) || !/\s\S+\s/.test(line) ? `${name}.csv` : `${name}.txt`;
}

/** Whether the files of a dataset can be read again: those whose place is known. */
export function readable({ files }: Dataset): boolean {
  return files.length > 0 && files.every((file) => /^(\/|[A-Za-z]:|\\\\)/.test(file));
}
