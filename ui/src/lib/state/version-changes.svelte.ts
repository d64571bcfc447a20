// What is different between two versions of a dataset, a page at a time; the studio compares them.
import { backend } from '$lib/backend';
import type { Dataset, RowChange, VersionChanges } from '$lib/protocol';
import { Work } from './work.svelte';

export const changesPerPage = 20;

export class VersionChangeList {
  before = $state(0);
  after = $state(0);
  /** Null is every kind. */
  kind = $state<RowChange | null>(null);
  /** The first one shown, from 0, among those of the kind. */
  offset = $state(0);
  /** What is shown; null until the first answer for these versions. */
  found = $state.raw<VersionChanges | null>(null);
  readonly work = new Work();

  constructor(readonly dataset: string) {}

  /** Compares two versions from their first difference on. */
  choose(before: number, after: number): Promise<void> {
    Object.assign(this, { before, after, kind: null, offset: 0, found: null });
    return this.fetch();
  }

  show(kind: RowChange | null, offset = 0): Promise<void> {
    this.kind = kind;
    this.offset = Math.max(0, offset);
    return this.fetch();
  }

  /** Asks for what is to be shown; what was asked before is not wanted any more. */
  async fetch(): Promise<void> {
    await this.leave();
    if (this.before === this.after) return;
    const { dataset, before, after, kind, offset } = this;
    const found = await this.work.run((job) => backend.call('compare_versions', { dataset, before, after, kind, offset, limit: changesPerPage, job }));
    if (found) this.found = found;
  }

  /** Ends a comparison that nobody waits for. */
  async leave(): Promise<void> {
    if (this.work.running) await this.work.cancel();
    this.work.reset();
  }
}

/** The two versions that are compared first: the one in use and the one before it. */
export function usualPair({ number, versions }: Dataset): [number, number] {
  const numbers = versions.map((version) => version.number).sort((a, b) => a - b);
  const before = numbers.filter((one) => one < number).at(-1);
  if (before !== undefined) return [before, number];
  return [number, numbers.find((one) => one > number) ?? number];
}
