// What `make test PHASES=…` runs.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { groups, phases, plan } from '../../scripts/phases.mjs';

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

test('phases that run beside each other start when what they need is built', () => {
  assert.deepEqual(groups(plan(['browser', 'desktop'])), [['screens'], ['programs'], ['browser', 'desktop']]);
  const all = groups(plan([]));
  assert.deepEqual(all.flat().sort(), Object.keys(phases).sort());
  assert.ok(all.some((group) => String(group) === 'desktop,browser') && all.some((group) => String(group) === 'types,vitest'));
  for (const [index, group] of all.entries()) {
    const before = all.slice(0, index).flat();
    for (const need of group.flatMap((name) => phases[name].needs ?? [])) assert.ok(before.includes(need), `${need} comes before ${group}`);
  }
});
