import type { Component } from 'svelte';
import { beforeEach, expect, test, vi } from 'vitest';
import { backend, setBackend } from '$lib/backend';
import { mock } from '$lib/backend/mock';
import { library } from '$lib/state/library.svelte';
import { show } from '$lib/testing/show';
import { words } from '$lib/words';
import ModelsScreen from './ModelsScreen.svelte';

const w = words.templates;
const at = <T extends HTMLElement = HTMLElement>(id: string) => document.querySelector<T>(`[data-testid="${id}"]`);
const base = () => library.model('smollm-base')!;

/** The dialog of the model that brings no template. */
async function opened(button = 'choose-template-smollm-base') {
  show(ModelsScreen as Component, {});
  await expect.poll(() => at(button)).toBeTruthy();
  at(button)!.click();
  await expect.poll(() => at('template-sample')).toBeTruthy();
}

function mark(name: string) {
  at(`template-${name}`)!.querySelector('input')!.click();
}

function type(text: string) {
  const area = at<HTMLTextAreaElement>('template-text')!;
  area.value = text;
  area.dispatchEvent(new Event('input', { bubbles: true }));
}

beforeEach(async () => {
  setBackend(mock());
  await library.refresh();
});

test('only a model without a template of its own offers to choose one', async () => {
  show(ModelsScreen as Component, {});
  await expect.poll(() => at('choose-template-smollm-base')?.getAttribute('aria-label')).toBe(w.chooseFor(base().name));
  expect(at('choose-template-smollm')).toBeNull();
  expect(at('choose-template-gone'), 'a model that cannot be used').toBeNull();
});

test('the sample follows what is marked, with what does not fit the tokenizer', async () => {
  await opened();
  expect(at('template-standard')!.dataset.chosen).toBe('true');
  expect(at('template-sample')!.textContent).toContain('<|im_start|>system');
  expect(at('template-warning')).toBeNull();
  mark('llama3');
  await expect.poll(() => at('template-sample')!.textContent).toContain('<|start_header_id|>system');
  expect(at('template-warning')!.textContent).toContain('not single tokens');
});

test('a ready-made template is chosen, shown beside the model, and taken back', async () => {
  await opened();
  mark('alpaca');
  at('template-save')!.click();
  await expect.poll(() => base().chosen_template?.text).toBe('Alpaca');
  await library.refresh();
  await expect.poll(() => at('model-template')?.textContent).toContain(w.chosen('Alpaca'));
  expect(at('template-dialog')).toBeNull();

  at('change-template-smollm-base')!.click();
  await expect.poll(() => at('template-alpaca')?.dataset.chosen).toBe('true');
  mark('standard');
  at('template-save')!.click();
  await expect.poll(async () => (await backend.call('list_models', null)).find(({ id }) => id === 'smollm-base')!.chosen_template).toBeNull();
});

test('a pasted template is tried while it is typed, and a mistake stands beside it', async () => {
  await opened();
  mark('own');
  await expect.poll(() => at('template-text')).toBeTruthy();
  expect(at<HTMLButtonElement>('template-save')!.disabled, 'nothing is there to save').toBe(true);
  type('{% for m in messages');
  await expect.poll(() => at('template-text-problem')?.textContent, { timeout: 3000 }).toContain('line 1');
  expect(at('template-text')!.getAttribute('aria-invalid')).toBe('true');
  type('{{ messages }} said');
  await expect.poll(() => at('template-sample')?.textContent, { timeout: 3000 }).toContain('said');
  expect(at('template-text-problem')).toBeNull();
});

test('what is refused on saving keeps the dialog, its text and the choice that was there', async () => {
  await opened();
  mark('own');
  await expect.poll(() => at('template-text')).toBeTruthy();
  type('{% if');
  at('template-save')!.click();
  await expect.poll(() => at('template-text-problem')?.textContent).toContain('mistake');
  expect(at<HTMLTextAreaElement>('template-text')!.value).toBe('{% if');
  expect((await backend.call('chat_templates', 'smollm-base')).chosen).toBeNull();
});

test('where nothing can be offered, the reason is told and can be tried again', async () => {
  const call = vi.spyOn(backend, 'call').mockRejectedValueOnce({ code: 'internal', message: { key: '', args: {}, text: 'No tokenizer' }, hint: { key: '', args: {}, text: '' } });
  show(ModelsScreen as Component, {});
  await expect.poll(() => at('choose-template-smollm-base')).toBeTruthy();
  at('choose-template-smollm-base')!.click();
  await expect.poll(() => at('template-error')?.textContent).toContain('No tokenizer');
  call.mockRestore();
  at('template-error-retry')!.click();
  await expect.poll(() => at('template-sample')).toBeTruthy();
});
