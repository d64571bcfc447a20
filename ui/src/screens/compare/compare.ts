// What tells runs apart: their settings that differ, and how each turned out.
import * as format from '$lib/format';
import { inWords } from '$lib/fields';
import type { Field, Run } from '$lib/protocol';
import * as times from '$lib/times';
import { words } from '$lib/words';
import { say } from '$lib/words/say';

/** More runs than this no chart tells apart. */
export const mostRuns = 5;

export interface Line {
  label: string;
  /** It is the name of a setting in a run file, as nothing says how the form calls it. */
  code: boolean;
  /** One for each run. */
  values: string[];
  /** The place of the best value, where one is best. */
  best: number | null;
}

/** What the runs were asked for, as far as it differs, under the labels of the form. */
export function differences(runs: Run[], fields: readonly Field[]): Line[] {
  const w = words.compareRuns;
  const named: [string, (run: Run) => string][] = [
    [w.model, (run) => run.model_name],
    [w.dataset, (run) => (run.dataset_version === null ? run.dataset_name : w.version(run.dataset_name, run.dataset_version))],
    [w.preset, (run) => (run.preset === null ? w.ownSettings : (words.runs.presets[run.preset] ?? run.preset))],
  ];
  const settings = [...new Set(runs.flatMap((run) => Object.keys(settingsOf(run))))];
  const lines = [
    ...named.map(([label, value]) => line(label, false, runs.map(value))),
    ...settings.map((name) => {
      const field = fields.find((field) => field.name === name);
      return line(field ? say(field.label) : name, !field, runs.map((run) => shown(name, settingsOf(run)[name])));
    }),
  ];
  return lines.filter(({ values }) => new Set(values).size > 1);
}

/** How the runs turned out. */
export function outcomes(runs: Run[]): Line[] {
  const w = words.compareRuns;
  const losses = runs.map((run) => run.best_eval_loss);
  const measured = losses.filter((loss) => loss !== null);
  const least = measured.length > 1 ? Math.min(...measured) : null;
  const winners = losses.filter((loss) => loss === least).length;
  return [
    line(w.state, false, runs.map((run) => words.states[run.status.state])),
    line(w.steps, false, runs.map((run) => format.count(run.step))),
    line(w.before, false, runs.map((run) => format.loss(run.first_eval_loss))),
    { ...line(w.after, false, losses.map(format.loss)), best: least !== null && winners === 1 ? losses.indexOf(least) : null },
    line(w.kept, false, runs.map((run) => (run.best_step === null ? '–' : format.count(run.best_step)))),
    line(w.took, false, runs.map((run) => times.duration(run.elapsed_ms))),
  ];
}

/** Settings of a run; what a plan has decided, where there is one. */
const settingsOf = (run: Run): Record<string, unknown> => (run.plan?.training ?? run.config.training) as unknown as Record<string, unknown>;

/** A run of an earlier program may lack a setting of today. */
const shown = (name: string, value: unknown): string => (value === undefined ? '–' : inWords(name, value));

const line = (label: string, code: boolean, values: string[]): Line => ({ label, code, values, best: null });

/** The runs that an address names: known ones, each once, no more than can be compared. */
export const idsIn = (part: string | null, known: (id: string) => boolean): string[] => [...new Set((part ?? '').split(','))].filter(known).slice(0, mostRuns);
