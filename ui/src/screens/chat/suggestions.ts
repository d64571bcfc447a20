// What can be asked of a tuned model with one click: the questions that it was compared on, else those of held-out rows.
import { backend } from '$lib/backend';
import type { Run } from '$lib/protocol';

const most = 3;
/** A question longer than this is no suggestion to read at a glance. */
const longest = 400;

export async function suggestions(run: Run): Promise<string[]> {
  const compared = await backend.call('compare_run', { run: run.id, only_known: true, job: null }).catch(() => null);
  const asked = compared?.rows.map(({ question }) => question) ?? (await questions(run, 'validation')) ?? [];
  const all = asked.length > 0 ? asked : await questions(run, 'training');
  return [...new Set(all)].filter((question) => question.trim() !== '' && question.length <= longest).slice(0, most);
}

/** The first questions of rows on one side; none where the dataset is gone. */
async function questions(run: Run, split: 'training' | 'validation'): Promise<string[]> {
  const page = await backend.call('dataset_rows', { dataset: run.dataset, split, offset: 0, limit: 12, model: null, find: null, job: null }).catch(() => null);
  return (page?.rows ?? []).flatMap(({ messages }) => messages.findLast(({ role }) => role === 'user')?.content ?? []);
}
