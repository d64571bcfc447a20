import { flushSync, type Component } from 'svelte';
import { beforeEach, expect, test, vi } from 'vitest';
import { backend, setBackend } from '$lib/backend';
import { mock } from '$lib/backend/mock';
import type { ImportDataset } from '$lib/protocol';
import { library } from '$lib/state/library.svelte';
import { show } from '$lib/testing/show';
import DatasetsScreen from './DatasetsScreen.svelte';
import { importing, pastedName } from './importing.svelte';

let imported: ImportDataset[] = [];
beforeEach(async () => {
  imported = [];
  const studio = mock();
  setBackend({
    ...studio,
    call: (name, args) => {
      if (name === 'import_dataset') imported.push(args as ImportDataset);
      return studio.call(name, args);
    },
  });
  importing.question?.answer(null);
  await library.refresh();
  show(DatasetsScreen as Component<Record<string, never>>, {});
});

const at = (id: string) => document.querySelector<HTMLElement>(`[data-testid="${id}"]`);
const shown = (id: string, text: RegExp | string = /./) => expect.poll(() => at(id)?.textContent ?? '').toMatch(text);
async function click(id: string) {
  await expect.poll(() => at(id)?.hasAttribute('disabled') ?? true).toBe(false);
  at(id)!.click();
  flushSync();
}
function type(id: string, text: string) {
  const input = at(id) as HTMLTextAreaElement;
  input.value = text;
  input.dispatchEvent(new window.Event('input', { bubbles: true }));
  flushSync();
}
function paste(text: string, into: EventTarget = document.body) {
  const event = new window.Event('paste', { bubbles: true, cancelable: true });
  Object.assign(event, { clipboardData: { files: [], getData: () => text } });
  into.dispatchEvent(event);
  flushSync();
  return event.defaultPrevented;
}

test('unknown columns are asked for before anything is imported', async () => {
  const done = importing.files([{ path: '/home/ada/kunden.csv' }]);
  await shown('ask-columns', /Which column is the question\? Which is the answer\?/);
  await shown('raw-row', /Kundenfrage.*Question.*How do I reset my password/s);
  await shown('first-row-1', /Open the settings/);
  expect(imported).toEqual([]);
  expect((at('mapping-prompt') as HTMLSelectElement).value).toBe('Kundenfrage');
  await click('ask-import');
  expect((await done)?.format).toBe('completion');
  expect(imported[0]?.mapping?.columns).toMatchObject({ prompt: 'Kundenfrage', completion: 'Unsere Antwort' });
  expect(importing.question).toBe(null);
});

test('whoever cancels the question imports nothing, and is told no error', async () => {
  const done = importing.files([{ path: '/home/ada/kunden.csv' }]);
  await click('ask-cancel');
  expect([await done, imported, importing.error]).toEqual([null, [], null]);
});

test('files whose columns are known are imported at once', async () => {
  const dataset = await importing.files([{ path: '/home/ada/faq.csv' }]);
  expect([dataset?.name, imported.length]).toEqual(['faq', 1]);
});

test('pasted rows are shown before they are imported, and text that is typed stays where it is', async () => {
  expect(paste('question\treply\nWhen?\tNow'), 'rows are taken').toBe(true);
  await shown('ask-columns', /Check how the rows of “Pasted rows\.tsv” are read/);
  await click('ask-import');
  await expect.poll(() => imported[0]?.paths).toEqual(['Pasted rows.tsv']);
  await expect.poll(() => at('write-examples')).toBeTruthy();
  at('write-examples')!.focus();
  window.dispatchEvent(new window.KeyboardEvent('keydown', { key: 'v', ctrlKey: true }));
  expect(document.activeElement, 'a field takes what is pasted').toBe(at('paste-catcher'));
  window.dispatchEvent(new window.KeyboardEvent('keyup', { key: 'v', ctrlKey: true }));
  expect(document.activeElement).toBe(at('write-examples'));
  await expect.poll(() => at('paste-rows')).toBeTruthy();
  await click('paste-rows');
  expect(paste('one line', at('paste-text')!), 'a single line stays in the field').toBe(false);
  expect(importing.question).toBe(null);
  expect(paste('question,reply\nWhen?,Now', at('paste-text')!)).toBe(true);
  await expect.poll(() => importing.question?.draft.paths).toEqual(['Pasted rows.csv']);
});

test('what is pasted gets the name of what it is', () => {
  for (const [text, ending] of [['a\tb\n1\t2', 'tsv'], ['a,b\n1,2', 'csv'], ['{"text": "a, b"}', 'jsonl'], [' [{"text": 1}]', 'jsonl'], ['frage;antwort', 'csv'], ['text\none', 'csv'], ['Once upon a time there was a studio', 'txt']]) {
    expect(pastedName(text!)).toBe(`Pasted rows.${ending}`);
  }
});

test('examples are written in a table and saved as a dataset', async () => {
  const hand = vi.spyOn(backend, 'toPath');
  await click('write-examples');
  expect((at('write-save') as HTMLButtonElement).disabled).toBe(true);
  type('write-question-1', 'When do you open?');
  await shown('write-dialog', /1 example lacks its question/);
  at('write-question-1')!.dispatchEvent(new window.KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true }));
  expect(document.activeElement).toBe(at('write-answer-1'));
  type('write-answer-1', 'At nine.');
  at('write-answer-1')!.dispatchEvent(new window.KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true }));
  await expect.poll(() => document.activeElement?.getAttribute('data-testid')).toBe('write-question-2');
  await shown('write-save', 'Save 1 example');
  await click('write-save');
  await expect.poll(() => imported[0]?.name).toBe('My examples');
  const [item] = hand.mock.calls[0]!;
  expect('file' in item && (await item.file.text())).toBe('{"messages":[{"role":"user","content":"When do you open?"},{"role":"assistant","content":"At nine."}]}\n');
});

test('what was written is not lost without a question', async () => {
  await click('write-examples');
  type('write-question-1', 'When do you open?');
  at('write-dialog')!.dispatchEvent(new window.Event('cancel', { cancelable: true }));
  await shown('unsaved-dialog', /These examples are not saved/);
  await click('unsaved-dialog-no');
  expect((at('write-question-1') as HTMLTextAreaElement).value).toBe('When do you open?');
  at('write-dialog')!.dispatchEvent(new window.Event('cancel', { cancelable: true }));
  await click('unsaved-dialog-yes');
  expect(at('write-dialog')).toBe(null);
});

test('a template of each shape can be saved', async () => {
  const save = vi.spyOn(backend, 'saveFile').mockImplementation(async (name, make) => {
    await make(`/home/ada/${name}`);
    return `/home/ada/${name}`;
  });
  const call = vi.spyOn(backend, 'call');
  await click('save-template');
  await click('template-preference');
  await expect.poll(() => save.mock.calls.length).toBe(1);
  expect(call).toHaveBeenCalledWith('template_file', { format: 'preference', save_to: '/home/ada/better-and-worse-answers.jsonl' });
});
