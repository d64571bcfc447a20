// What a run's result answers to a few held-out rows, beside its base model, and what that says of the result.
import { backend } from '$lib/backend';
import type { ComparedRow, Comparison, Run } from '$lib/protocol';
import { library } from './library.svelte';
import { Work } from './work.svelte';

export type Verdict = 'better' | 'endless' | 'repeats' | 'no-better' | 'close';

/** Base models up to this size are asked without being told to: they are in memory in a moment. */
const smallBytes = 1_500_000_000;
/** Less than this is no difference among three answers. */
const noticeable = 0.02;
/** Answers that have less in common with the expected ones are other answers. */
const alike = 0.6;

const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);

/** What the answers say of the model that was tuned; the worst first. */
export function verdict({ rows }: Comparison): Verdict {
  if (rows.some(({ tuned }) => tuned.repeats)) return 'repeats';
  if (rows.some(({ tuned }) => !tuned.ends)) return 'endless';
  const bases = rows.flatMap(({ base }) => (base ? [base.f1] : []));
  const tuned = mean(rows.map((row: ComparedRow) => row.tuned.f1));
  // What was trained from scratch has nothing to be better than.
  if (bases.length > 0 && tuned <= mean(bases) + noticeable) return 'no-better';
  return tuned >= alike ? 'better' : 'close';
}

export class ComparedRun {
  value = $state.raw<Comparison | null>(null);
  /** It was asked, and no row asks anything. */
  nothing = $state(false);
  verdict: Verdict | null = $derived(this.value && verdict(this.value));
  readonly work = new Work();

  constructor(readonly run: string) {}

  /** Shows what is known, and asks where that takes only a moment. */
  async begin(run: Run): Promise<void> {
    try {
      this.value = await backend.call('compare_run', { run: this.run, only_known: true, job: null });
    } catch {
      // It is asked anew below, and says then what is wrong.
    }
    const size = library.model(run.model)?.size_bytes;
    if (!this.value && size !== undefined && size <= smallBytes && library.active.length === 0) await this.ask();
  }

  async ask(): Promise<void> {
    const asked = await this.work.run((job) => backend.call('compare_run', { run: this.run, only_known: false, job }).then((value) => ({ value })));
    if (!asked) return;
    this.value = asked.value;
    this.nothing = asked.value === null;
  }
}
