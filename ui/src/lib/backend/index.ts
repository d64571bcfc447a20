// Picks the host once, before the first screen is drawn.
import type { Backend } from './types';

export * from './types';

export let backend: Backend;

/** For tests and for `connect`. */
export function setBackend(chosen: Backend): void {
  backend = chosen;
}

/** Finds out where the screen runs and connects it. */
export async function connect(): Promise<void> {
  if ('__TAURI_INTERNALS__' in window) {
    setBackend((await import('./tauri')).tauri());
  } else if (import.meta.env.DEV && new URLSearchParams(location.search).has('mock')) {
    setBackend((await import('./mock')).mock(new URLSearchParams(location.search).get('mock') ?? ''));
  } else {
    setBackend((await import('./http')).http());
  }
}
