// How large the window draws everything, kept over a restart. Browsers zoom by themselves.
import { backend } from '$lib/backend';

const key = 'tunesmith-zoom';
const steps = [0.67, 0.75, 0.8, 0.9, 1, 1.1, 1.25, 1.5, 1.75, 2];

class Zoom {
  #factor = 1;

  /** Draws as large as the last time. */
  restore(): void {
    const stored = Number(localStorage.getItem(key) ?? 1);
    if (backend.windowZoom && stored !== 1 && steps.includes(stored)) this.#set(stored);
  }

  /** One step larger (1) or smaller (-1). */
  by(direction: 1 | -1): void {
    this.#set(steps[steps.indexOf(this.#factor) + direction] ?? this.#factor);
  }

  reset(): void {
    this.#set(1);
  }

  #set(factor: number): void {
    this.#factor = factor;
    localStorage.setItem(key, String(factor));
    void backend.windowZoom?.(factor);
  }
}

export const zoom = new Zoom();
