// The rows of a dataset that a person looks through: what is looked for, how many there are, and those fetched so far.
import { asWireError, backend } from '$lib/backend';
import type { Row, RowQuery, RowsPage, Split, WireError } from '$lib/protocol';
import { Work } from './work.svelte';

export interface Search {
  side: Split | null;
  text: string;
  finding: string | null;
  role: string | null;
  least: number | null;
  most: number | null;
  /** The file it came from, by the name that rows have for it. */
  file: string | null;
  line: number | null;
}

export const anyRow: Search = { side: null, text: '', finding: null, role: null, least: null, most: null, file: null, line: null };

const pageSize = 100;
/** Pages kept in memory; beyond it the longest unseen one goes. */
const keptPages = 40;
/** While somebody scrolls past, nothing is fetched. */
const restMs = 60;
const typingMs = 250;
/** A search that takes longer says how far it is. */
const patienceMs = 1000;

export class RowList {
  search = $state.raw<Search>(anyRow);
  /** Rows found; null until the first answer. */
  total = $state<number | null>(null);
  error = $state.raw<WireError | null>(null);
  /** Another search is on its way; the rows are still those of the last one. */
  looking = $state(false);
  /** The same, and for so long that one wants to know how far it is. */
  slow = $state(false);
  /** The search on its way. */
  readonly work = new Work();
  /** The line that is chosen, from 0, and whether it is shown beside the list. */
  active = $state(0);
  open = $state(true);
  /** The version of the dataset that was last asked for. */
  version: string | null = null;
  /** Counts the answers; the pages themselves lie outside of what Svelte watches. */
  #revision = $state(0);
  #pages = new Map<number, Row[] | null>();
  /** What the rows are an answer to; null where there are none. */
  #answered: Search | null = null;
  #question = 0;
  #wanted: [number, number] = [0, pageSize];
  #rest: ReturnType<typeof setTimeout> | undefined;
  #typing: ReturnType<typeof setTimeout> | undefined;
  #patience: ReturnType<typeof setTimeout> | undefined;

  constructor(
    readonly dataset: string,
    readonly model: string | null,
  ) {}

  /** Whether only some rows are looked for. */
  narrowed = $derived(Object.entries(this.search).some(([name, value]) => value !== anyRow[name as keyof Search]));
  /** How many of the filters beside the text and the side are set. */
  filters = $derived([this.search.finding, this.search.role, this.search.least ?? this.search.most, this.search.file, this.search.line].filter((value) => value !== null).length);

  /** The row of a line; undefined while it is on its way. */
  at(line: number): Row | undefined {
    void this.#revision;
    return this.#pages.get(Math.floor(line / pageSize))?.[line % pageSize];
  }

  /** Looks for other rows. What is typed is looked for when the typing rests; what was looked for before is so no more. */
  find(change: Partial<Search>): void {
    this.leave();
    this.search = { ...this.search, ...change };
    this.looking = true;
    if (change.text) this.#typing = setTimeout(() => this.reload(), typingMs);
    else this.reload();
  }

  /** Fetches anew, from the first line on. */
  reload(): void {
    void this.#look(0);
  }

  /** Fetches anew what is on screen; `version` is the one that the rows are of now. */
  refresh(version = this.version): void {
    if (version !== this.version) this.#forget();
    this.version = version;
    void this.#look(this.active);
  }

  /** Ends the search on its way, and brings back what was looked for before. */
  cancel(): void {
    this.leave();
    if (!this.#answered) return this.find(anyRow);
    this.search = this.#answered;
    void this.#fetch();
  }

  /** Ends the search on its way: nobody wants to see what it finds. */
  leave(): void {
    clearTimeout(this.#typing);
    clearTimeout(this.#patience);
    void this.work.cancel();
    this.work.forget();
    this.#question++;
    this.looking = this.slow = false;
    for (const [page, rows] of this.#pages) if (!rows) this.#pages.delete(page);
  }

  /** These lines are on screen. */
  show(first: number, end: number): void {
    this.#wanted = [first, end];
    clearTimeout(this.#rest);
    this.#rest = setTimeout(() => void this.#fetch(), restMs);
  }

  /** Asks the question that the search is. Its rows take the place of those on screen when they come. */
  async #look(active: number): Promise<void> {
    this.leave();
    const question = this.#question;
    this.looking = true;
    this.#patience = setTimeout(() => (this.slow = true), patienceMs);
    if (active === 0) this.#wanted = [0, pageSize];
    const first = Math.floor(this.#wanted[0] / pageSize);
    const found = await this.work.run((job) => this.#ask(first, job));
    if (question !== this.#question) return;
    const { error, cancelled } = this.work;
    this.leave();
    if (cancelled) return this.cancel();
    this.#forget();
    this.error = error;
    if (!found) return;
    this.#answered = this.search;
    this.#keep(first, found.rows);
    this.total = found.total;
    this.active = Math.min(active, Math.max(0, found.total - 1));
    await this.#fetch();
  }

  /** Fetches what is on screen and not there yet. */
  async #fetch(): Promise<void> {
    // The pages that are there go with the next answer, which brings the others.
    if (this.looking || !this.#answered) return;
    const [first, end] = this.#wanted;
    const pages = [];
    for (let page = Math.floor(first / pageSize); page * pageSize < Math.max(Math.min(end, this.total ?? end), first + 1); page++) pages.push(page);
    await Promise.all(pages.filter((page) => !this.#pages.has(page)).map((page) => this.#page(page)));
  }

  async #page(page: number): Promise<void> {
    const question = this.#question;
    this.#pages.set(page, null);
    try {
      const found = await this.#ask(page, null);
      if (question !== this.#question) return;
      this.#keep(page, found.rows);
      this.error = null;
    } catch (thrown) {
      if (question !== this.#question) return;
      this.#pages.delete(page);
      this.error = asWireError(thrown);
    }
    this.#revision++;
  }

  #ask(page: number, job: string | null): Promise<RowsPage> {
    const { side, ...query } = this.search;
    return backend.call('dataset_rows', { dataset: this.dataset, split: side, offset: page * pageSize, limit: pageSize, model: this.model, find: asQuery(query), job });
  }

  #forget(): void {
    this.#pages.clear();
    this.#answered = null;
    this.#revision++;
  }

  #keep(page: number, rows: Row[]): void {
    // Set anew, a page becomes the youngest.
    this.#pages.delete(page);
    this.#pages.set(page, rows);
    for (const old of this.#pages.keys()) {
      if (this.#pages.size <= keptPages) break;
      this.#pages.delete(old);
    }
  }
}

function asQuery({ text, finding, role, least, most, file, line }: Omit<Search, 'side'>): RowQuery | null {
  if (!text && [finding, role, least, most, file, line].every((value) => value === null)) return null;
  return { text, finding, role, least_characters: least, most_characters: most, file, line };
}
