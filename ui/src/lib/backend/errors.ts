// Errors that arise on this side of the wire.
import type { WireError } from '$lib/protocol';
import { words } from '$lib/words';
import { nothing, verbatim } from '$lib/words/say';

/** The user thought better of it. */
export function cancelled(): WireError {
  return { code: 'cancelled', message: verbatim(words.datasets.cancelled), hint: nothing };
}

/** The studio does not answer. */
export function lostConnection(): WireError {
  return { code: 'internal', message: verbatim(words.errors.lostConnection), hint: verbatim(words.errors.lostConnectionHint) };
}
