// How the last actions are taken back: with the toast that tells of one, or with Ctrl+Z, also when the toast has gone.
import { words } from '$lib/words';
import { toasts } from './toasts.svelte';

interface Step {
  /** What it changed. Of one thing only the last change can be taken back. */
  about: string;
  run: () => unknown;
  toast: number | null;
}

const most = 50;

class Undo {
  #steps: Step[] = [];

  /** Offers to take an action back; without a text, nothing is said of it. */
  offer(about: string, text: string | null, run: () => unknown): void {
    const replaced = this.#steps.find((step) => step.about === about);
    if (replaced) this.#forget(replaced);
    const step: Step = { about, run, toast: null };
    if (text !== null) step.toast = toasts.show({ text, action: { label: words.common.undo, run: () => this.#take(step) } });
    this.#steps = [...this.#steps.slice(1 - most), step];
  }

  /** Takes the last action back; false where there is none. */
  last(): boolean {
    const step = this.#steps.at(-1);
    if (step) this.#take(step);
    return step !== undefined;
  }

  #take(step: Step): unknown {
    this.#forget(step);
    return step.run();
  }

  #forget(step: Step): void {
    this.#steps = this.#steps.filter((one) => one !== step);
    if (step.toast !== null) toasts.dismiss(step.toast);
  }
}

export const undo = new Undo();
