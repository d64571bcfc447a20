import { flushSync, type Component, type ComponentProps } from 'svelte';
import { beforeEach, expect, test, vi } from 'vitest';
import { backend, setBackend } from '$lib/backend';
import { mock } from '$lib/backend/mock';
import { library } from '$lib/state/library.svelte';
import { show } from '$lib/testing/show';
import { readPlace, route } from '$lib/state/route.svelte';
import { wizard } from '$lib/state/wizard.svelte';
import { FollowedRun } from '$lib/state/run.svelte';
import RunScreen from './RunScreen.svelte';
import Stats from './Stats.svelte';
import Trouble from './Trouble.svelte';

beforeEach(async () => {
  setBackend(mock());
  await library.refresh();
});

const open = (id: string) => show(RunScreen as Component<{ id: string }>, { id });
const at = (id: string) => document.querySelector<HTMLButtonElement>(`[data-testid="${id}"]`);
function click(id: string) {
  at(id)!.click();
  flushSync();
}

test('an address that is not encoded as one leads to a run that is not there', () => {
  open(readPlace('#/runs/%').id!);
  expect(at('not-found')?.textContent).toContain('fine-tune');
});

test('a queued run tells its place, and how it can be changed', async () => {
  open('queued-3');
  expect(at('run-state')?.dataset.state).toBe('queued');
  expect(at('run-state')?.textContent).toBe('Queued');
  expect(at('run-place')?.textContent, 'one trains, one waits, and the held one is passed by').toBe('2 runs before it');
  expect(at('stop-run'), 'there is nothing to stop').toBeNull();
  expect(at('end-card')).toBeNull();
  click('queue-first-queued-3');
  await expect.poll(() => at('run-place')?.textContent).toBe('1 run before it');
  expect(at('queue-first-queued-3')?.disabled).toBe(true);
  click('queue-hold-queued-3');
  await expect.poll(() => at('run-state')?.textContent).toBe('Held');
  click('queue-release-queued-3');
  await expect.poll(() => at('run-state')?.textContent).toBe('Queued');
  click('queue-leave-queued-3');
  await expect.poll(() => at('run-state')?.dataset.state).toBe('stopped');
  expect(at('run-queued')).toBeNull();
  click('resume-run');
  await expect.poll(() => at('run-state')?.dataset.state).toBe('queued');
});

test('a result that is no better than its start is told as such, with both losses', async () => {
  const like = (await backend.call('list_runs', null)).find((run) => run.id === 'done')!;
  Object.assign(library.runs!.find((run) => run.id === 'done')!, { first_eval_loss: 7.445, best_eval_loss: 30.1, best_step: 60, no_better: true });
  expect(like.status.state).toBe('done');
  open('done');
  expect(at('end-card')?.textContent).toContain('Done, but no better than before');
  expect(at('what-changed')?.textContent).toContain('7.445');
  expect(at('what-changed')?.textContent).toContain('30.1');
  expect(at('what-changed')?.textContent).toContain('The model of step 60 is kept, and it is no better than the one it began with');
});

// Here it ends before the curve begins, which needs a canvas.
test('the page goes on by itself when the run before has ended', async () => {
  open('queued-1');
  expect(at('run-place')?.textContent).toBe('1 run before it');
  const stop = library.follow();
  await backend.call('stop_run', 'running');
  await expect.poll(() => at('run-state')?.dataset.state).toBe('preparing');
  expect(at('run-preparing')).toBeTruthy();
  stop();
});

test('the clocks go on between two steps', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
  try {
    const followed = new FollowedRun('running');
    const run = library.run('running')!;
    const status = { state: 'running' } as const;
    const step = (seq: number, elapsed_ms: number) => ({ seq, body: { kind: 'run', record: { type: 'step', step: seq, epoch: 0, loss: 1, learning_rate: 0.001, grad_norm: 1, tokens_per_second: 10, learned_tokens: 5, elapsed_ms } } }) as const;
    followed.history.plan = { ...run.plan!, steps: 12 };
    followed.history.apply([step(1, 4000), step(2, 8000)]);
    followed.heardAt = performance.now();
    show(Stats as Component<{ followed: FollowedRun; run: typeof run; status: typeof status }>, { followed, run, status });
    expect([at('stat-elapsed')?.textContent, at('stat-eta')?.textContent]).toEqual(['8 s', '40 s']);
    vi.advanceTimersByTime(3000);
    flushSync();
    expect([at('stat-elapsed')?.textContent, at('stat-eta')?.textContent]).toEqual(['11 s', '37 s']);
  } finally {
    vi.useRealTimers();
  }
});

/** What stands in the way of a run, without the curve below it, which needs a canvas. */
function openTrouble(id: string) {
  const run = library.run(id)!;
  show(Trouble as Component<ComponentProps<typeof Trouble>>, { followed: new FollowedRun(id), run, status: run.status });
}

test('a diverged run is trained again from a checkpoint, with a third of its rate, after a look at the settings', async () => {
  const { path } = library.run('diverged')!.continue_from!;
  openTrouble('diverged');
  expect(at('continue-lower')?.textContent).toContain('Train again from step 40 with a lower rate');
  click('continue-lower');
  await expect.poll(() => route.place.screen).toBe('new');
  expect(wizard.request?.training).toMatchObject({ init_adapter: path, learning_rate: 0.001 });
  expect(wizard.changes).toEqual({ init_adapter: path, learning_rate: 0.001 });
  expect([wizard.model, wizard.dataset]).toEqual(['starter', 'recipes-1']);
});

test('only a run that diverged offers that', () => {
  openTrouble('failed');
  expect(at('change-settings')).toBeTruthy();
  expect(at('continue-lower')).toBeNull();
});

test('a run can be compared from its own page, one that waits cannot', async () => {
  open('done');
  click('run-menu');
  await expect.poll(() => at('menu-compare')?.textContent).toContain('Compare…');
  click('menu-compare');
  expect(location.hash).toBe('#/runs/compare/done');
  document.body.innerHTML = '';
  open('queued-3');
  click('run-menu');
  await expect.poll(() => at('menu-tags')).toBeTruthy();
  expect(at('menu-compare')).toBeNull();
});
