// The doctor, the tokens and the exports of the made-up studio.
import type { Commands, Dataset, DatasetReport, Edit, Finding, LengthBucket, JobKind, JobProgress, Row, TokenCounts, WireError, XrayToken } from '$lib/protocol';
import { verbatim } from '$lib/words/say';

interface Studio {
  /** Milliseconds between two pieces of progress. */
  pace: number;
  dataset: (id: string) => Dataset;
  row: (index: number) => Row;
  publish: (job: string, kind: JobKind, progress: Partial<JobProgress>) => void;
  cancelled: (job: string) => boolean;
  fail: (code: WireError['code'], message: string, hint?: string) => never;
}
type Name = 'check_dataset' | 'xray_row' | 'count_tokens' | 'export_dataset';
type Handlers = { [K in Name]: (args: Commands[K]['args']) => Commands[K]['reply'] | Promise<Commands[K]['reply']> };

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const size = (dataset: Dataset) => dataset.training_rows + dataset.validation_rows;

export function madeUpRoom({ pace, dataset, row, publish, cancelled, fail }: Studio): Handlers {
  async function work(job: string | null, kind: JobKind, note: string, rows: number): Promise<void> {
    for (let step = 0; step <= 12; step++) {
      const done = Math.round((rows * step) / 12);
      if (job) publish(job, kind, { note: verbatim(note), done, total: rows, rows: done });
      await wait(pace);
      if (job && cancelled(job)) fail('cancelled', 'Cancelled');
    }
  }

  return {
    check_dataset: async (id) => {
      await work(`check-${id}-${dataset(id).number}`, 'check', 'Looking at the rows', size(dataset(id)));
      return madeUpReport(dataset(id));
    },
    xray_row: async ({ dataset: id, row: place, max_length }) => {
      await wait(80);
      if (place >= size(dataset(id))) fail('not_found', `There is no row ${place + 1}`, 'Look at the newest version of the dataset');
      const tokens = tokensOf(row(place), place === 19 ? 500 : 1);
      const beyond = tokens.slice(max_length);
      return { tokens, learned: tokens.filter((one) => one.learned).length, cut: beyond.length, learned_cut: beyond.filter((one) => one.learned).length, answers_cut: beyond.filter((one) => one.end_of_turn).length };
    },
    count_tokens: async ({ dataset: id, batch_size, job }) => {
      const found = dataset(id);
      if (found.name.includes('untold')) fail('invalid', 'The tokenizer of this model cannot be read: tokenizer.json is damaged', 'Add the model folder again');
      await work(job, 'count', 'Counting tokens', found.training_rows);
      return counts(found, batch_size);
    },
    export_dataset: async ({ dataset: id, format, split, other_columns, path, job }) => {
      const found = dataset(id);
      const rows = { both: size(found), training: found.training_rows, validation: found.validation_rows }[split ?? 'both'];
      await work(job, 'export', 'Writing', rows);
      if (path?.includes('full')) fail('disk_full', 'The disk is full, so the file could not be written', 'Make room, or choose another disk');
      const left_out = format === 'alpaca' ? Math.min(12, rows) : 0;
      return { path: path ?? `/home/ada/.local/share/tunesmith/exports/${found.name}.${format === 'csv' || format === 'parquet' ? format : 'jsonl'}`, rows: rows - left_out, left_out: left_out ? [{ why: verbatim('it has more than one question and one answer'), count: left_out }] : [], notes: other_columns && format === 'csv' ? [verbatim('The column “label” is called “other_label” in the file: under its own name it would be read as a part of the row')] : [], bytes: rows * 412 };
    },
  };
}

/** Something of each kind; “support” is well. */
export function madeUpReport(dataset: Dataset): DatasetReport {
  const repaired = dataset.versions.filter(({ number }) => number <= dataset.number).map(({ change }) => change.text.match(/^Repaired: (.*)$/)?.[1]);
  const all = dataset.id.startsWith('support') ? [] : findings;
  const left = all.filter(({ kind, repair }) => !repaired.includes(kind) && !(repair && dataset.versions.some(({ number, change }) => number <= dataset.number && /removed, .* repaired/.test(change.text))));
  const repairs = left.filter(({ repair }) => repair !== null);
  return {
    number: dataset.number, rows: size(dataset), findings: left, all_repairs: repairs.length ? { findings: repairs.length, removed: 12, changed: 18 } : null,
    distributions: [
      { what: 'messages_per_row', min: 2, max: 9, mean: 3.2, median: 3, p5: 3, p95: 5 },
      { what: 'characters_per_answer', min: 2, max: 4120, mean: 188.4, median: 142, p5: 24, p95: 611 },
      { what: 'words_per_answer', min: 1, max: 702, mean: 31.9, median: 24, p5: 4, p95: 104 },
    ],
  };
}

const finding = (severity: Finding['severity'], kind: string, rows: number, sentence: string, advice: string, repair: string | null = null): Finding => ({ kind, severity, rows, first: [2, 8, 14], sentence: verbatim(sentence), advice: verbatim(advice), repair });
const findings: Finding[] = [
  finding('error', 'leakage', 4, '4 held-out rows are also learned from, so the validation loss would look better than it is', 'Hold other rows out: duplicates then stay on one side', null),
  finding('error', 'role_order', 2, 'In 2 rows the user says two things in a row, which no chat template was made for', 'Join the two messages into one', 'merge_same_role'),
  finding('warning', 'exact_duplicates', 12, '12 rows say exactly what another one says; the model would learn them twice as often', 'Keep one of each', 'remove_duplicates'),
  finding('warning', 'personal_data', 3, '3 rows hold what looks like e-mail addresses or keys. A model can repeat what it learned, to anyone', 'Mask them; the rows stay', 'mask_personal_data'),
  finding('warning', 'mojibake', 7, '7 rows hold garbled letters such as “Ã¼” where “ü” was meant', 'Read the letters as they were meant', 'fix_mojibake'),
  finding('warning', 'conflicting_answers', 5, '5 rows ask the same and are answered differently', 'Look at them and keep the better answer'),
  finding('note', 'system_prompts', 41, '41 rows have no system prompt, and 259 have one', 'Give all of them the same, or none'),
  finding('note', 'few_rows', 0, 'There are 300 rows: enough for a tone or a format, few for knowledge', 'Add rows if the model should learn facts'),
  finding('note', 'something_new', 6, '6 rows end in three dots', 'See whether they break off', 'Remove the dots'),
];

/** What a change of all rows makes of their numbers, and how it is told; null for changes of single rows. */
export function wholeChange(dataset: Dataset, edit: Edit, other: (id: string) => Dataset): { training: number; validation: number; said: string } | null {
  const [training, validation] = [dataset.training_rows, dataset.validation_rows];
  const all = training + validation;
  switch (edit.kind) {
    case 'repair': {
      const gone = findings.find(({ kind, repair }) => kind === edit.finding && repair === 'remove_duplicates')?.rows ?? 0;
      return { training: training - gone, validation, said: `Repaired: ${edit.finding}` };
    }
    case 'repair_all':
      return null;
    case 'sample': {
      const held = Math.round((edit.rows * validation) / all);
      return { training: edit.rows - held, validation: held, said: `Kept ${edit.rows} of ${all} rows` };
    }
    case 'shuffle':
      return { training, validation, said: 'Shuffled the rows' };
    case 'split': {
      if (typeof edit.validation === 'string' && edit.validation !== 'auto') return { training: all, validation: 24, said: `24 rows of “${edit.validation.split('/').at(-1)}” held out` };
      const held = edit.validation === 'auto' ? Math.max(20, Math.round(all / 20)) : Math.round(all * Number(edit.validation));
      return { training: all - held, validation: held, said: held ? `Held ${held} rows out` : 'Held no rows out' };
    }
    case 'merge': {
      const more = other(edit.dataset);
      return { training: training + more.training_rows, validation: validation + more.validation_rows, said: `Added the ${size(more)} rows of “${more.name}”` };
    }
    default:
      return null;
  }
}

/** Rows of 40 to 160 tokens, and for “recipes” a few very long ones. */
function counts(dataset: Dataset, batch: number): TokenCounts {
  const tail = !dataset.id.startsWith('support');
  const rows = dataset.training_rows;
  const buckets: LengthBucket[] = Array.from({ length: 30 }, (_, index) => bucket(40 + 4 * index, 43 + 4 * index, Math.round((rows * 0.97 * Math.exp(-(((index - 11) / 6) ** 2))) / 10.6)));
  if (tail) for (const [from, to, of] of [[200, 255, 4], [400, 460, 3], [1200, 1300, 2], [5900, 6100, 1]] as const) buckets.push(bucket(from, to, of));
  buckets[11]!.rows += rows - buckets.reduce((sum, one) => sum + one.rows, 0) - (tail ? 2 : 0);
  buckets[11]!.answers = buckets[11]!.rows;
  const total = (what: 'rows' | 'answers' | 'tokens' | 'learned_tokens') => buckets.reduce((sum, one) => sum + one[what], 0);
  const longest = tail ? 6032 : 158;
  return {
    rows: total('rows'), failed: tail ? 2 : 0, answers: total('answers'), tokens: total('tokens'), learned_tokens: total('learned_tokens'), longest, buckets,
    percentiles: [{ percent: 50, tokens: 86 }, { percent: 90, tokens: 118 }, { percent: 95, tokens: 131 }, { percent: 99, tokens: tail ? 431 : 149 }],
    suggested_epochs: 3, padded_tokens: Math.round(total('tokens') * (1 + 0.11 * Math.log2(batch))),
  };
}

const bucket = (from: number, to: number, rows: number): LengthBucket => ({ from, to, rows, answers: rows, tokens: Math.round((rows * (from + to)) / 2), learned_tokens: Math.round((rows * (from + to)) / 9) });

/** A row in a chat template, cut at spaces; a long one says everything many times. */
function tokensOf(row: Row, times: number): XrayToken[] {
  const plain = (text: string, learned: boolean) => (text.match(/\n|\s?[\p{L}\p{M}]{1,5}|\s?\d|\s?[^\s\p{L}\d]|\s/gu) ?? []).flatMap((text) => (text.includes('–') ? ['\\xE2', '\\x80\\x93'].map((part) => one(part, learned)) : [one(text, learned)]));
  const one = (text: string, learned: boolean, more: Partial<XrayToken> = {}): XrayToken => ({ id: 260 + ([...text].reduce((sum, letter) => sum * 31 + letter.codePointAt(0)!, 7) % 7900), text, learned, special: false, end_of_turn: false, ...more });
  return row.messages.flatMap(({ role, content, learned }) => [
    one('<|im_start|>', false, { id: 1, special: true }), ...plain(`${role}\n`, false),
    ...plain(Array.from({ length: times }, () => content).join('\n'), learned),
    one('<|im_end|>', learned, { id: 2, special: true, end_of_turn: learned }), one('\n', false),
  ]);
}

