// One long command of the data room: how far it is, a way out, and what went wrong. Only the latest call counts; what
// an earlier one still says is dropped.
import { asWireError, backend, type Stop } from '$lib/backend';
import type { WireError } from '$lib/protocol';

export class Work {
  running = $state(false);
  /** From 0 to 1; null when the end is not known. */
  fraction = $state<number | null>(null);
  rows = $state(0);
  cancelling = $state(false);
  cancelled = $state(false);
  error = $state.raw<WireError | null>(null);
  #task: string | null = null;
  #unfollow: Stop | undefined;

  /** Does it under the id of a task. Null when it was cancelled, failed, or another call took its place. */
  async run<T>(call: (task: string) => Promise<T>, task = newTask()): Promise<T | null> {
    const mine = this.#begin(task);
    try {
      const reply = await call(task);
      return mine() ? reply : null;
    } catch (thrown) {
      if (mine()) this.#fail(asWireError(thrown));
      return null;
    } finally {
      if (mine()) this.forget();
    }
  }

  async cancel(): Promise<void> {
    if (!this.#task) return;
    this.cancelling = true;
    await backend.call('cancel_task', this.#task).catch(() => undefined);
  }

  /** Looks no more; the command itself goes on. */
  forget(): void {
    this.#unfollow?.();
    this.#unfollow = undefined;
    this.#task = null;
    this.running = false;
  }

  /** As if nothing had been done yet. */
  reset(): void {
    this.forget();
    Object.assign(this, { fraction: null, rows: 0, cancelling: false, cancelled: false, error: null });
  }

  #begin(task: string): () => boolean {
    this.reset();
    this.running = true;
    this.#task = task;
    const unfollow = (this.#unfollow = backend.subscribe({ topic: 'task', id: task }, 0, (events) => {
      for (const { body } of events) {
        // An earlier task of the same name may have left its end behind.
        if (body.kind === 'task' && !body.progress.done) Object.assign(this, { fraction: body.progress.fraction, rows: body.progress.rows });
      }
    }));
    return () => this.#unfollow === unfollow;
  }

  #fail(error: WireError): void {
    if (error.code === 'cancelled') this.cancelled = true;
    else this.error = error;
  }
}

const newTask = (): string => `task-${Date.now().toString(36)}-${Math.random().toString(36).slice(2, 8)}`;
