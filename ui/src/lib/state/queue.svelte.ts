// The line that runs stand in while another trains: who stands where, what is before whom, and what can be done about it.
import { tick } from 'svelte';
import { backend } from '$lib/backend';
import type { Job, Move, Run } from '$lib/protocol';
import { words } from '$lib/words';
import { isQueued, library } from './library.svelte';
import { toasts } from './toasts.svelte';

/** A queued run. */
export interface Waiting {
  run: Run;
  /** It does not start before it is released. */
  held: boolean;
  /** From 0. */
  place: number;
  /** How many runs train and start before it. */
  before: number;
  canGoUp: boolean;
  canGoDown: boolean;
}

/** The jobs that train, in order. */
const trainJobs = (jobs: readonly Job[]): Job[] => jobs.filter((job) => job.kind === 'train');
const isWaiting = ({ state }: Job): boolean => state.state === 'queued';

/** The run that has the device now, or null while the next one may start. */
export function atWork(jobs: readonly Job[]): Job | null {
  return trainJobs(jobs).find((job) => !isWaiting(job)) ?? null;
}

/** The queued runs, in the order in which they start. A run that the jobs do not name yet has come last. */
export function inLine(jobs: readonly Job[], runs: readonly Run[]): Waiting[] {
  const order = trainJobs(jobs).map(({ id }) => id);
  const placeOf = ({ id }: Run) => (order.includes(id) ? order.indexOf(id) : order.length);
  const waiting = runs.filter(({ status }) => isQueued(status)).sort((a, b) => placeOf(a) - placeOf(b) || a.started_ms - b.started_ms);
  const held = (run: Run) => run.status.state === 'queued' && run.status.held;
  return waiting.map((run, place) => ({
    run,
    held: held(run),
    place,
    before: (atWork(jobs) ? 1 : 0) + waiting.slice(0, place).filter((one) => !held(one)).length,
    canGoUp: place > 0,
    canGoDown: place < waiting.length - 1,
  }));
}

/** The name of the run after which a new one would start; null where it would start at once. */
export function lastBefore(jobs: readonly Job[], runs: readonly Run[]): string | null {
  const going = inLine(jobs, runs).filter(({ held }) => !held);
  if (going.length > 0) return going.at(-1)!.run.name;
  const job = atWork(jobs);
  return job && (runs.find(({ id }) => id === job.id)?.name ?? job.title);
}

class Queue {
  waiting: Waiting[] = $derived(inLine(library.jobs, library.runs ?? []));
  /** After which run a new one would start; null where it would start at once. */
  last: string | null = $derived(lastBefore(library.jobs, library.runs ?? []));
  /** What was done last, for those who do not see it. */
  said = $state('');

  of = (id: string): Waiting | undefined => this.waiting.find(({ run }) => run.id === id);

  move = (id: string, to: Move): Promise<void> => this.#change(id, () => backend.call('move_job', { job: id, to }));
  hold = (id: string): Promise<void> => this.#change(id, () => backend.call('hold_job', id));
  release = (id: string): Promise<void> => this.#change(id, () => backend.call('release_job', id));

  /** Puts it first, and lets it go where it was held: it is the next to start. */
  startNext(id: string): Promise<void> {
    return this.#change(id, async () => {
      await backend.call('move_job', { job: id, to: 'first' });
      if (this.of(id)?.held) await backend.call('release_job', id);
    });
  }

  /** Takes it out of the queue; what it is started with is kept, so that it can come back. */
  async leave(id: string): Promise<void> {
    const name = this.of(id)?.run.name ?? '';
    await this.#change(id, async () => {
      await backend.call('stop_run', id);
      const again = () => this.#change(id, () => backend.call('resume_run', id));
      toasts.show({ text: words.queue.left(name), action: { label: words.run.resume, run: again } });
    });
  }

  async #change(id: string, change: () => Promise<unknown>): Promise<void> {
    try {
      await change();
    } catch (thrown) {
      toasts.showError(thrown);
    }
    await library.refresh();
    await tick();
    const now = this.of(id);
    this.said = now ? words.queue.stands(now.run.name, now.place + 1, this.waiting.length, now.held) : '';
  }
}

export const queue = new Queue();
