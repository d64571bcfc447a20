// Short messages that leave by themselves, some with an Undo.
import { asWireError } from '$lib/backend';
import { say } from '$lib/words/say';

export interface ToastAction {
  label: string;
  run: () => unknown;
}

export interface Toast {
  id: number;
  tone: 'plain' | 'good' | 'bad';
  text: string;
  detail?: string;
  action?: ToastAction;
}

class Toasts {
  list = $state.raw<Toast[]>([]);
  #next = 1;
  #timers = new Map<number, ReturnType<typeof setTimeout>>();

  show(toast: Omit<Toast, 'id' | 'tone'> & { tone?: Toast['tone'] }, forMs = toast.action ? 9000 : 5000): number {
    const id = this.#next++;
    this.list = [...this.list.slice(-3), { tone: 'plain', ...toast, id }];
    this.resume(id, forMs);
    return id;
  }

  /** Says what went wrong. */
  showError(thrown: unknown, forMs?: number): void {
    const { message, hint } = asWireError(thrown);
    this.show({ tone: 'bad', text: say(message), detail: say(hint) }, forMs);
  }

  dismiss(id: number): void {
    this.hold(id);
    this.list = this.list.filter((toast) => toast.id !== id);
  }

  /** The pointer or the focus is on it: it must not vanish now. */
  hold(id: number): void {
    clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
  }

  resume(id: number, forMs = 4000): void {
    this.hold(id);
    this.#timers.set(id, setTimeout(() => this.dismiss(id), forMs));
  }
}

export const toasts = new Toasts();
