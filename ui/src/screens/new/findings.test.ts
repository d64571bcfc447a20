import type { Component } from 'svelte';
import { beforeEach, expect, test } from 'vitest';
import { backend, setBackend } from '$lib/backend';
import { mock } from '$lib/backend/mock';
import { library } from '$lib/state/library.svelte';
import { route } from '$lib/state/route.svelte';
import { wizard } from '$lib/state/wizard.svelte';
import { show } from '$lib/testing/show';
import DataStep from './DataStep.svelte';
import PreviewPanel from './PreviewPanel.svelte';

beforeEach(async () => {
  setBackend(mock());
  await library.refresh();
  wizard.beginAnew();
});

const at = (id: string) => document.querySelector<HTMLElement>(`[data-testid="${id}"]`);

test('what the doctor found is beside the rows of a new fine-tune', async () => {
  wizard.dataset = 'recipes-1';
  show(DataStep as Component, {});
  const report = await backend.call('dataset_report', 'recipes-1');
  await expect.poll(() => at('tab-doctor')?.textContent).toContain(String(report!.findings.length));
  expect(at('tab-versions'), 'what is not needed for a run is on the page of the dataset').toBeNull();
  at('tab-doctor')!.click();
  await expect.poll(() => document.body.textContent).toContain(report!.findings[0]!.sentence.text);
});

test('what nobody has mended is named before the start, and leads back to the data', async () => {
  const [model] = library.models!;
  const dataset = library.dataset('recipes-1')!;
  const report = await backend.call('dataset_report', dataset.id);
  const grave = report!.findings.filter(({ severity }) => severity !== 'note');
  show(PreviewPanel as Component, { model: model!, dataset });
  await expect.poll(() => document.querySelectorAll('[data-testid="open-finding"]').length).toBe(grave.length);
  expect(at('open-findings')?.textContent).toContain(grave[0]!.sentence.text);
  at('open-findings-look')!.click();
  expect(route.place).toMatchObject({ screen: 'new', id: 'data' });
});
