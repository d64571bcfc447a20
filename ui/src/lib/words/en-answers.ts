// The questions that a finished fine-tune and its base model are both asked.
import { count } from '$lib/format';

export const answers = {
  title: 'Its answers',
  text: 'A few questions for the original model and for yours',
  heldOut: (n: number) => `${n === 1 ? 'One question' : `${count(n)} questions`} that it has not learned from`,
  learned: (n: number) => `${n === 1 ? 'One question' : `${count(n)} questions`} that it has learned from, as no rows were held out`,
  expected: 'Expected',
  base: 'Original model',
  tuned: 'Your model',
  exact: 'Exactly right',
  endless: 'Does not end by itself',
  repeats: 'Repeats itself',
  silent: '(says nothing)',
  asking: 'Asking both models…',
  ask: 'Compare answers',
  nothing: 'No row of this dataset asks a question, so there is nothing to compare',
  doneTitle: 'Training is done',
  doneText: 'See what it answers before you rely on it',
  askedTitle: 'Done, but look at its answers',
  betterText: 'It answers questions that it has not seen better than the original model does',
  problems: {
    endless: 'Some of its answers do not end by themselves',
    repeats: 'Some of its answers repeat themselves',
    'no-better': 'Its answers are no closer to the expected ones than those of the original model',
    close: 'Its answers come closer to the expected ones than those of the original model, but still differ from them',
  },
  advice: {
    endless: 'More rows or epochs often help; check that the answers in your data end cleanly',
    repeats: 'A lower learning rate or more varied rows often help',
    'no-better': 'A larger base model, more rows or more epochs may help',
    close: 'More rows, more epochs or a larger base model may help',
  },
  stillFalling: 'The validation loss was still falling at the end, so more epochs are likely to help',
  try: 'Try one of these',
};
