// Errors that arise on this side of the wire.
import type { WireError } from '$lib/protocol';
import { words } from '$lib/words';

/** The user thought better of it. */
export function cancelled(): WireError {
  return { code: 'cancelled', message: words.datasets.cancelled, hint: '' };
}

/** The studio does not answer. */
export function lostConnection(): WireError {
  return { code: 'internal', message: words.errors.lostConnection, hint: words.errors.lostConnectionHint };
}
