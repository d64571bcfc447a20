// @vitest-environment node
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { setBackend, type Backend } from '$lib/backend';
import { look } from '$lib/backend/mock-rows';
import type { InspectFiles, Inspection } from '$lib/protocol';
import { MappingDraft } from './mapping.svelte';

let asked: { args: InspectFiles; answer: (found: Inspection) => void }[] = [];
beforeEach(() => {
  vi.useFakeTimers();
  asked = [];
  setBackend({ call: (_: string, args: InspectFiles) => new Promise((answer) => asked.push({ args, answer })) } as unknown as Backend);
});
afterEach(() => vi.useRealTimers());

const auto = { format: 'auto', columns: {} } as const;
async function answer(index: number) {
  asked[index]!.answer(look(asked[index]!.args.paths, asked[index]!.args.mapping));
  await vi.advanceTimersByTimeAsync(0);
}
async function opened() {
  const draft = new MappingDraft(['/home/ada/faq.csv'], { ...auto });
  await vi.advanceTimersByTimeAsync(300);
  await answer(0);
  return draft;
}

test('what was recognised is said outright in the import, and what is left over is named', async () => {
  const draft = await opened();
  expect(draft.settled).toEqual({ format: 'completion', columns: { prompt: 'question', completion: 'reply', input: '', system: '', history: '' } });
  expect(draft.unused).toEqual(['id', 'topic', 'asked_at']);
  expect(draft.possible).toBe(true);
});

test('another column is tried out, and a part can be left without one', async () => {
  const draft = await opened();
  draft.takeColumn('system', 'topic');
  draft.takeColumn('prompt', 'asked_at');
  await vi.advanceTimersByTimeAsync(300);
  expect(asked).toHaveLength(2);
  expect(asked[1]!.args.mapping.columns).toEqual({ prompt: 'asked_at', completion: 'reply', input: '', system: 'topic', history: '' });
  await answer(1);
  draft.takeColumn('system', '');
  expect(draft.settled?.columns.system).toBe('');
  expect(draft.unused).toContain('topic');
});

test('a late answer to an older question is ignored', async () => {
  const draft = await opened();
  draft.takeFormat('text');
  await vi.advanceTimersByTimeAsync(300);
  draft.takeFormat('classification');
  await vi.advanceTimersByTimeAsync(300);
  await answer(2);
  await answer(1);
  expect(draft.found?.mapping.format).toBe('classification');
});

test('another shape forgets the columns of the one before', async () => {
  const draft = await opened();
  draft.takeFormat('preference');
  await vi.advanceTimersByTimeAsync(300);
  expect(asked[1]!.args.mapping).toEqual({ format: 'preference', columns: {} });
  await answer(1);
  expect(draft.possible, 'no column stands for the rejected answer').toBe(false);
});

test('columns of unknown names begin with the likeliest that the file has, and a row of it is shown', async () => {
  const draft = new MappingDraft(['/home/ada/kunden.csv'], { ...auto }, look(['/home/ada/kunden.csv'], { ...auto }));
  expect(draft.column('prompt')).toBe('Kundenfrage');
  await vi.advanceTimersByTimeAsync(300);
  await answer(0);
  expect(draft.settled).toEqual({ format: 'completion', columns: { prompt: 'Kundenfrage', completion: 'Unsere Antwort', input: '', system: '', history: '' } });
  expect(draft.asked.map(({ name }) => name), 'earlier turns are for few').toEqual(['prompt', 'completion', 'input', 'system']);
  expect(draft.possible).toBe(true);
  expect(draft.raw?.cells.Kundenfrage).toBe('How do I reset my password?');
  expect(draft.row?.messages[0]?.content).toBe('How do I reset my password?');
  draft.place = 4;
  expect([draft.row, draft.problem?.kind]).toEqual([undefined, 'empty_answer']);
});

test('a column that the file does not have is never chosen', async () => {
  const draft = new MappingDraft(['/home/ada/kunden.csv'], { format: 'completion', columns: { prompt: 'question', completion: 'Unsere Antwort' } });
  await vi.advanceTimersByTimeAsync(300);
  await answer(0);
  expect([draft.column('prompt'), draft.column('completion')]).toEqual(['', 'Unsere Antwort']);
  expect([draft.complete, draft.possible]).toEqual([false, false]);
});

test('a column taken for another part is no longer what it was', async () => {
  const draft = await opened();
  draft.takeColumn('completion', 'question');
  await vi.advanceTimersByTimeAsync(300);
  expect(asked[1]!.args.mapping.columns).toMatchObject({ prompt: '', completion: 'question' });
});

test('another sheet of a workbook is read from the start, and named in the import', async () => {
  const draft = new MappingDraft(['/home/ada/faq.xlsx'], { ...auto });
  await vi.advanceTimersByTimeAsync(300);
  await answer(0);
  expect([draft.sheets.map(({ name }) => name), draft.sheet]).toEqual([['Questions', 'Old questions'], 'Questions']);
  draft.takeColumn('system', 'topic');
  draft.takeSheet('Old questions');
  await vi.advanceTimersByTimeAsync(300);
  expect(asked.at(-1)!.args.mapping, 'it has columns of its own').toEqual({ format: 'auto', columns: {}, sheet: 'Old questions' });
  await answer(asked.length - 1);
  draft.takeColumn('system', 'topic');
  expect(draft.settled?.sheet).toBe('Old questions');
  await vi.advanceTimersByTimeAsync(300);
  expect(asked.at(-1)!.args.mapping.sheet).toBe('Old questions');
});

test('a mapping says when it means the same: a part without a column is none, and no sheet the first', async () => {
  const draft = new MappingDraft(['/home/ada/faq.xlsx'], { ...auto });
  expect(draft.differsFrom(auto), 'nothing is known yet').toBe(false);
  await vi.advanceTimersByTimeAsync(300);
  await answer(0);
  const same = { format: 'completion', columns: { completion: 'reply', prompt: 'question', history: '' } } as const;
  expect([draft.differsFrom(same), draft.differsFrom({ ...same, sheet: 'Questions' })]).toEqual([false, false]);
  expect([draft.differsFrom({ ...same, sheet: 'Old questions' }), draft.differsFrom({ ...same, format: 'instruction' }), draft.differsFrom(auto)]).toEqual([true, true, true]);
  draft.takeColumn('system', 'topic');
  expect(draft.differsFrom(same)).toBe(true);
  draft.takeColumn('system', '');
  expect(draft.differsFrom(same)).toBe(false);
});
