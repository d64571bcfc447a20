// A clock that ticks every second while something on screen reads it.
import { createSubscriber } from 'svelte/reactivity';

const tickMs = 1000;

class Clock {
  #read = createSubscriber((tick) => {
    const timer = setInterval(tick, tickMs);
    return () => clearInterval(timer);
  });

  /** Milliseconds on a clock that nobody sets. */
  get now(): number {
    this.#read();
    return performance.now();
  }
}

export const clock = new Clock();
