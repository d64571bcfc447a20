// @vitest-environment node
import { expect, test } from 'vitest';
import { inWords, readValue, showValue } from './fields';
import type { Kind } from './protocol';

const whole: Kind = { type: 'integer', range: { min: 1, max: 1024 } };
const decimal: Kind = { type: 'number', range: { min: 1e-8, max: 1 } };
const auto: Kind = { type: 'integer_or_auto', range: { min: 1, max: 100 } };
const modules: Kind = { type: 'modules', range: ['qkv_proj', 'o_proj', 'lm_head'] };
const optional: Kind = { type: 'optional_integer', range: { min: 1, max: 100 } };

const value = (kind: Kind, text: string) => {
  const read = readValue(kind, text);
  return 'value' in read ? read.value : 'refused';
};

test('whole numbers are taken within their range only', () => {
  expect(value(whole, '16')).toBe(16);
  expect(value(whole, ' 1024 ')).toBe(1024);
  for (const wrong of ['0', '1025', '1.5', '-3', '', 'many', '1e3']) expect(value(whole, wrong)).toBe('refused');
});

test('decimals may be written with an exponent or a comma', () => {
  expect(value(decimal, '2e-4')).toBe(0.0002);
  expect(value(decimal, '0,5')).toBe(0.5);
  for (const wrong of ['0', '2', '', 'NaN', 'Infinity']) expect(value(decimal, wrong)).toBe('refused');
});

test('auto is a word or nothing', () => {
  expect(value(auto, 'AUTO')).toBe('auto');
  expect(value(auto, '')).toBe('auto');
  expect(value(auto, '7')).toBe(7);
});

test('nothing typed means no limit', () => {
  expect(value(optional, '')).toBeNull();
  expect(value(optional, '0')).toBe('refused');
});

test('modules are those that the model has', () => {
  expect(value(modules, 'all-linear')).toBe('all-linear');
  expect(value(modules, 'qkv_proj, lm_head')).toEqual(['qkv_proj', 'lm_head']);
  expect(value(modules, 'q_proj')).toBe('refused');
  expect(value(modules, '')).toBe('refused');
});

test('names and whole numbers may be none', () => {
  const names: Kind = { type: 'names', range: ['embed_tokens', 'lm_head'] };
  expect(value(names, '')).toEqual([]);
  expect(value(names, 'lm_head')).toEqual(['lm_head']);
  expect(value(names, 'q_proj')).toBe('refused');
  const numbers: Kind = { type: 'whole_numbers', range: { min: 0, max: 99 } };
  expect(value(numbers, '')).toEqual([]);
  expect(value(numbers, '7, 3 12')).toEqual([7, 3, 12]);
  for (const wrong of ['7, 7', '100', '-1', '1.5', 'x']) expect(value(numbers, wrong)).toBe('refused');
});

test('layers, flags, folders and optional numbers are read', () => {
  for (const right of ['all', 'last-8', '3', '0, 4..11']) expect(value({ type: 'layers' }, right)).toBe(right);
  for (const wrong of ['', 'last-0', 'some', '4..', '-1']) expect(value({ type: 'layers' }, wrong)).toBe('refused');
  expect(value({ type: 'flag' }, 'true')).toBe(true);
  expect(value({ type: 'flag' }, 'yes')).toBe('refused');
  expect(value({ type: 'folder' }, '')).toBeNull();
  expect(value({ type: 'folder' }, ' /a/b ')).toBe('/a/b');
  expect(value({ type: 'optional_number', range: { min: 0, max: 100 } }, '')).toBeNull();
  expect(value({ type: 'optional_number', range: { min: 0, max: 100 } }, '5')).toBe(5);
});

test('a shown value reads back as itself', () => {
  const kinds: [Kind, unknown][] = [[whole, 16], [decimal, 0.003], [decimal, 1e-8], [auto, 'auto'], [optional, null], [modules, ['o_proj']]];
  for (const [kind, wanted] of kinds) expect(value(kind, showValue(wanted))).toEqual(wanted);
});

test('a value that is only read has one word for what is on, off, none or all', () => {
  const said = ([name, value]: [string, unknown]) => inWords(name, value);
  expect(([['use_rslora', true], ['use_rslora', false], ['max_steps', null], ['modules_to_save', []], ['bias', 'none'], ['layers', 'all'], ['target_modules', 'all-linear'], ['learning_rate', 0.0002], ['optimizer', 'adamw']] as [string, unknown][]).map(said)).toEqual(['On', 'Off', 'None', 'None', 'None', 'All', 'All linear layers', '0.0002', 'AdamW']);
});
