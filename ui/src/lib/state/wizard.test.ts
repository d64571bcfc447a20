import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { setBackend, type Backend } from '$lib/backend';
import { mock } from '$lib/backend/mock';
import * as made from '$lib/backend/mock-data';
import type { Preview, PreviewRun } from '$lib/protocol';
import { verbatim } from '$lib/words/say';
import { library } from './library.svelte';
import { wizard } from './wizard.svelte';

let mocked: Backend;
const field = (name: string) => made.fields.find((field) => field.name === name)!;

afterEach(() => vi.useRealTimers());
beforeEach(async () => {
  mocked = mock();
  setBackend(mocked);
  await library.refresh();
  wizard.reset();
  wizard.model = 'starter';
  wizard.dataset = 'recipes-1';
  await wizard.loadForm();
});

test('the balanced preset is where one begins', () => {
  expect(wizard.preset?.id).toBe('balanced');
  expect(wizard.request?.training.epochs).toBe(3);
});

test('a sample begins with its own preset, on the model that it is made for', async () => {
  const { id } = await mocked.call('import_sample', 'tickets');
  await library.refresh();
  wizard.dataset = id;
  expect([wizard.presets.map(({ id }) => id), wizard.preset?.id]).toEqual([['sample', 'quick', 'balanced', 'thorough'], 'sample']);
  expect(wizard.request?.training).toMatchObject({ epochs: 6, learning_rate: 0.003, batch_size: 4 });
  wizard.presetId = 'quick';
  expect(wizard.training?.epochs).toBe(1);
  wizard.presetId = null;
  wizard.model = 'smollm';
  expect([wizard.suited, wizard.preset?.id]).toEqual([undefined, 'balanced']);
  wizard.dataset = 'recipes-1';
  wizard.model = 'starter';
  expect(wizard.preset?.id).toBe('balanced');
});

test('a change lies over the preset and survives another preset', () => {
  wizard.change(field('lora_rank'), 24);
  wizard.presetId = 'quick';
  expect(wizard.training).toMatchObject({ lora_rank: 24, epochs: 1 });
});

test('a value typed back to the preset is no change', () => {
  wizard.change(field('lora_rank'), 24);
  wizard.change(field('lora_rank'), 16);
  expect(wizard.changes).toEqual({});
});

test('what cannot be used keeps the start closed', async () => {
  wizard.look(wizard.request);
  await expect.poll(() => wizard.ready).toBe(true);
  wizard.refuse(field('epochs'), 'no');
  expect(wizard.ready).toBe(false);
  wizard.change(field('epochs'), 2);
  expect(wizard.invalid).toEqual({});
});

test('a start pressed while the plan is on its way waits for it', async () => {
  wizard.look(wizard.request);
  expect([wizard.looking, wizard.ready]).toEqual([true, true]);
  const run = await wizard.start();
  expect(run?.id).toBeTruthy();
  expect(wizard.starting).toBe(false);
});

test('a start that waited is not begun when the plan says no', async () => {
  const backend = mock();
  const calls: string[] = [];
  const call = backend.call.bind(backend) as (name: string, args: unknown) => Promise<unknown>;
  backend.call = (async (name: string, args: unknown) => {
    calls.push(name);
    return name === 'preview_run' ? { plan: null, problems: [], blockers: [verbatim('Too big')], warnings: [], disk: null } : call(name, args);
  }) as typeof backend.call;
  setBackend(backend);
  wizard.look(wizard.request);
  expect(await wizard.start()).toBe(null);
  expect(calls).toEqual(['preview_run']);
  expect(wizard.ready).toBe(false);
});

test('only the newest question about the plan is answered', async () => {
  wizard.look({ ...wizard.request!, training: { ...wizard.training!, epochs: 100 } });
  wizard.look({ ...wizard.request!, training: { ...wizard.training!, epochs: 2 } });
  await expect.poll(() => wizard.preview?.plan?.steps).toBe(70);
});

test('when the choices change the preview of the old ones is cancelled, and its answer is not shown', async () => {
  // The estimate of an earlier test may still be on its way.
  wizard.leave();
  vi.useFakeTimers();
  const asked: { args: PreviewRun; answer: (preview: Preview) => void }[] = [];
  const cancelled: string[] = [];
  const call = (name: string, args: unknown) => (name === 'cancel_job' ? Promise.resolve(cancelled.push(args as string)) : new Promise((answer) => asked.push({ args: args as PreviewRun, answer })));
  let tell: Parameters<Backend['subscribe']>[2] = () => undefined;
  setBackend({ call, subscribe: (_topic: unknown, _after: number, on: typeof tell) => ((tell = on), () => undefined) } as unknown as Backend);
  const preview = (blocker: string): Preview => ({ plan: null, problems: [], blockers: [verbatim(blocker)], warnings: [], disk: null });
  const request = wizard.request!;

  wizard.look(request);
  await vi.advanceTimersByTimeAsync(300);
  expect(asked.map(({ args }) => args.start)).toEqual([request]);
  const { job } = asked[0]!.args;
  expect(job).toMatch(/^job-/);
  tell([{ seq: 1, body: { kind: 'job', job: { id: job!, kind: 'plan', subject: null, title: '', state: { state: 'running' }, progress: { note: verbatim('Reading the rows'), done: 70, total: 280, unit: 'rows', rows: 70 } } } }]);
  expect(wizard.slow, 'a short one says nothing').toBe(false);
  await vi.advanceTimersByTimeAsync(1000);
  expect([wizard.slow, wizard.planning.fraction, wizard.planning.progress?.note.text]).toEqual([true, 0.25, 'Reading the rows']);

  wizard.look({ ...request, name: 'other' });
  expect(cancelled).toEqual([job]);
  expect([wizard.looking, wizard.slow]).toEqual([true, false]);
  await vi.advanceTimersByTimeAsync(300);
  asked[1]!.answer(preview('new'));
  asked[0]!.answer(preview('old'));
  await vi.advanceTimersByTimeAsync(0);
  expect(wizard.preview?.blockers).toEqual([verbatim('new')]);
  expect(wizard.looking).toBe(false);

  wizard.look(request);
  await vi.advanceTimersByTimeAsync(300);
  wizard.leave();
  expect(cancelled, 'nobody waits for it any more').toEqual([job, asked[2]!.args.job]);
  expect(wizard.looking).toBe(false);
});

test('how long it takes is asked after the preview, shown beside it, and cancelled with it', async () => {
  const asked: { name: string; job: string | null; answer: (reply: unknown) => void }[] = [];
  const cancelled: string[] = [];
  const call = (name: string, args: unknown) =>
    name === 'cancel_job' ? Promise.resolve(cancelled.push(args as string)) : new Promise((answer) => asked.push({ name, job: (args as PreviewRun).job ?? null, answer }));
  setBackend({ call, subscribe: () => () => undefined } as unknown as Backend);
  const preview: Preview = { plan: made.plan(), problems: [], blockers: [], warnings: [], disk: made.disk };
  const estimate = (epochs: number) => ({ time: made.runTime(epochs), busy: false });

  wizard.look(wizard.request);
  await expect.poll(() => asked.length).toBe(1);
  asked[0]!.answer(preview);
  await expect.poll(() => asked[1]?.name).toBe('estimate_run');
  expect([wizard.looking, wizard.ready, wizard.estimating.running], 'a start need not wait for it').toEqual([false, true, true]);
  asked[1]!.answer(estimate(3));
  await expect.poll(() => wizard.estimate?.time?.about.text).toBe('about 3 minutes');

  wizard.look(wizard.request);
  await expect.poll(() => asked.length).toBe(3);
  asked[2]!.answer(preview);
  await expect.poll(() => asked.length).toBe(4);
  wizard.look({ ...wizard.request!, name: 'other' });
  expect(cancelled).toEqual([asked[3]!.job]);
  asked[3]!.answer(estimate(9));
  await expect.poll(() => asked.length).toBe(5);
  expect(wizard.estimate?.time?.about.text, 'that of older choices is not shown').toBe('about 3 minutes');
  asked[4]!.answer({ ...preview, plan: made.plan({ fit: { ...made.plan().fit, fits: false } }) });
  await expect.poll(() => wizard.estimate).toBe(null);
  expect(asked.length).toBe(5);
});

test('plain text data asks for the text task', () => {
  library.datasets = [made.dataset({ id: 'recipes-1', format: 'text' })];
  expect(wizard.training?.task).toBe('text');
});

test('training again begins with the settings of the run', async () => {
  const run = made.run('done', 'x', { state: 'done' }, { config: { base_model: 'starter', data: { path: 'a', format: 'auto', validation: 'auto' }, training: { ...made.training, seed: 7, epochs: 5 } } });
  await wizard.like(run);
  expect(wizard.changes).toEqual({ epochs: 5, seed: 7 });
});

test('the choices survive a reload', () => {
  wizard.name = 'mine';
  wizard.remember();
  expect(JSON.parse(sessionStorage.getItem('tunesmith-wizard')!)).toMatchObject({ model: 'starter', dataset: 'recipes-1', name: 'mine' });
});

test('a new fine-tune begins anew, and one that was not started can be continued', async () => {
  wizard.change(field('lora_rank'), 24);
  wizard.name = 'Half done';
  wizard.beginAnew();
  expect([wizard.dataset, wizard.name, wizard.changes]).toEqual([null, '', {}]);
  expect(wizard.draft).toMatchObject({ dataset: 'recipes-1', name: 'Half done' });
  wizard.beginAnew();
  expect(wizard.draft?.name, 'there was nothing new to keep').toBe('Half done');
  wizard.continueDraft();
  expect([wizard.dataset, wizard.name, wizard.changes, wizard.draft]).toEqual(['recipes-1', 'Half done', { lora_rank: 24 }, null]);
});
