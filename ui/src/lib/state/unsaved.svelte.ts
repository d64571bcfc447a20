// What is typed and not yet saved. Whoever would throw it away asks here first; the screen that it was typed in shows
// the question.

class Unsaved {
  /** Something would be lost. */
  dirty = $state(false);
  /** What the user wants to do although it would be lost; null while there is nothing to ask. */
  #wanted = $state.raw<(() => void) | null>(null);

  /** The question is open. */
  asking = $derived(this.#wanted !== null);

  /** Does it at once where nothing would be lost, else when the user says so. */
  leave(go: () => void): void {
    if (this.dirty) this.#wanted = go;
    else go();
  }

  stay(): void {
    this.#wanted = null;
  }

  discard(): void {
    const go = this.#wanted;
    this.dirty = false;
    this.#wanted = null;
    go?.();
  }
}

export const unsaved = new Unsaved();
