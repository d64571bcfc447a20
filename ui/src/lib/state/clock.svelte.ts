// A clock that ticks every second while something on screen reads it.
import { createSubscriber } from 'svelte/reactivity';

const tickMs = 1000;

class Clock {
  #tickedAt = 0;
  #read = createSubscriber((tick) => {
    const ticked = () => {
      this.#tickedAt = performance.now();
      tick();
    };
    const timer = setInterval(ticked, tickMs);
    return () => clearInterval(timer);
  });

  /** Milliseconds on a clock that nobody sets. */
  get now(): number {
    this.#read();
    return performance.now();
  }

  /** Milliseconds until it ticks again: what can wait so long is drawn together with it. */
  untilTick(): number {
    return tickMs - ((performance.now() - this.#tickedAt) % tickMs);
  }
}

export const clock = new Clock();
