// How the last actions are taken back: with the message that tells of one, or with Ctrl+Z, also when the message has gone.
import { words } from '$lib/words';
import { toasts, type Toast } from './toasts.svelte';
import { unsaved } from './unsaved.svelte';

interface Step {
  /** What it changed, where of that only the last change can be taken back. */
  about: string | null;
  text: string | null;
  run: () => unknown;
  toast: number | null;
}

const most = 50;

class Undo {
  #steps: Step[] = [];

  /**
   * Offers to take an action back; without a text, nothing is said of it. A later one about the same thing takes the place
   * of an earlier. Returns the number of the message.
   */
  offer(about: string | null, text: string | null, run: () => unknown, tone: Toast['tone'] = 'plain'): number | null {
    const replaced = about === null ? undefined : this.#steps.find((step) => step.about === about);
    if (replaced) this.#forget(replaced);
    const step: Step = { about, text, run, toast: null };
    if (text !== null) step.toast = toasts.show({ tone, text, action: { label: words.common.undo, run: () => this.#take(step) } });
    this.#steps = [...this.#steps.slice(1 - most), step];
    return step.toast;
  }

  /** The action about this can no longer be taken back, or was taken back in another way. */
  forget(about: string): void {
    this.forgetAll((one) => one === about);
  }

  forgetAll(isGone: (about: string) => boolean): void {
    for (const step of this.#steps) if (step.about !== null && isGone(step.about)) this.#forget(step);
  }

  /** Takes the last action back, and says which; false where there is none. */
  last(): boolean {
    const step = this.#steps.at(-1);
    if (!step) return false;
    void this.#take(step, () => step.text !== null && toasts.show({ text: words.common.undone(step.text) }));
    return true;
  }

  /** What is typed and not saved is asked about first; until then the step can still be taken back. */
  #take(step: Step, then?: () => unknown): unknown {
    let done: unknown;
    unsaved.leave(() => {
      this.#forget(step);
      done = step.run();
      then?.();
    });
    return done;
  }

  #forget(step: Step): void {
    this.#steps = this.#steps.filter((one) => one !== step);
    if (step.toast !== null) toasts.dismiss(step.toast);
  }
}

export const undo = new Undo();
