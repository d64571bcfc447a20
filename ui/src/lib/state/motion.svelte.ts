// Whether things on screen may move. Where there is no graphics card each frame is drawn by the processor that trains, and
// costs it some 20 ms whatever has moved: a single spinner takes a third of a core. So while a run is at work nothing moves
// but once a second.
import { clock } from './clock.svelte';

class Motion {
  /** Nothing is animated. */
  calm = $state(false);

  /** The seconds, for what shows by them that it goes on; null where it is animated instead. */
  get seconds(): number | null {
    return this.calm ? Math.floor(clock.now / 1000) : null;
  }
}

export const motion = new Motion();
