// The problems of an import, fetched in order until there are enough to show; the studio gives them 500 at a time.
import { asWireError, backend } from '$lib/backend';
import type { RowProblem, WireError } from '$lib/protocol';

const fetched = 500;
export const problemsPerPage = 50;

export class ProblemList {
  /** Null is every kind. */
  kind = $state<string | null>(null);
  /** The first one shown, from 0, among those of the kind. */
  offset = $state(0);
  error = $state.raw<WireError | null>(null);
  /** More may follow. */
  more = $state(true);
  #all = $state.raw<RowProblem[]>([]);
  #busy = false;

  matching: RowProblem[] = $derived(this.kind === null ? this.#all : this.#all.filter((problem) => problem.kind === this.kind));
  page: RowProblem[] = $derived(this.matching.slice(this.offset, this.offset + problemsPerPage));
  /** The kinds met so far, the most frequent first. */
  kinds: { kind: string; count: number }[] = $derived.by(() => {
    const counts = new Map<string, number>();
    for (const { kind } of this.#all) counts.set(kind, (counts.get(kind) ?? 0) + 1);
    return [...counts].map(([kind, count]) => ({ kind, count })).sort((a, b) => b.count - a.count);
  });

  constructor(readonly dataset: string) {}

  show(kind: string | null, offset = 0): Promise<void> {
    this.kind = kind;
    this.offset = offset;
    return this.fetch();
  }

  /** Fetches until the page is full and it is known whether another follows. */
  async fetch(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    this.error = null;
    try {
      while (this.more && this.matching.length <= this.offset + problemsPerPage) {
        const next = await backend.call('dataset_problems', { dataset: this.dataset, offset: this.#all.length, limit: fetched });
        this.#all = [...this.#all, ...next];
        this.more = next.length === fetched;
      }
    } catch (thrown) {
      this.error = asWireError(thrown);
    } finally {
      this.#busy = false;
    }
  }
}
