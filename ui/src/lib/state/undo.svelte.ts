// What was done and can be taken back: by the message that told it, or later by Ctrl+Z, the last one first.
import { words } from '$lib/words';
import { toasts, type Toast } from './toasts.svelte';

interface Step {
  text: string;
  back: () => unknown;
  toast: number;
}

const most = 30;

class Undo {
  #steps: Step[] = [];

  /** Says what was done, and offers to take it back. Returns the message's number. */
  offer(text: string, back: () => unknown, tone: Toast['tone'] = 'plain'): number {
    const step: Step = { text, back, toast: 0 };
    const run = () => {
      this.#steps = this.#steps.filter((one) => one !== step);
      return back();
    };
    step.toast = toasts.show({ tone, text, action: { label: words.common.undo, run } });
    this.#steps = [...this.#steps, step].slice(-most);
    return step.toast;
  }

  /** Takes back what was done last, and says so; false when there is nothing. */
  last(): boolean {
    const step = this.#steps.pop();
    if (!step) return false;
    toasts.dismiss(step.toast);
    toasts.show({ text: words.common.undone(step.text) });
    void step.back();
    return true;
  }
}

export const undo = new Undo();
