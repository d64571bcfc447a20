// One job that a screen waits for: how far it is, a way out, and what went wrong. Only the latest call counts; what an
// earlier one still says is dropped.
import { asWireError, backend, type Stop } from '$lib/backend';
import type { JobProgress, WireError } from '$lib/protocol';
import { fractionOf, isOver, newJobId } from './job-progress';

export class Work {
  running = $state(false);
  /** What it told last; null before it has told anything. */
  progress = $state.raw<JobProgress | null>(null);
  /** From 0 to 1; null when the end is not known. */
  fraction: number | null = $derived(this.progress && fractionOf(this.progress));
  rows: number = $derived(this.progress?.rows ?? 0);
  cancelling = $state(false);
  cancelled = $state(false);
  error = $state.raw<WireError | null>(null);
  #job: string | null = null;
  #unfollow: Stop | undefined;

  /** Does it as a job of this id. Null when it was cancelled, failed, or another call took its place. */
  async run<T>(call: (job: string) => Promise<T>, job = newJobId()): Promise<T | null> {
    const mine = this.#begin(job);
    try {
      const reply = await call(job);
      return mine() ? reply : null;
    } catch (thrown) {
      if (mine()) this.#fail(asWireError(thrown));
      return null;
    } finally {
      if (mine()) this.forget();
    }
  }

  async cancel(): Promise<void> {
    if (!this.#job) return;
    this.cancelling = true;
    await backend.call('cancel_job', this.#job).catch(() => undefined);
  }

  /** Looks no more; the command itself goes on. */
  forget(): void {
    this.#unfollow?.();
    this.#unfollow = undefined;
    this.#job = null;
    this.running = false;
  }

  /** As if nothing had been done yet. */
  reset(): void {
    this.forget();
    Object.assign(this, { progress: null, cancelling: false, cancelled: false, error: null });
  }

  #begin(job: string): () => boolean {
    this.reset();
    this.running = true;
    this.#job = job;
    const unfollow = (this.#unfollow = backend.subscribe({ topic: 'job', id: job }, 0, (events) => {
      for (const { body } of events) {
        // An earlier job of the same id may have left its end behind.
        if (body.kind === 'job' && !isOver(body.job)) this.progress = body.job.progress;
      }
    }));
    return () => this.#unfollow === unfollow;
  }

  #fail(error: WireError): void {
    if (error.code === 'cancelled') this.cancelled = true;
    else this.error = error;
  }
}
