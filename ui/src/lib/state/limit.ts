// The length limit of each dataset: one number for the X-ray of its rows, the line over their lengths and the fine-tune
// that learns from them. While a fine-tune of the dataset is being set up it is the one in its form; else it can be
// tried out here, and counts once it is taken.
import { limits } from './limits.svelte';
import { wizard } from './wizard.svelte';

/** The limit of a fine-tune whose settings are not known yet, as the form has it. */
const usual = 1024;
/** What the form takes at least and at most. */
export const limitRange = { min: 8, max: 131_072 } as const;

/** Whether a fine-tune of the dataset is being set up, so that its form has the limit. */
export const settingUp = (dataset: string): boolean => wizard.dataset === dataset;

/** What a fine-tune of the dataset would cut at, in tokens. */
export function limitInUse(dataset: string): number {
  if (settingUp(dataset) && typeof wizard.changes.max_length === 'number') return wizard.changes.max_length;
  return limits.taken[dataset] ?? wizard.preset?.training.max_length ?? usual;
}

/** The limit on screen, in tokens. */
export const limitOf = (dataset: string): number => (settingUp(dataset) ? limitInUse(dataset) : (limits.tried[dataset] ?? limitInUse(dataset)));

/** Where rows are cut for a model that reads so many tokens at most; 0 where its config does not say. */
export const cutFor = (limit: number, context: number): number => (context > 0 ? Math.min(limit, context) : limit);

/** Moves the limit on screen; a fine-tune that is being set up takes it at once. */
export function moveLimit(dataset: string, tokens: number): void {
  const wanted = Math.min(limitRange.max, Math.max(limitRange.min, tokens));
  if (!settingUp(dataset)) return limits.try(dataset, wanted);
  limits.take(dataset, wanted);
  wizard.forget('max_length');
}

/** Lets the next fine-tune of the dataset begin with the limit on screen. */
export const takeLimit = (dataset: string): void => limits.take(dataset, limitOf(dataset));

/** Goes back to the limit that is in use. */
export const dropTried = (dataset: string): void => limits.try(dataset, null);
