// Errors that arise on this side of the wire.
import type { WireError } from '$lib/protocol';
import { words } from '$lib/words';

/** The studio does not answer. */
export function lostConnection(): WireError {
  return { code: 'internal', message: words.errors.lostConnection, hint: words.errors.lostConnectionHint };
}
