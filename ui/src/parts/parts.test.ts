import { flushSync, type Component } from 'svelte';
import { expect, test, vi } from 'vitest';
import { setBackend } from '$lib/backend';
import { mock } from '$lib/backend/mock';
import * as made from '$lib/backend/mock-data';
import { library } from '$lib/state/library.svelte';
import { toasts } from '$lib/state/toasts.svelte';
import { wizard } from '$lib/state/wizard.svelte';
import { show } from '$lib/testing/show';
import { verbatim } from '$lib/words/say';
import RowCard from '../screens/data/RowCard.svelte';
import FieldInput from '../screens/new/FieldInput.svelte';
import RunRow from '../screens/runs/RunRow.svelte';
import MiddleCut from './MiddleCut.svelte';
import Progress from './Progress.svelte';


const byId = (id: string) => document.querySelector<HTMLElement>(`[data-testid="${id}"]`);

test('a progress bar says how far it is', () => {
  show(Progress, { label: 'Reading', fraction: 0.256 });
  expect(document.querySelector('[role=progressbar]')?.getAttribute('aria-valuenow')).toBe('25.6');
});

test('a progress bar without an end says nothing', () => {
  show(Progress, { label: 'Reading', fraction: null });
  expect(document.querySelector('[role=progressbar]')?.hasAttribute('aria-valuenow')).toBe(false);
});

test('only what the model learns to write is marked', () => {
  show(RowCard, { row: made.row(0), number: 1 });
  expect(byId('row-1')).toBeTruthy();
  expect(byId('bubble-learned')?.textContent).toContain('red lentils');
  expect(document.querySelectorAll('[data-testid=bubble]')).toHaveLength(2);
  expect(byId('row-tokens')?.textContent).toBe('74 tokens, 12 learned');
  expect(byId('row-remark')).toBeNull();
});

test('what the model does not see of a row is told', () => {
  const hidden = "2 tool calls are left out: the model's chat template does not show them";
  show(RowCard, { row: { ...made.row(0), remarks: [verbatim(hidden)] }, number: 1 });
  expect(byId('row-remark')?.textContent).toBe(hidden);
});

test('the reasoning of an answer stands apart from it, folded', () => {
  const said = { role: 'assistant', content: 'Four', reasoning: 'Two and two', learned: true };
  show(RowCard, { row: { ...made.row(0), messages: [said] }, number: 1 });
  const reasoning = byId('reasoning') as HTMLDetailsElement;
  expect(reasoning.open).toBe(false);
  expect(reasoning.textContent).toContain('Two and two');
  expect(byId('bubble-learned')?.querySelector('.text')?.textContent).toBe('Four');
});

test('a finished run shows how far the loss fell', () => {
  show(RunRow, { run: made.run('done', 'Recipes', { state: 'done' }) });
  const text = byId('run-done')!.textContent!;
  expect(text).toContain('3.214');
  expect(text).toContain('0.538');
  expect(text).toContain('−83 %');
});

test('a setting that cannot be used says why, and can be reset', async () => {
  setBackend(mock());
  await library.refresh();
  wizard.reset();
  wizard.model = 'starter';
  wizard.dataset = 'recipes-1';
  await wizard.loadForm();
  show(FieldInput, { field: made.fields.find((field) => field.name === 'lora_rank')! });
  const input = byId('field-lora_rank') as HTMLInputElement;
  input.value = '5000';
  input.dispatchEvent(new window.Event('input', { bubbles: true }));
  flushSync();
  expect(document.body.textContent).toContain('Type a whole number from 1 to 1,024');
  expect(input.getAttribute('aria-invalid')).toBe('true');
  byId('reset-lora_rank')!.click();
  flushSync();
  expect(input.value).toBe('16');
  expect(byId('reset-lora_rank')).toBeNull();
});

test('a deleted thing can be brought back', async () => {
  setBackend(mock());
  await library.refresh();
  await library.remove('dataset', 'recipes-1', 'recipes');
  expect(library.dataset('recipes-1')).toBeUndefined();
  toasts.list.at(-1)!.action!.run();
  await expect.poll(() => library.dataset('recipes-1')?.name).toBe('recipes');
});

test('a toast leaves by itself, but not while it is held', () => {
  vi.useFakeTimers();
  const id = toasts.show({ text: 'hello' }, 1000);
  toasts.hold(id);
  vi.advanceTimersByTime(5000);
  expect(toasts.list.some((toast) => toast.id === id)).toBe(true);
  toasts.resume(id, 1000);
  vi.advanceTimersByTime(1500);
  expect(toasts.list.some((toast) => toast.id === id)).toBe(false);
  vi.useRealTimers();
});

test('a long name keeps its end, and no picture is torn', () => {
  show(MiddleCut as Component<{ text: string; end: number }>, { text: 'customers-2026-final 👨‍👩‍👧 v3', end: 4 });
  expect(document.querySelector('.tail')?.textContent).toBe('👨‍👩‍👧 v3');
  expect(document.body.textContent).toBe('customers-2026-final 👨‍👩‍👧 v3');
});
