// What people want to know of a model, in a few words.
import * as format from '$lib/format';
import type { Model } from '$lib/protocol';
import { words } from '$lib/words';

export function facts(model: Model): string[] {
  if (model.parameters === 0) return [];
  const w = words.models;
  return [`${format.short(model.parameters)} ${w.parameters.toLowerCase()}`, `${w.context} ${w.tokens(model.context_length)}`, model.family];
}
