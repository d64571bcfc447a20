// What the made-up studio's models answer.
import type { ComparedAnswer, Comparison } from '$lib/protocol';

const answer = (text: string, f1: number, trouble: Partial<ComparedAnswer> = {}): ComparedAnswer => ({ text, ends: true, repeats: false, f1, ...trouble });

const rows = [
  { question: 'Name the ingredients: Whisk two eggs with the flour, then fold in the melted butter.', expected: 'eggs, flour, butter', base: 'Whisk the eggs and whisk the eggs and then the eggs are whisked', tuned: 'eggs, flour, butter' },
  { question: 'Name the ingredients: Fry the onions in olive oil until golden; add the lentils.', expected: 'onions, olive oil, lentils', base: 'It is a story of a small house.', tuned: 'onions, olive oil, lentils' },
  { question: 'Name the ingredients: Simmer the leeks in cream with a little nutmeg.', expected: 'leeks, cream, nutmeg', base: 'Simmer', tuned: 'leeks, cream' },
];

export function madeUpComparison(scenario: string, step: number): Comparison {
  const compared = rows.map(({ question, expected, base, tuned }, index) => ({
    question,
    expected,
    base: answer(base, 0.1, { ends: index !== 0 }),
    tuned:
      scenario === 'endless' ? answer(`${tuned}, ${'and the cream '.repeat(12)}`, 0.3, { ends: false, repeats: index === 0 })
      : scenario === 'no-better' ? answer(base, 0.1)
      : answer(tuned, index === 2 ? 0.8 : 1),
  }));
  return { step, held_out: true, rows: compared };
}
