// The advanced settings in groups, and the search among them.
import type { Field } from '$lib/protocol';
import { words } from '$lib/words';
import { say } from '$lib/words/say';

export type FieldGroup = 'method' | 'rows' | 'optimizer' | 'computing' | 'measuring' | 'other';

const groups: [FieldGroup, string[]][] = [
  ['method', ['method', 'lora_alpha', 'target_modules', 'layers', 'lora_dropout', 'use_rslora', 'use_pissa', 'modules_to_save', 'trainable_token_indices', 'bias', 'init_adapter']],
  ['rows', ['task', 'learn_from', 'too_long', 'neftune_alpha']],
  ['optimizer', ['gradient_accumulation', 'max_steps', 'optimizer', 'scheduler', 'warmup_ratio', 'weight_decay', 'max_grad_norm', 'lora_plus_ratio']],
  ['computing', ['precision', 'quantization', 'gradient_checkpointing', 'device']],
  ['measuring', ['eval_every', 'save_every', 'early_stopping_patience', 'seed']],
];

/** The fields by group, in the groups' order; one that no group names is among the others. Empty groups are left out. */
export function grouped(fields: Field[]): { group: FieldGroup; fields: Field[] }[] {
  const named = new Set(groups.flatMap(([, names]) => names));
  const sorted = groups.map(([group, names]) => ({ group, fields: names.flatMap((name) => fields.filter((field) => field.name === name)) }));
  return [...sorted, { group: 'other' as const, fields: fields.filter(({ name }) => !named.has(name)) }].filter(({ fields }) => fields.length > 0);
}

/** The fields that hold every word: in their label, their help, their name in a run file or their group. */
export function found(fields: Field[], query: string): Field[] {
  const wanted = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (wanted.length === 0) return fields;
  const groupOf = (name: string): string => words.fields.groups[groups.find(([, names]) => names.includes(name))?.[0] ?? 'other'];
  return fields.filter((field) => {
    const text = [say(field.label), say(field.help), field.name, groupOf(field.name)].join(' ').toLowerCase();
    return wanted.every((word) => text.includes(word));
  });
}
