// The choices of a fine-tune that has not begun. A preset is the ground, the user's changes lie over it; so another
// model can bring other presets and the changes stay.
import { asWireError, backend } from '$lib/backend';
import { sameValue, valueOf } from '$lib/fields';
import type { Field, GoodCheckpoint, Preset, Preview, Run, RunEstimate, StartRun, TrainForm, TrainSettings, WireError } from '$lib/protocol';
import { library } from './library.svelte';
import { limits } from './limits.svelte';
import { Work } from './work.svelte';

export type WizardStep = 'model' | 'data' | 'settings';

interface Stored {
  model: string | null;
  dataset: string | null;
  /** Null until one is chosen: the one that suits model and data best. */
  preset: string | null;
  changes: Record<string, unknown>;
  name: string;
}

/** What is kept over a reload: the choices, and those of a fine-tune that was begun before and not started. */
interface Kept extends Stored {
  draft?: Stored | null;
}

const key = 'tunesmith-wizard';
const restMs = 250;
/** A preview that takes longer says how far it is. */
const patienceMs = 1000;
/** A diverged run is tried again with a third of its learning rate, in two digits. */
const lowerRate = (rate: number): number => Number((rate / 3).toPrecision(2));
const fresh: Stored = { model: null, dataset: null, preset: null, changes: {}, name: '' };

class Wizard {
  model = $state<string | null>(null);
  dataset = $state<string | null>(null);
  presetId = $state<string | null>(null);
  changes = $state.raw<Record<string, unknown>>({});
  name = $state('');
  /** The choices of a fine-tune that was begun and not started; another was begun since. */
  draft = $state.raw<Stored | null>(null);
  /** What was typed and cannot be used, by setting. */
  invalid = $state.raw<Record<string, string>>({});
  form = $state.raw<TrainForm | null>(null);
  preview = $state.raw<Preview | null>(null);
  /** The preview is out of date and a new one is on its way. */
  looking = $state(false);
  /** The same, and for so long that one wants to know how far it is. */
  slow = $state(false);
  /** The preview on its way. */
  readonly planning = new Work();
  /** How long the run will take; null while nobody knows. */
  estimate = $state.raw<RunEstimate | null>(null);
  /** The estimate on its way. It comes after the preview, so that a start need not wait for it. */
  readonly estimating = new Work();
  error = $state.raw<WireError | null>(null);
  starting = $state(false);

  /** The preset that a bundled sample brings along for the chosen model. */
  suited: Preset | undefined = $derived.by(() => {
    const sample = library.sampleOf(this.dataset);
    return sample?.model === this.model ? sample?.preset : undefined;
  });
  presets: Preset[] = $derived([...(this.suited ? [this.suited] : []), ...(this.form?.presets ?? [])]);
  preset: Preset | undefined = $derived.by(() => {
    const named = (id: string | null) => this.presets.find((preset) => preset.id === id);
    return this.form ? (named(this.presetId) ?? this.suited ?? named('balanced') ?? this.presets[0]) : undefined;
  });
  /** What the preset says, for the kind of data chosen and the limit set among its rows. */
  ground: TrainSettings | null = $derived.by(() => {
    if (!this.preset) return null;
    const text = library.dataset(this.dataset)?.format === 'text';
    const limit = this.dataset === null ? undefined : limits.taken[this.dataset];
    return { ...this.preset.training, ...(text && { task: 'text' as const }), ...(limit && { max_length: limit }) };
  });
  training: TrainSettings | null = $derived(this.ground && ({ ...this.ground, ...this.changes } as TrainSettings));
  /** The preset whose settings these are, if nobody changed any. */
  unchanged: string | null = $derived(Object.keys(this.changes).length === 0 && !(this.dataset && limits.taken[this.dataset]) ? (this.preset?.id ?? null) : null);
  request: StartRun | null = $derived(
    this.model && this.dataset && this.training
      ? { name: this.name.trim() || null, preset: this.unchanged, model: this.model, dataset: this.dataset, version: null, training: this.training }
      : null,
  );
  /** The preview found nothing that stands in the way. */
  #possible = $derived(!!this.preview?.plan && this.preview.blockers.length === 0 && this.preview.problems.length === 0);
  /** Start can be pressed. While a new preview is on its way, the start waits for it: a press must not be lost. */
  ready = $derived(!!this.request && !this.starting && Object.keys(this.invalid).length === 0 && (this.looking || this.#possible));

  #asked = 0;
  #waiting: (() => void)[] = [];
  #rest: ReturnType<typeof setTimeout> | undefined;
  #patience: ReturnType<typeof setTimeout> | undefined;
  #formFor: string | null = null;

  constructor() {
    this.#restore();
  }

  /** Begins anew. */
  reset(): void {
    this.#set(fresh);
    this.remember();
  }

  /** Begins anew, and keeps what was chosen before aside. */
  beginAnew(): void {
    const begun = this.dataset !== null || Object.keys(this.changes).length > 0 || this.name !== '';
    if (begun) this.draft = this.#stored();
    this.reset();
  }

  /** Goes on with what was kept aside. */
  continueDraft(): void {
    if (!this.draft) return;
    this.#set(this.draft);
    this.forgetDraft();
  }

  forgetDraft(): void {
    this.draft = null;
    this.remember();
  }

  /** The choices of an earlier run, to train again; with others in the place of some. */
  async like(run: Run, others: Partial<TrainSettings> = {}): Promise<void> {
    this.#set({ ...fresh, model: run.model, dataset: run.dataset });
    await this.loadForm();
    if (!this.ground) return;
    const [ground, training] = [this.ground, { ...run.config.training, ...others }];
    const names = Object.keys(training).filter((name) => !sameValue(valueOf(training, name), valueOf(ground, name)));
    this.changes = Object.fromEntries(names.map((name) => [name, valueOf(training, name)]));
    this.remember();
  }

  /** The choices of a run that diverged, to go on from a checkpoint of it with a lower learning rate. */
  async continueFrom(run: Run, checkpoint: GoodCheckpoint): Promise<void> {
    const learning_rate = lowerRate(run.config.training.learning_rate);
    // A run begins with PiSSA or with another adapter, not with both.
    await this.like(run, { init_adapter: checkpoint.path, learning_rate, use_pissa: false });
  }

  /** The settings form for the chosen model. */
  async loadForm(): Promise<void> {
    const model = this.model;
    if (!model || (this.#formFor === model && this.form)) return;
    this.#formFor = model;
    try {
      const form = await backend.call('train_form', model);
      if (this.model === model) this.form = form;
    } catch (thrown) {
      this.#formFor = null;
      this.error = asWireError(thrown);
    }
  }

  /** Takes a value that was typed. */
  change(field: Field, value: unknown): void {
    const { [field.name]: _, ...others } = this.changes;
    const same = this.ground && sameValue(valueOf(this.ground, field.name), value);
    this.changes = same ? others : { ...others, [field.name]: value };
    this.refuse(field, null);
  }

  /** Notes that what was typed cannot be used; null takes the note back. */
  refuse(field: Field, problem: string | null): void {
    const { [field.name]: _, ...others } = this.invalid;
    this.invalid = problem === null ? others : { ...others, [field.name]: problem };
  }

  /** Takes back what was changed or typed for a setting, by its name. */
  forget(name: string): void {
    const { [name]: _, ...changes } = this.changes;
    const { [name]: __, ...invalid } = this.invalid;
    Object.assign(this, { changes, invalid });
    this.remember();
  }

  resetAll(): void {
    this.changes = {};
    this.invalid = {};
  }

  /** Asks, a moment after the last change, what the run would do. A preview of older choices is of no use any more. */
  look(request: StartRun | null): void {
    clearTimeout(this.#rest);
    clearTimeout(this.#patience);
    for (const work of [this.planning, this.estimating]) {
      void work.cancel();
      work.forget();
    }
    this.#asked++;
    this.slow = false;
    if (!request) return this.#looked();
    this.looking = true;
    this.#rest = setTimeout(() => void this.#ask(request, this.#asked), restMs);
  }

  /** Nobody looks at the preview any more; a start that waits for it still does. */
  leave(): void {
    if (!this.starting) this.look(null);
  }

  async start(): Promise<Run | null> {
    this.starting = true;
    this.error = null;
    try {
      if (this.looking) await new Promise<void>((looked) => this.#waiting.push(looked));
      // The preview says what stands in the way.
      if (!this.request || !this.#possible) return null;
      const run = await backend.call('start_run', this.request);
      await library.refresh();
      this.reset();
      return run;
    } catch (thrown) {
      this.error = asWireError(thrown);
      return null;
    } finally {
      this.starting = false;
    }
  }

  /** Keeps the choices over a reload. */
  remember(): void {
    const kept: Kept = { ...this.#stored(), draft: this.draft };
    sessionStorage.setItem(key, JSON.stringify(kept));
  }

  #stored(): Stored {
    return { model: this.model, dataset: this.dataset, preset: this.presetId, changes: this.changes, name: this.name };
  }

  async #ask(request: StartRun, asked: number): Promise<void> {
    this.#patience = setTimeout(() => (this.slow = true), patienceMs);
    const preview = await this.planning.run((job) => backend.call('preview_run', { start: request, job }));
    if (asked !== this.#asked) return;
    this.preview = preview;
    this.error = this.planning.error;
    this.#looked();
    if (!preview?.plan?.fit.fits) this.estimate = null;
    else await this.#estimate(request, asked);
  }

  async #estimate(request: StartRun, asked: number): Promise<void> {
    const estimate = await this.estimating.run((job) => backend.call('estimate_run', { start: request, job }));
    if (asked === this.#asked) this.estimate = estimate;
  }

  #looked(): void {
    clearTimeout(this.#patience);
    this.looking = this.slow = false;
    for (const looked of this.#waiting.splice(0)) looked();
  }

  #restore(): void {
    if (typeof sessionStorage === 'undefined') return;
    try {
      const { draft = null, ...stored } = JSON.parse(sessionStorage.getItem(key) ?? '{}') as Partial<Kept>;
      this.#set({ ...fresh, ...stored });
      this.draft = draft;
    } catch {
      this.#set(fresh);
    }
  }

  #set(stored: Stored): void {
    this.model = stored.model;
    this.dataset = stored.dataset;
    this.presetId = stored.preset;
    this.changes = stored.changes;
    this.name = stored.name;
    this.invalid = {};
    this.preview = null;
    this.estimate = null;
    this.error = null;
  }
}

export const wizard = new Wizard();
