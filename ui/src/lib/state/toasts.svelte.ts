// Short messages that leave by themselves, some with an Undo.

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
