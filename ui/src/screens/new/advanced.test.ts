// @vitest-environment node
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Field } from '$lib/protocol';
import { nothing, verbatim } from '$lib/words/say';
import { found, grouped } from './advanced';

const field = (name: string, label = name, help = ''): Field => ({ level: 'advanced', label: verbatim(label), name, kind: { type: 'flag' }, help: help ? verbatim(help) : nothing, default: null }) as unknown as Field;

test('every advanced setting of the studio has a group', () => {
  const settings = readFileSync(new URL('../../../../crates/protocol/src/settings.rs', import.meta.url), 'utf8');
  const names = [...settings.matchAll(/^ +Advanced "[^"]+" ([a-z_]+):/gm)].map(([, name]) => name!);
  expect(names.length).toBeGreaterThan(25);
  const groups = grouped(names.map((name) => field(name)));
  expect(groups.map(({ group }) => group)).toEqual(['method', 'rows', 'optimizer', 'computing', 'measuring']);
  expect(groups.flatMap(({ fields }) => fields.map(({ name }) => name)).sort()).toEqual([...names].sort());
});

test('one that no group names is among the others', () => {
  expect(grouped([field('brand_new'), field('seed')]).map(({ group }) => group)).toEqual(['measuring', 'other']);
});

test('a setting is found by its label, its help, its name in a run file and its group', () => {
  const fields = [field('lora_alpha', 'Alpha', 'Scales the adapter'), field('device', 'Device'), field('seed', 'Seed')];
  const names = (query: string) => found(fields, query).map(({ name }) => name);
  expect(names('')).toEqual(['lora_alpha', 'device', 'seed']);
  expect(names('alp')).toEqual(['lora_alpha']);
  expect(names('scales ADAPTER')).toEqual(['lora_alpha']);
  expect(names('lora_alpha')).toEqual(['lora_alpha']);
  expect(names('computing')).toEqual(['device']);
  expect(names('nothing')).toEqual([]);
});
