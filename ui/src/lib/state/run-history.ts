// Everything a run has reported, folded into columns that a chart can read. Pure: the same events give the same
// history, in whatever groups they come. Typed arrays, because 100,000 steps must not become reactive objects.
import type { Event, Plan, RunRecord, RunWork, RunState, Sentence, WireError } from '$lib/protocol';

/** A column of numbers that grows. */
export class Column {
  length = 0;
  #values = new Float64Array(1024);

  push(value: number): void {
    if (this.length === this.#values.length) {
      const wider = new Float64Array(this.length * 2);
      wider.set(this.#values);
      this.#values = wider;
    }
    this.#values[this.length++] = value;
  }

  at(index: number): number {
    return index >= 0 && index < this.length ? (this.#values[index] as number) : NaN;
  }

  set(index: number, value: number): void {
    this.#values[index] = value;
  }

  get last(): number {
    return this.at(this.length - 1);
  }

  cut(length: number): void {
    this.length = Math.min(this.length, length);
  }

  /** The values so far; not a copy. */
  view(): Float64Array {
    return this.#values.subarray(0, this.length);
  }

  /** The first index whose value is greater than `value`; the column must rise. */
  after(value: number): number {
    let low = 0;
    let high = this.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.at(middle) > value) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

export interface Preparing {
  what: Sentence;
  fraction: number;
}

export interface Working {
  work: RunWork;
  /** The step, or the one that is measured after; 0 is before the first. */
  step: number;
  /** Rows. */
  done: number;
  total: number;
}

/** What a curve can run over: steps, learned tokens, or milliseconds spent training. */
export const axes = ['step', 'tokens', 'time'] as const;
export type Axis = (typeof axes)[number];

export class RunHistory {
  /** The last record seen. */
  seq = 0;
  plan: Plan | null = null;
  status: RunState | null = null;
  preparing: Preparing | null = null;
  /** The step or the measurement at work, where it takes more than a moment. */
  working: Working | null = null;
  failure: WireError | null = null;
  lastCheckpoint: number | null = null;
  /** The step that is kept, once the run is done. */
  bestStep: number | null = null;

  #window: number | null = null;

  readonly step = new Column();
  readonly epoch = new Column();
  readonly loss = new Column();
  readonly smooth = new Column();
  readonly rate = new Column();
  readonly gradient = new Column();
  readonly speed = new Column();
  readonly elapsed = new Column();
  /** Learned tokens from the first step on. */
  readonly tokens = new Column();
  readonly evalStep = new Column();
  readonly evalLoss = new Column();

  /** Folds events in; those already seen are skipped, so a reconnect may send them twice. */
  apply(events: readonly Event[]): void {
    for (const event of events) {
      if (event.seq <= this.seq) continue;
      this.seq = event.seq;
      if (event.body.kind === 'run') this.#record(event.body.record);
    }
  }

  /** Whether the last measurement is the best by far: the model was still learning. */
  get stillFalling(): boolean {
    const { evalLoss } = this;
    const before = Math.min(...evalLoss.view().subarray(0, Math.max(0, evalLoss.length - 1)));
    return evalLoss.length > 2 && evalLoss.last < 0.97 * before;
  }

  /** Milliseconds until the planned end, from the pace of the last steps; null when unknown. */
  remainingMs(): number | null {
    const steps = this.plan?.steps;
    const count = this.step.length;
    if (!steps || count < 2) return null;
    const back = Math.min(50, count - 1);
    const took = this.elapsed.last - this.elapsed.at(count - 1 - back);
    return Math.max(0, (steps - this.step.last) * (took / back));
  }

  /** What the steps are on this axis; it rises. */
  along(axis: Axis): Column {
    return { step: this.step, tokens: this.tokens, time: this.elapsed }[axis];
  }

  /** Where a step is on this axis; 0 before the first. */
  place(step: number, axis: Axis): number {
    if (axis === 'step') return step;
    const before = this.step.after(step) - 1;
    return before < 0 ? 0 : this.along(axis).at(before);
  }

  /** The index of the step nearest to this place on an axis, or -1. */
  nearest(place: number, axis: Axis = 'step'): number {
    const column = this.along(axis);
    const next = column.after(place);
    if (next === 0) return column.length ? 0 : -1;
    if (next === column.length) return next - 1;
    return place - column.at(next - 1) <= column.at(next) - place ? next - 1 : next;
  }

  /** Steps that the smoothed curve averages over. */
  get window(): number {
    return this.#window ?? Math.min(400, Math.max(4, (this.plan?.steps ?? 400) / 60));
  }

  /** Smooths over so many steps; null follows the length of the run. */
  smoothOver(window: number | null): void {
    if (window === this.#window) return;
    this.#window = window;
    this.#smoothAgain();
  }

  #record(record: RunRecord): void {
    // Whatever is told next, what was at work is done or has stopped.
    this.working = record.type === 'working' ? record : null;
    switch (record.type) {
      case 'plan':
        this.plan = record.plan;
        this.#smoothAgain();
        break;
      case 'status':
        this.status = record.status;
        if (record.status.state !== 'preparing') this.preparing = null;
        if (record.status.state === 'running' || record.status.state === 'preparing') this.failure = null;
        break;
      case 'preparing':
        this.preparing = { what: record.what, fraction: record.fraction };
        break;
      case 'step':
        this.preparing = null;
        this.step.push(record.step);
        this.epoch.push(record.epoch);
        this.loss.push(record.loss);
        this.rate.push(record.learning_rate);
        this.gradient.push(record.grad_norm);
        this.speed.push(record.tokens_per_second);
        this.elapsed.push(record.elapsed_ms);
        this.tokens.push((this.tokens.length ? this.tokens.last : 0) + record.learned_tokens);
        this.#smoothNext();
        break;
      case 'eval':
        this.evalStep.push(record.step);
        this.evalLoss.push(record.loss);
        break;
      case 'checkpoint':
        this.lastCheckpoint = record.step;
        break;
      case 'rewind':
        this.#rewind(record.step);
        break;
      // The last record of a run tells its end; no status follows it.
      case 'done':
        this.bestStep = record.best_step;
        this.status = { state: 'done' };
        break;
      case 'stopped':
        this.status = { state: 'stopped' };
        break;
      case 'error':
        this.status = { state: 'failed', message: record.message, hint: record.hint };
        this.failure = { code: record.code, message: record.message, hint: record.hint };
        break;
    }
  }

  #rewind(step: number): void {
    const kept = this.step.after(step);
    for (const column of [this.step, this.epoch, this.loss, this.smooth, this.rate, this.gradient, this.speed, this.elapsed, this.tokens]) {
      column.cut(kept);
    }
    const keptEvals = this.evalStep.after(step);
    this.evalStep.cut(keptEvals);
    this.evalLoss.cut(keptEvals);
    this.bestStep = null;
    this.failure = null;
  }

  /** An exponential mean, over about a sixtieth of the run where nobody says otherwise, free of the pull towards its start (as Adam's moments). */
  #smoothNext(): void {
    const keep = this.#keep();
    const index = this.smooth.length;
    const before = index === 0 ? 0 : this.smooth.last * (1 - keep ** index);
    this.smooth.push((before * keep + this.loss.at(index) * (1 - keep)) / (1 - keep ** (index + 1)));
  }

  #smoothAgain(): void {
    this.smooth.cut(0);
    while (this.smooth.length < this.loss.length) this.#smoothNext();
  }

  #keep(): number {
    return 1 - 1 / this.window;
  }
}
