// What the user owns: runs, models, datasets, samples and chats. The studio says that something changed; the lists
// are fetched again, whole.
import { asWireError, backend, type Stop } from '$lib/backend';
import type { Chat, Dataset, ItemKind, Model, Run, RunState, Sample, WireError } from '$lib/protocol';
import { words } from '$lib/words';
import { toasts } from './toasts.svelte';

/** Whether a run is at work, or waits to be. */
export const isActive = (status: RunState): boolean => ['preparing', 'running', 'paused'].includes(status.state);

class Library {
  /** Null until fetched for the first time. */
  runs = $state.raw<Run[] | null>(null);
  models = $state.raw<Model[] | null>(null);
  datasets = $state.raw<Dataset[] | null>(null);
  samples = $state.raw<Sample[]>([]);
  chats = $state.raw<Chat[] | null>(null);
  error = $state.raw<WireError | null>(null);
  /** The line to the studio is broken and being mended. */
  disconnected = $state(false);

  active = $derived((this.runs ?? []).filter((run) => isActive(run.status)));

  #soon: ReturnType<typeof setTimeout> | undefined;

  /** Fetches everything and follows changes. */
  follow(): Stop {
    void this.refresh();
    const stop = backend.subscribe(
      { topic: 'library' },
      0,
      (events) => {
        this.disconnected = false;
        // An empty group is a sign of life and nothing more.
        if (events.length === 0) return;
        clearTimeout(this.#soon);
        this.#soon = setTimeout(() => void this.refresh(), 80);
      },
      () => (this.disconnected = true),
    );
    // Steps are no change to the library, so the lists would not move while a run trains.
    const tick = setInterval(() => {
      if (this.disconnected) void this.refresh();
      else if (this.active.length > 0 && !document.hidden) void this.refreshRuns();
    }, 1500);
    return () => {
      stop();
      clearInterval(tick);
      clearTimeout(this.#soon);
    };
  }

  async refresh(): Promise<void> {
    try {
      const [runs, models, datasets, samples, chats] = await Promise.all([
        backend.call('list_runs', null),
        backend.call('list_models', null),
        backend.call('list_datasets', null),
        backend.call('list_samples', null),
        backend.call('list_chats', null),
      ]);
      Object.assign(this, { runs, models, datasets, samples, chats, error: null, disconnected: false });
    } catch (thrown) {
      this.error = asWireError(thrown);
    }
  }

  async refreshRuns(): Promise<void> {
    try {
      this.runs = await backend.call('list_runs', null);
    } catch {
      // The next refresh says what is wrong.
    }
  }

  run = (id: string | null): Run | undefined => this.runs?.find((run) => run.id === id);
  model = (id: string | null): Model | undefined => this.models?.find((model) => model.id === id);
  dataset = (id: string | null): Dataset | undefined => this.datasets?.find((dataset) => dataset.id === id);

  async rename(kind: ItemKind, id: string, name: string): Promise<void> {
    await this.#change(() => backend.call('rename', { item: { kind, id }, name }));
  }

  async tag(kind: ItemKind, id: string, tags: string[]): Promise<void> {
    await this.#change(() => backend.call('set_tags', { item: { kind, id }, tags }));
  }

  /** Deletes at once, and offers to undo it. */
  async remove(kind: ItemKind, id: string, name: string): Promise<boolean> {
    const deleted = await this.#change(() => backend.call('delete', { kind, id }));
    if (deleted) {
      const undo = () => this.#change(() => backend.call('restore', { kind, id }));
      toasts.show({ text: words.common.deleted(name), action: { label: words.common.undo, run: undo } });
    }
    return deleted;
  }

  async addModel(path: string): Promise<Model> {
    const model = await backend.call('add_model', { path });
    await this.refresh();
    return model;
  }

  async #change(change: () => Promise<unknown>): Promise<boolean> {
    try {
      await change();
      await this.refresh();
      return true;
    } catch (thrown) {
      const error = asWireError(thrown);
      toasts.show({ tone: 'bad', text: error.message, detail: error.hint });
      return false;
    }
  }
}

export const library = new Library();
