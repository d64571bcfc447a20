// @vitest-environment node
import { expect, test } from 'vitest';
import { catalogues } from '.';
import en from './en';

/** Every text of a catalogue, with functions called on plausible arguments. */
function texts(value: unknown, path = ''): [string, string][] {
  if (typeof value === 'string') return [[path, value]];
  if (typeof value === 'function') {
    const parameters = [2, 1, 1].slice(0, value.length);
    const said = path.endsWith('oneOf') ? value(['a', 'b']) : path.endsWith('device') ? value('cuda:0') : value(...parameters);
    return [[path, String(said)]];
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => texts(inner, `${path}.${key}`));
}

test('English is among the languages, and no other file of words is taken for one', () => {
  expect(catalogues.en).toBe(en);
  for (const [code, { name }] of Object.entries(catalogues)) expect(name, `${code}.ts has a default export with a name`).toMatch(/\p{L}/u);
});

test.for(Object.entries(catalogues))('single sentences end without a full stop: %s', ([, words]) => {
  const wrong = texts(words).filter(([, text]) => /[^.…]\.$/.test(text));
  expect(wrong).toEqual([]);
});

test.for(Object.entries(catalogues))('no word is undefined: %s', ([, words]) => {
  expect(texts(words).filter(([, text]) => /undefined|NaN|\[object/.test(text))).toEqual([]);
});

test('English labels are in sentence case', () => {
  const names = /^(Hugging Face|JSONL|JSON|CSV|LoRA|YAML|PNG|SVG|Tunesmith|Enter|Shift|Esc|TUNESMITH_HOME|Llama|Qwen|Gemma|Phi|Mistral|Context|Start|Unicode|Top)$/;
  const shouting = texts(en).filter(([, text]) => text.split(/[.:?!]\s|\n|“/).some((sentence) => (sentence.match(/\s[A-Z][a-z]+/g) ?? []).filter((word) => !names.test(word.trim()) && !/Hugging|Face|Adam/.test(word)).length > 1));
  expect(shouting).toEqual([]);
});
