import { flushSync } from 'svelte';
import { beforeEach, expect, test, vi } from 'vitest';
import { setBackend, type Backend } from '$lib/backend';
import { mock } from '$lib/backend/mock';
import * as made from '$lib/backend/mock-data';
import type { Dataset, TokenCounts } from '$lib/protocol';
import { library } from '$lib/state/library.svelte';
import { limits } from '$lib/state/limits.svelte';
import { toasts } from '$lib/state/toasts.svelte';
import { undo } from '$lib/state/undo.svelte';
import Doctor from './Doctor.svelte';
import Histogram from './Histogram.svelte';
import Tokens from './Tokens.svelte';
import { Work } from '$lib/state/work.svelte';
import { show } from '$lib/testing/show';
import { nothing, verbatim } from '$lib/words/say';
import Xray from './Xray.svelte';

const studio = (answers: Record<string, unknown> = {}): Backend => {
  const real = mock();
  const call = ((name: string, args: never) => (name in answers ? Promise.resolve(answers[name]) : real.call(name as 'list_runs', args))) as Backend['call'];
  return { ...real, call };
};
beforeEach(() => {
  setBackend(studio());
  library.models = made.models();
  toasts.list = [];
  localStorage.clear();
  limits.forgetAll();
});

const byId = <E extends HTMLElement>(id: string) => document.querySelector<E>(`[data-testid="${id}"]`);
const press = (id: string) => byId<HTMLButtonElement>(id)?.click();

test('a repair makes a new version, and its message brings the old one back', async () => {
  const changed: Dataset[] = [];
  show(Doctor, { dataset: made.dataset(), onchange: (dataset: Dataset) => void changed.push(dataset), onrows: () => undefined });
  await vi.waitFor(() => expect(byId('repair-mojibake')).toBeTruthy());
  expect(byId('repair-mojibake')?.textContent).toContain('Fix garbled text in 7 rows');
  press('repair-mojibake');
  await vi.waitFor(() => expect(changed.map(({ number }) => number)).toEqual([2]));
  await vi.waitFor(() => expect(toasts.list.length).toBe(1));
  toasts.list[0]!.action!.run();
  await vi.waitFor(() => expect(changed.map(({ number }) => number)).toEqual([2, 1]));
});

test('all fixes say before what they do, are one change, and Ctrl+Z takes it back', async () => {
  const changed: Dataset[] = [];
  show(Doctor, { dataset: made.dataset(), onchange: (dataset: Dataset) => void changed.push(dataset), onrows: () => undefined });
  await vi.waitFor(() => expect(byId('repair-all')).toBeTruthy());
  expect(byId('repair-all-says')?.textContent).toContain('Removes 12 rows, changes 18.');
  press('repair-all');
  await vi.waitFor(() => expect(byId('repairing-all')).toBeTruthy());
  expect(byId<HTMLButtonElement>('repair-mojibake')?.disabled, 'one change at a time').toBe(true);
  await vi.waitFor(() => expect(changed.map(({ number }) => number)).toEqual([2]));
  expect(undo.last()).toBe(true);
  await vi.waitFor(() => expect(changed.map(({ number }) => number)).toEqual([2, 1]));
});

test('all fixes can be cancelled while they are made', async () => {
  const cancelled: unknown[] = [];
  const real = mock();
  let fail!: (error: unknown) => void;
  const call = ((name: string, args: never) => {
    if (name === 'edit_dataset') return new Promise((_, reject) => (fail = reject));
    if (name === 'cancel_job') return (cancelled.push(args), fail({ code: 'cancelled', message: verbatim('Cancelled'), hint: nothing }), Promise.resolve(null));
    return real.call(name as 'list_runs', args);
  }) as Backend['call'];
  setBackend({ ...real, call });
  show(Doctor, { dataset: made.dataset(), onchange: () => undefined, onrows: () => undefined });
  await vi.waitFor(() => expect(byId('repair-all')).toBeTruthy());
  press('repair-all');
  await vi.waitFor(() => expect(byId('repairing-all-cancel')).toBeTruthy());
  press('repairing-all-cancel');
  await vi.waitFor(() => expect(byId('repair-all'), 'the button is back').toBeTruthy());
  expect(cancelled.length).toBe(1);
  expect(byId('repair-all-error')).toBeNull();
});

test('a repair that has no name of ours tells itself', async () => {
  show(Doctor, { dataset: made.dataset(), onchange: () => undefined, onrows: () => undefined });
  await vi.waitFor(() => expect(byId('repair-something_new')?.textContent).toContain('Remove the dots'));
});

test('a finding leads to its rows', async () => {
  const asked: string[] = [];
  show(Doctor, { dataset: made.dataset(), onchange: () => undefined, onrows: (kind: string) => void asked.push(kind) });
  await vi.waitFor(() => expect(byId('rows-of-leakage')).toBeTruthy());
  press('rows-of-leakage');
  expect(asked).toEqual(['leakage']);
  expect(byId('rows-of-few_rows'), 'a finding about no row in particular shows none').toBeNull();
});

test('a report of another version is not shown for this one', async () => {
  const check = vi.fn();
  const real = studio({ dataset_report: { number: 1, rows: 3, findings: [], distributions: [] } });
  setBackend({ ...real, call: ((name: string, args: never) => (name === 'check_dataset' ? (check(), new Promise(() => undefined)) : real.call(name as 'list_runs', args))) as Backend['call'] });
  show(Doctor, { dataset: made.dataset({ number: 2 }), onchange: () => undefined, onrows: () => undefined });
  await vi.waitFor(() => expect(byId('doctor-looking')).toBeTruthy());
  expect(check).toHaveBeenCalledOnce();
});

const counts: TokenCounts = {
  rows: 10, failed: 0, answers: 10, tokens: 1000, learned_tokens: 200, longest: 100, suggested_epochs: 10, padded_tokens: 1250,
  buckets: [{ from: 100, to: 100, rows: 10, answers: 10, tokens: 1000, learned_tokens: 200 }], percentiles: [{ percent: 50, tokens: 100 }],
};

test('the arrow keys move the line, and it says what it cuts', () => {
  const moved: number[] = [];
  show(Histogram, { counts, limit: 90, said: '10 rows are cut', onlimit: (tokens: number) => void moved.push(tokens) });
  const line = byId('limit-line')!;
  expect(line.getAttribute('aria-valuetext')).toBe('10 rows are cut');
  for (const key of ['ArrowLeft', 'ArrowRight', 'Home', 'End']) line.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
  expect(moved).toEqual([89, 91, 1, 100]);
});

test('nothing is billed until a price is typed, and the price is remembered', async () => {
  setBackend(studio({ count_tokens: counts }));
  show(Tokens, { dataset: made.dataset(), model: null });
  await vi.waitFor(() => expect(byId('no-price')).toBeTruthy());
  const price = byId<HTMLInputElement>('price')!;
  expect(price.value).toBe('');
  price.value = '8';
  price.dispatchEvent(new Event('input', { bubbles: true }));
  flushSync();
  // 10 epochs of 1,000 tokens at 8 per million.
  expect(byId('billed')?.textContent).toBe('0.08');
  expect(localStorage.getItem('tunesmith-token-price')).toBe('8');
  expect(byId('saved')?.textContent).toContain('20 %');
});

test('a limit that only the line has is offered for training', async () => {
  setBackend(studio({ count_tokens: counts }));
  show(Tokens, { dataset: made.dataset(), model: null });
  await vi.waitFor(() => expect(byId('limit-in-use')?.textContent).toContain('begin with a limit of 1,024'));
  expect(byId('limit-use'), 'nothing is to be taken').toBeNull();
  press('percentile-100');
  flushSync();
  expect(byId('limit-in-use')?.textContent).toContain('Only tried out');
  press('limit-use');
  flushSync();
  expect(limits.taken).toEqual({ [made.dataset().id]: 100 });
  expect(byId('limit-in-use')?.textContent).toContain('begin with a limit of 100');
});

test('rows are cut at what the model reads, whatever the limit', async () => {
  const long = { ...counts, buckets: [{ from: 100, to: 100, rows: 5, answers: 5, tokens: 500, learned_tokens: 100 }, { from: 900, to: 900, rows: 5, answers: 5, tokens: 4500, learned_tokens: 100 }], tokens: 5000, longest: 900, padded_tokens: 9000, suggested_epochs: 1 };
  setBackend(studio({ count_tokens: long }));
  library.models = made.models().map((model) => ({ ...model, context_length: 512 }));
  show(Tokens, { dataset: made.dataset(), model: null });
  await vi.waitFor(() => expect(byId('limit-in-use')?.textContent).toContain('begin with a limit of 1,024'));
  expect(byId('cut')?.textContent).toContain('5 rows and 5 answers are cut at 512 tokens');
  expect(byId('over-context')?.textContent).toBe('This model reads at most 512 tokens, so that is the limit for it');
  expect(byId('trained-tokens')?.textContent, '5 rows of 100 tokens and 5 of 512').toBe('3,060');
  expect(byId('padding')?.textContent).toMatch(/would compute about 5,1\d\d tokens.*Tunesmith computes 3,060 tokens/s);
});

test('what is no limit is told, and leaves the line where it is', async () => {
  setBackend(studio({ count_tokens: counts }));
  show(Tokens, { dataset: made.dataset(), model: null });
  await vi.waitFor(() => expect(byId('limit-input')).toBeTruthy());
  const type = (text: string) => {
    byId<HTMLInputElement>('limit-input')!.value = text;
    byId('limit-input')!.dispatchEvent(new Event('change', { bubbles: true }));
    flushSync();
  };
  for (const text of ['very long', '7', '']) {
    type(text);
    expect(byId('limit-problem')?.textContent).toBe('Type a whole number from 8 to 131,072');
    expect(byId('limit-line')?.getAttribute('aria-valuenow')).toBe('1024');
  }
  press('percentile-100');
  flushSync();
  expect([byId('limit-problem'), byId<HTMLInputElement>('limit-input')!.value]).toEqual([null, '100']);
  type('90');
  expect([byId('limit-problem'), byId('cut')?.dataset.rows]).toEqual([null, '10']);
  expect(byId('percentile-100')?.textContent).toBe('Longest row: 100');
});

test('the limit stands between the last token that stays and the first that is cut', async () => {
  show(Xray, { dataset: 'recipes-1', row: 0, model: 'starter', maxLength: 20 });
  await vi.waitFor(() => expect(byId('xray-cut-line')).toBeTruthy());
  const before = byId('xray-cut-line')!.previousElementSibling!.querySelectorAll('[data-place]');
  expect([...before].map((span) => (span as HTMLElement).dataset.place).at(-1)).toBe('19');
  expect(byId('xray-nothing')).toBeTruthy();
});

test('what an earlier call still says is dropped', async () => {
  const work = new Work();
  let late!: (text: string) => void;
  const first = work.run(() => new Promise<string>((resolve) => (late = resolve)));
  const second = work.run(async () => 'second');
  late('first');
  expect([await first, await second]).toEqual([null, 'second']);
  expect(work.running).toBe(false);
});

test('a cancelled command is no error', async () => {
  const work = new Work();
  await work.run(() => Promise.reject({ code: 'cancelled', message: verbatim('Cancelled'), hint: nothing }));
  expect([work.cancelled, work.error]).toEqual([true, null]);
});
