// What the user owns: runs, models, datasets, samples and chats, and the jobs around them. The studio says that something
// changed, and the lists are fetched again, whole; how far a run is it says beside that, run by run.
import { asWireError, backend, type Stop } from '$lib/backend';
import type { ChatHead, Dataset, Event, ItemKind, Job, Model, Notice, Run, RunState, Sample, WireError } from '$lib/protocol';
import { words } from '$lib/words';
import { clock } from './clock.svelte';
import { toasts } from './toasts.svelte';
import { undo } from './undo.svelte';

/** Whether a run is at work. */
export const isActive = (status: RunState): boolean => ['preparing', 'running', 'paused'].includes(status.state);
/** Whether a run waits for its turn. */
export const isQueued = (status: RunState): boolean => status.state === 'queued';
/** Whether nothing more happens to a run by itself. */
export const hasEnded = (status: RunState): boolean => !isActive(status) && !isQueued(status);

const kinds: readonly ItemKind[] = ['run', 'dataset', 'model', 'chat'];
/** What the undo of a deletion is about. */
export const deletionOf = (kind: ItemKind, id: string): string => `${kind} ${id}`;
const isDeletion = (about: string): boolean => kinds.some((kind) => about.startsWith(`${kind} `));

const retryMs = 1500;
/** Changes come in swarms; the lists are fetched once for all of them. */
const swarmMs = 80;

class Library {
  /** Null until fetched for the first time. */
  runs = $state.raw<Run[] | null>(null);
  models = $state.raw<Model[] | null>(null);
  datasets = $state.raw<Dataset[] | null>(null);
  samples = $state.raw<Sample[]>([]);
  chats = $state.raw<ChatHead[] | null>(null);
  /** Those that have not ended, in order, and those that the last end of the program cut short. */
  jobs = $state.raw<Job[]>([]);
  /** What the user has to know of the home and has not seen yet. */
  notices = $state.raw<Notice[]>([]);
  error = $state.raw<WireError | null>(null);
  /** The line to the studio is broken and being mended. */
  disconnected = $state(false);

  active = $derived((this.runs ?? []).filter((run) => isActive(run.status)));

  #soon: ReturnType<typeof setTimeout> | undefined;
  /** Runs that have come further and are not shown so yet. */
  #progressed = new Map<string, Run>();
  #tick: ReturnType<typeof setTimeout> | undefined;
  /** The last event heard, to notice that some were missed. */
  #seq = 0;
  #lost = false;
  #asked = 0;
  #answered = 0;

  /** Fetches everything and follows changes. */
  follow(): Stop {
    void this.refresh();
    this.#seq = 0;
    const stop = backend.subscribe(
      { topic: 'library' },
      0,
      (events) => this.#hear(events),
      () => (this.disconnected = this.#lost = true),
    );
    const retry = setInterval(() => this.disconnected && void this.refresh(), retryMs);
    return () => {
      stop();
      clearInterval(retry);
      clearTimeout(this.#soon);
      clearTimeout(this.#tick);
      this.#tick = undefined;
    };
  }

  async refresh(): Promise<void> {
    const asked = ++this.#asked;
    try {
      const [runs, models, datasets, samples, chats, jobs] = await Promise.all([
        backend.call('list_runs', null),
        backend.call('list_models', null),
        backend.call('list_datasets', null),
        backend.call('list_samples', null),
        backend.call('list_chats', null),
        backend.call('list_jobs', null),
      ]);
      // An answer that a later one has overtaken is old news.
      if (asked < this.#answered) return;
      this.#answered = asked;
      // The lists are newer than what was heard before.
      this.#progressed.clear();
      Object.assign(this, { runs, models, datasets, samples, chats, jobs, error: null, disconnected: false });
      // After the lists: what is damaged is found while they are made.
      const notices = await backend.call('list_notices', null);
      if (asked === this.#answered) this.notices = notices;
    } catch (thrown) {
      this.error = asWireError(thrown);
    }
  }

  run = (id: string | null): Run | undefined => this.runs?.find((run) => run.id === id);
  model = (id: string | null): Model | undefined => this.models?.find((model) => model.id === id);
  dataset = (id: string | null): Dataset | undefined => this.datasets?.find((dataset) => dataset.id === id);
  /** The bundled sample that a dataset is. */
  sampleOf = (id: string | null): Sample | undefined => this.samples.find((sample) => sample.id === this.dataset(id)?.sample);

  async rename(kind: ItemKind, id: string, name: string): Promise<void> {
    await this.#change(() => backend.call('rename', { item: { kind, id }, name }));
  }

  async tag(kind: ItemKind, id: string, tags: string[]): Promise<void> {
    await this.#change(() => backend.call('set_tags', { item: { kind, id }, tags }));
  }

  /** Deletes at once, and offers to undo it where it can be brought back. */
  async remove(kind: ItemKind, id: string, name: string, restorable = true): Promise<boolean> {
    const deleted = await this.discard(kind, id);
    if (deleted) {
      const text = words.common.deleted(name);
      if (restorable) undo.offer(deletionOf(kind, id), text, () => this.restore(kind, id));
      else toasts.show({ text });
    }
    return deleted;
  }

  /** Deletes without a word: whoever asks for it says what became of it. */
  discard = (kind: ItemKind, id: string): Promise<boolean> => this.#change(() => backend.call('delete', { kind, id }));

  /** Takes a thing out of the bin. Its deletion is taken back with that, from wherever it was asked for. */
  async restore(kind: ItemKind, id: string): Promise<boolean> {
    const restored = await this.#change(() => backend.call('restore', { kind, id }));
    if (restored) undo.forget(deletionOf(kind, id));
    return restored;
  }

  /** Removes a thing in the bin for good; then no undo brings it back. */
  async removeForGood(kind: ItemKind, id: string): Promise<void> {
    await backend.call('delete_for_good', { kind, id });
    undo.forget(deletionOf(kind, id));
  }

  /** Removes all that is in the bin for good. */
  async emptyBin(): Promise<void> {
    await backend.call('empty_bin', null);
    undo.forgetAll(isDeletion);
  }

  /** Somebody has seen that a job was cut short. */
  async dismiss(job: string): Promise<void> {
    await this.#change(() => backend.call('cancel_job', job));
  }

  async dismissNotice(id: string): Promise<void> {
    await this.#change(() => backend.call('dismiss_notice', id));
  }

  async addModel(path: string): Promise<Model> {
    const model = await backend.call('add_model', { path });
    await this.refresh();
    return model;
  }

  #hear(events: Event[]): void {
    this.disconnected = false;
    const first = events[0]?.seq ?? this.#seq + 1;
    const missed = this.#lost || (this.#seq > 0 && first !== this.#seq + 1);
    this.#seq = events.at(-1)?.seq ?? this.#seq;
    this.#lost = false;
    for (const { body } of events) if (body.kind === 'run_changed') this.#replace(body.run);
    if (missed || events.some(({ body }) => body.kind === 'library')) this.#refreshSoon();
  }

  /** A run in a new state is shown at once. How far one is is drawn together with the next tick of the clock: each drawing costs
      the processor that trains. */
  #replace(run: Run): void {
    this.#progressed.set(run.id, run);
    if (this.run(run.id)?.status.state !== run.status.state) this.#showProgress();
    else this.#tick ??= setTimeout(() => this.#showProgress(), clock.untilTick());
  }

  #showProgress(): void {
    clearTimeout(this.#tick);
    this.#tick = undefined;
    this.runs = this.runs?.map((run) => this.#progressed.get(run.id) ?? run) ?? null;
    this.#progressed.clear();
  }

  #refreshSoon(): void {
    clearTimeout(this.#soon);
    this.#soon = setTimeout(() => void this.refresh(), swarmMs);
  }

  async #change(change: () => Promise<unknown>): Promise<boolean> {
    try {
      await change();
      await this.refresh();
      return true;
    } catch (thrown) {
      toasts.showError(thrown);
      return false;
    }
  }
}

export const library = new Library();
