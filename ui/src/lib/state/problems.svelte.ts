// The problems of an import, a page at a time, all or those of one kind; the studio counts them.
import { asWireError, backend } from '$lib/backend';
import type { ProblemsPage, WireError } from '$lib/protocol';

export const problemsPerPage = 50;

export class ProblemList {
  /** Null is every kind. */
  kind = $state<string | null>(null);
  /** The first one shown, from 0, among those of the kind. */
  offset = $state(0);
  /** What is shown; null until the first answer. */
  found = $state.raw<ProblemsPage | null>(null);
  error = $state.raw<WireError | null>(null);
  #asked = 0;

  constructor(readonly dataset: string) {}

  show(kind: string | null, offset = 0): Promise<void> {
    this.kind = kind;
    this.offset = Math.max(0, offset);
    return this.fetch();
  }

  async fetch(): Promise<void> {
    const mine = ++this.#asked;
    try {
      const found = await backend.call('dataset_problems', { dataset: this.dataset, kind: this.kind, offset: this.offset, limit: problemsPerPage });
      if (mine !== this.#asked) return;
      this.found = found;
      this.error = null;
    } catch (thrown) {
      if (mine === this.#asked) this.error = asWireError(thrown);
    }
  }
}
