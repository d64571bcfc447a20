// Which rows are held out, as something to choose from and in words.
import { itemName } from '$lib/backend';
import type { Dataset, DatasetVersion, Validation } from '$lib/protocol';
import { words } from '$lib/words';

const w = words.datasets;
const shares: Validation[] = ['auto', 0, 0.1, 0.2];

/** The choice that asks for a file. */
export const another = 'another';

/** A rule in a few words. */
export function nameOf(rule: Validation): string {
  if (rule === 'auto') return w.validations.auto;
  if (typeof rule === 'string') return w.validations.rowsOf(itemName({ path: rule }));
  return rule === 0 ? w.validations.none : w.validations.share(Math.round(rule * 1000) / 10);
}

/** What there is to choose, the rule in use among it. */
export function validations(now: Validation): { value: string; label: string }[] {
  const rules = shares.includes(now) ? shares : [...shares, now];
  return [...rules.map((rule) => ({ value: String(rule), label: nameOf(rule) })), { value: another, label: w.validations.file }];
}

/** The rule that was chosen; a path is no number. */
export const validationOf = (value: string): Validation => (value === 'auto' || Number.isNaN(Number(value)) ? value : Number(value));

/** The version in use, whose rule the dataset has. */
export const inUse = ({ versions, number }: Dataset): DatasetVersion | undefined => versions.find((version) => version.number === number);
