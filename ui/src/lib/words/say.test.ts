// @vitest-environment node
import { expect, test } from 'vitest';
import type { Argument, Sentence } from '$lib/protocol';
import { inLanguage, say, verbatim } from './say';

const sentence = (key: string, text: string, args: Record<string, Argument> = {}): Sentence => ({ key, args, text });

/** A language that nobody speaks, with the plurals of Polish: one, few, many. */
const file = `
dataset-missing = Nima dataset „{ $name }”
file-refused = { $why } – forto nima { $path }
no-rows = nic
rows-removed = { $rows ->
    [one] Jeden fort
    [few] { $rows } forty
   *[other] { $rows } fortow
}
needs-more = { $missing } nima
rate = Rata { $rate }
`;
const speak = await inLanguage('pl', file);

test('in English a sentence is its text', () => {
  expect(say(sentence('dataset-missing', 'There is no dataset “Poems”', { name: 'Poems' }))).toBe('There is no dataset “Poems”');
  expect(say(verbatim('as the system says'))).toBe('as the system says');
});

test('another language says what its file says', () => {
  expect(speak(sentence('dataset-missing', 'There is no dataset “{ $x }”', { name: '{ $x }' }))).toBe('Nima dataset „{ $x }”');
});

test('a count has the plurals of the language', () => {
  const removed = (rows: number) => speak(sentence('rows-removed', `${rows} rows removed`, { rows }));
  expect([1, 3, 5, 12_000].map(removed)).toEqual(['Jeden fort', '3 forty', '5 fortow', '12000 fortow']);
});

test('a small number keeps its digits', () => {
  expect(speak(sentence('rate', 'Rate 0.00002', { rate: 0.00002 }))).toBe('Rata 0,00002');
});

test('a sentence within a sentence is said in the same language', () => {
  const refused = (why: Sentence) => speak(sentence('file-refused', `a.csv is refused: ${why.text}`, { path: 'a.csv', why }));
  expect(refused(sentence('no-rows', 'it holds no rows'))).toBe('nic – forto nima a.csv');
  expect(refused(sentence('not-translated', 'it is locked')), 'the rest is still said').toBe('it is locked – forto nima a.csv');
});

test('what the language lacks is said in English', () => {
  expect(speak(sentence('not-translated', 'Nobody translated this'))).toBe('Nobody translated this');
  expect(speak(verbatim('as the system says'))).toBe('as the system says');
});

test('a text that names an argument which is not there is not shown', () => {
  expect(speak(sentence('needs-more', 'It needs 3', { what: 3 }))).toBe('It needs 3');
});

test('a file with a mistake says the rest', async () => {
  const half = await inLanguage('pl', 'a line that is no message\nno-rows = nic\nbroken = { $');
  expect([half(sentence('no-rows', 'no rows')), half(sentence('broken', 'whole'))]).toEqual(['nic', 'whole']);
});
