// The rows to hold out, as a list to choose from.
import type { Validation } from '$lib/protocol';
import { words } from '$lib/words';

const named = Object.entries(words.datasets.validations).map(([value, label]) => ({ value, label }));

/** Automatic first: an object puts the names that are numbers before it. */
export const validations = [...named.filter(({ value }) => value === 'auto'), ...named.filter(({ value }) => value !== 'auto')];

export const validationOf = (value: string): Validation => (value === 'auto' ? 'auto' : Number(value));
