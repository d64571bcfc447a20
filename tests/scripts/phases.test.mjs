// What `make test PHASES=…` runs.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { phases, plan, runAll } from '../../scripts/phases.mjs';

test('a phase that is asked for alone is run on what is built from the sources of now', () => {
  for (const name of ['desktop', 'browser']) assert.deepEqual(plan([name]), ['screens', 'programs', name]);
  assert.deepEqual(plan(['rust']), ['screens', 'rust'], 'the server embeds the screens');
  assert.deepEqual(plan(['vitest']), ['screens', 'vitest'], 'it needs the npm packages');
});

test('what several phases need is built once', () => {
  assert.deepEqual(plan(['browser', 'desktop']), ['screens', 'programs', 'browser', 'desktop']);
  const all = plan([]);
  assert.deepEqual([...all].sort(), Object.keys(phases).sort());
  for (const [index, name] of all.entries()) {
    for (const need of phases[name].needs ?? []) assert.ok(all.indexOf(need) < index, `${need} comes before ${name}`);
  }
});

test('two phases go at once, and none begins before what it needs has ended', async () => {
  const [planned, going, ended] = [plan([]), new Set(), new Set()];
  let most = 0;
  await runAll(planned, async (name) => {
    for (const need of phases[name].needs ?? []) assert.ok(ended.has(need), `${need} has ended before ${name}`);
    going.add(name);
    most = Math.max(most, going.size);
    await new Promise((done) => setImmediate(done));
    going.delete(name);
    ended.add(name);
  });
  assert.deepEqual([...ended].sort(), [...planned].sort());
  assert.equal(most, 2);
});
