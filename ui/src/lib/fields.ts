// How a setting is typed, shown and checked, from its description in the protocol. The studio checks again; this is
// so that nobody has to wait for it.
import type { Field, Kind, TrainSettings } from '$lib/protocol';
import { words } from '$lib/words';

/** What can carry an adapter outside of the blocks; not among “all-linear”. */
export const outside: readonly string[] = ['embed_tokens', 'lm_head'];

const endless = 10_000_000;

export type Typed = { value: unknown } | { problem: string };

/** A field's value in the settings. */
export function valueOf(training: TrainSettings, name: string): unknown {
  return (training as unknown as Record<string, unknown>)[name];
}

/** The settings with one value changed. */
export function withValue(training: TrainSettings, name: string, value: unknown): TrainSettings {
  return { ...training, [name]: value };
}

/** The text that stands for a value in an input. */
export function showValue(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (Array.isArray(value)) return value.join(', ');
  if (typeof value === 'number') return showNumber(value);
  return String(value);
}

/** The value of a setting where it is only read, with words for what is on, off, none or all. */
export function inWords(name: string, value: unknown): string {
  const { choices, values, on, off } = words.fields;
  if (value === null || value === undefined || value === '' || (Array.isArray(value) && value.length === 0)) return values.none!;
  if (typeof value === 'boolean') return value ? on : off;
  if (typeof value === 'object' && !Array.isArray(value)) return JSON.stringify(value);
  return choices[name]?.[String(value)] ?? values[String(value)] ?? showValue(value);
}

function showNumber(value: number): string {
  // 0.0002 reads better than 2e-4, 1e-8 better than 0.00000001.
  return value !== 0 && Math.abs(value) < 1e-5 ? value.toExponential() : String(value);
}

/** What a typed text means for a field, or what is wrong with it. */
export function readValue(kind: Kind, text: string): Typed {
  const typed = text.trim();
  switch (kind.type) {
    case 'choice':
      return kind.range.includes(typed) ? { value: typed } : { problem: words.fields.oneOf(kind.range) };
    case 'integer':
      return whole(typed, kind.range);
    case 'integer_or_auto':
      return typed === '' || typed.toLowerCase() === 'auto' ? { value: 'auto' } : whole(typed, kind.range);
    case 'optional_integer':
      return typed === '' ? { value: null } : whole(typed, kind.range);
    case 'number':
      return decimal(typed, kind.range);
    case 'modules':
      return modules(typed, kind.range);
    case 'names':
      return listed(typed, kind.range);
    case 'whole_numbers':
      return wholes(typed, kind.range);
    case 'flag':
      return typed === 'true' || typed === 'false' ? { value: typed === 'true' } : { problem: words.fields.oneOf(['true', 'false']) };
    case 'optional_number':
      return typed === '' ? { value: null } : decimal(typed, kind.range);
    case 'folder':
      return { value: typed === '' ? null : typed };
    case 'layers':
      return layers(typed);
  }
}

interface Limits {
  min: number;
  max: number;
}

function whole(typed: string, { min, max }: Limits): Typed {
  const value = Number(typed);
  if (!/^\d+$/.test(typed) || value < min || value > max) return { problem: words.fields.wholeFromTo(min, max) };
  return { value };
}

function decimal(typed: string, { min, max }: Limits): Typed {
  const value = Number(typed.replace(',', '.'));
  if (typed === '' || !Number.isFinite(value) || value < min || value > max) return { problem: words.fields.fromTo(min, max) };
  return { value };
}

function modules(typed: string, known: string[]): Typed {
  if (typed === 'all-linear') return { value: typed };
  const names = listed(typed, known);
  return 'value' in names && (names.value as string[]).length === 0 ? { problem: words.fields.modules } : names;
}

/** What is typed between commas or spaces. */
function parts(typed: string): string[] {
  return typed.split(/[\s,]+/).filter(Boolean);
}

function listed(typed: string, known: string[]): Typed {
  const names = parts(typed);
  return names.every((name) => known.includes(name)) ? { value: names } : { problem: words.fields.modules };
}

function wholes(typed: string, { min, max }: Limits): Typed {
  const texts = parts(typed);
  const numbers = texts.map(Number);
  const right = texts.every((text, place) => /^\d+$/.test(text) && numbers[place]! >= min && numbers[place]! <= max);
  return right && new Set(numbers).size === numbers.length ? { value: numbers } : { problem: words.fields.wholeNumbers(min, max) };
}

function layers(typed: string): Typed {
  const shape = /^(all|last-[1-9]\d*|\d+(\.\.\d+)?(\s*,\s*\d+(\.\.\d+)?)*)$/;
  return shape.test(typed) ? { value: typed } : { problem: words.fields.layers };
}

/** A short range for the caption under a field; none where nobody comes near its end. */
export function rangeOf(field: Field): string {
  if (!('range' in field.kind) || Array.isArray(field.kind.range) || field.kind.range.max >= endless) return '';
  return words.fields.range(field.kind.range.min, field.kind.range.max);
}

/** Whether two values of a setting are the same. */
export function sameValue(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
