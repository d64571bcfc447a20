// @vitest-environment node
import { expect, test } from 'vitest';
import { WrittenExamples } from './written.svelte';

test('examples become conversations, with the system prompt before each', () => {
  const written = new WrittenExamples();
  expect([written.dirty, written.text()]).toEqual([false, '']);
  written.rows[0] = { question: ' When do you open? ', answer: 'At nine.' };
  expect(written.after(0)).toBe(1);
  written.rows[1] = { question: 'And on “Sunday”?\nPlease say', answer: '' };
  expect([written.whole.length, written.half, written.dirty]).toEqual([1, 1, true]);
  written.system = 'You are a bakery.';
  const system = { role: 'system', content: 'You are a bakery.' };
  expect(JSON.parse(written.text())).toEqual({ messages: [system, { role: 'user', content: 'When do you open?' }, { role: 'assistant', content: 'At nine.' }] });
});

test('an empty last line does not grow another one', () => {
  const written = new WrittenExamples();
  expect(written.after(0)).toBe(0);
  written.rows[0]!.question = 'q';
  expect(written.after(0)).toBe(1);
  expect(written.after(0), 'the next line is there').toBe(1);
  expect(written.after(1)).toBe(1);
  expect(written.rows).toHaveLength(2);
});
