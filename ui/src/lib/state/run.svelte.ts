// One run as it is followed: its history from the first record on, and a number that rises when there is news.
import { backend, type Stop } from '$lib/backend';
import type { Plan, Run, RunFileKind, RunState } from '$lib/protocol';
import { words } from '$lib/words';
import { clock } from './clock.svelte';
import { hasEnded, isActive, isQueued, library } from './library.svelte';
import { RunHistory } from './run-history';
import { toasts } from './toasts.svelte';
import { userHome } from './user-home.svelte';

const restMs = 1000;

export class FollowedRun {
  readonly id: string;
  readonly history = new RunHistory();
  /** Rises with every group of records; the history itself is too big to be reactive. */
  revision = $state(0);
  /** When the last news came, on the clock of `clock.svelte.ts`. */
  heardAt = performance.now();
  #toldAt = -Infinity;
  #later: ReturnType<typeof setTimeout> | undefined;
  #asked = $state(false);
  resuming = $state(false);

  run: Run | undefined = $derived.by(() => library.run(this.id));
  status: RunState | null = $derived.by(() => {
    const told = this.revision >= 0 ? this.history.status : null;
    const listed = this.run?.status;
    if (!told || !listed) return told ?? listed ?? null;
    // A process that dies writes no last record; only the studio knows that nobody trains any more.
    if (isActive(told) && listed.state === 'interrupted') return listed;
    // A run that goes on writes nothing before it is its turn; its last record is from before it was queued.
    if (hasEnded(told) && (isQueued(listed) || listed.state === 'preparing')) return listed;
    return told;
  });
  /** A stop was asked for, here or elsewhere, and has not happened yet: on a full disk it waits for room. */
  stopping: boolean = $derived.by(() => this.#asked || (this.status?.state === 'paused' && this.status.stopping));
  plan: Plan | null = $derived.by(() => (this.revision >= 0 ? this.history.plan : null) ?? this.run?.plan ?? null);

  constructor(id: string) {
    this.id = id;
  }

  follow(): Stop {
    const stop = backend.subscribe({ topic: 'run', id: this.id }, this.history.seq, (events) => {
      if (events.length === 0) return;
      const before = this.history.status?.state;
      this.history.apply(events);
      this.heardAt = performance.now();
      this.#tell(this.history.status?.state !== before);
      if (this.history.status && this.history.status.state !== before) this.#turned();
    });
    return () => {
      stop();
      clearTimeout(this.#later);
      this.#later = undefined;
    };
  }

  async stop(): Promise<void> {
    this.#asked = true;
    const asked = await this.#try(() => backend.call('stop_run', this.id));
    if (!asked) this.#asked = false;
  }

  async resume(): Promise<void> {
    this.resuming = true;
    await this.#try(() => backend.call('resume_run', this.id));
    await library.refresh();
    this.resuming = false;
  }

  async save(kind: RunFileKind): Promise<void> {
    const ending = { chart_png: 'png', chart_svg: 'svg', metrics_csv: 'csv', yaml: 'yaml' }[kind];
    await this.#try(async () => {
      const make = (save_to: string | null) => backend.call('run_file', { run: this.id, kind, save_to });
      const saved = await backend.saveFile(`${this.run?.name ?? 'run'}.${ending}`.replace(/[/\\]/g, '-'), make);
      if (saved) toasts.show({ tone: 'good', text: words.common.savedAs(userHome.shorten(saved)) });
    });
  }

  /** Shows what was heard: at once, but of news in the same second only the last. Each time the page is drawn anew, and training
      needs the processor more. */
  #tell(atOnce: boolean): void {
    if (!atOnce && performance.now() - this.#toldAt < restMs) {
      this.#later ??= setTimeout(() => this.#tell(true), clock.untilTick());
      return;
    }
    clearTimeout(this.#later);
    this.#later = undefined;
    this.#toldAt = performance.now();
    this.revision++;
  }

  #turned(): void {
    if (this.history.status?.state !== 'running') this.#asked = false;
    void library.refresh();
  }

  async #try(action: () => Promise<unknown>): Promise<boolean> {
    try {
      await action();
      return true;
    } catch (thrown) {
      toasts.showError(thrown);
      return false;
    }
  }
}
