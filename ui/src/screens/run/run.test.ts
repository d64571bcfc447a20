import { flushSync, type Component } from 'svelte';
import { beforeEach, expect, test } from 'vitest';
import { backend, setBackend } from '$lib/backend';
import { mock } from '$lib/backend/mock';
import { library } from '$lib/state/library.svelte';
import { show } from '$lib/testing/show';
import { readPlace } from '$lib/state/route.svelte';
import RunScreen from './RunScreen.svelte';

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

test('a run in line tells its place, and how it can be changed', async () => {
  open('queued-3');
  expect(at('run-state')?.dataset.state).toBe('queued');
  expect(at('run-state')?.textContent).toBe('In line');
  expect(at('run-place')?.textContent, 'one trains, one waits, and the held one is passed by').toBe('2 runs before it');
  expect(at('stop-run'), 'there is nothing to stop').toBeNull();
  expect(at('end-card')).toBeNull();
  click('queue-first-queued-3');
  await expect.poll(() => at('run-place')?.textContent).toBe('1 run before it');
  expect(at('queue-first-queued-3')?.disabled).toBe(true);
  click('queue-hold-queued-3');
  await expect.poll(() => at('run-state')?.textContent).toBe('Held');
  click('queue-release-queued-3');
  await expect.poll(() => at('run-state')?.textContent).toBe('In line');
  click('queue-leave-queued-3');
  await expect.poll(() => at('run-state')?.dataset.state).toBe('stopped');
  expect(at('run-queued')).toBeNull();
  click('resume-run');
  await expect.poll(() => at('run-state')?.dataset.state).toBe('queued');
});

test('a result that is no better than its start is told as such, with both losses', async () => {
  const like = (await backend.call('list_runs', null)).find((run) => run.id === 'done')!;
  Object.assign(library.runs!.find((run) => run.id === 'done')!, { first_eval_loss: 7.445, best_eval_loss: 30.1, best_step: 60 });
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
