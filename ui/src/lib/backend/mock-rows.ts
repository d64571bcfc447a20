// The rows of the made-up studio: looked at before an import, searched, changed and brought back.
import type { ChangedRow, Commands, Dataset, DatasetReport, Edit, Inspection, Mapping, Part, Row, RowChange, RowProblem, RowQuery, Split, WireError } from '$lib/protocol';
import { verbatim } from '$lib/words/say';
import { row as recipe } from './mock-data';

type Said = { role: string; content: string; reasoning_content?: string; weight?: number };
type Example =
  | { kind: 'chat'; messages: Said[] }
  | { kind: 'text'; text: string }
  | { kind: 'preference'; prompt: Said[]; chosen: Said[]; rejected: Said[] }
  | { kind: 'unpaired'; prompt: Said[]; completion: Said[]; label: boolean }
  | { kind: 'classification'; text: string; label: string };
interface Made { example: Example; split: Split; file: string; line: number }
/** A version of a dataset: as many rows, each made when it is asked for. */
interface View { total: number; at: (place: number) => Made }

interface Studio {
  datasets: () => Dataset[];
  replace: (dataset: Dataset) => void;
  fail: (code: WireError['code'], message: string, hint?: string) => never;
}
type Name = 'compare_versions' | 'inspect_files' | 'dataset_rows' | 'dataset_row' | 'dataset_problems' | 'dataset_report' | 'edit_dataset' | 'use_version';
type Handlers = { [K in Name]: (args: Commands[K]['args']) => Commands[K]['reply'] | Promise<Commands[K]['reply']> };

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

export function madeUpRows({ datasets, replace, fail }: Studio): Handlers {
  const views = new Map<string, View>();
  const find = (id: string) => datasets().find((one) => one.id === id) ?? fail('not_found', `There is no dataset ${id}`);
  const view = (dataset: Dataset, number = dataset.number) => views.get(`${dataset.id} ${number}`) ?? imported(dataset);

  function change(dataset: Dataset, edit: Edit): Dataset {
    const number = dataset.versions.length + 1;
    const { view: next, said } = changed(view(dataset), edit);
    views.set(`${dataset.id} ${number}`, next);
    const added = next.total - view(dataset).total;
    const version = { number, version: `v${number}`, change: verbatim(said), training_rows: dataset.training_rows + added, validation_rows: dataset.validation_rows, validation: dataset.versions.at(-1)!.validation, seed: dataset.versions.at(-1)!.seed, made_ms: Date.now() };
    return { ...dataset, number, version: version.version, training_rows: version.training_rows, versions: [...dataset.versions, version] };
  }

  return {
    inspect_files: async ({ paths, mapping }) => {
      await wait(150);
      if (paths.some((path) => path.includes('bad'))) fail('invalid', 'bad.jsonl holds no rows', 'Check that each line is one JSON object');
      return look(paths, mapping);
    },
    dataset_rows: async ({ dataset: id, split, offset, limit, model, find: query }) => {
      await wait(120);
      const dataset = find(id);
      const all = view(dataset);
      if (query?.text === 'fail') fail('internal', 'The rows cannot be read: the file rows.jsonl is damaged', 'Import the dataset again');
      const places = matching(all, split, query);
      const total = places?.length ?? all.total;
      const shown = Array.from({ length: Math.max(0, Math.min(limit, total - offset)) }, (_, index) => places?.[offset + index] ?? offset + index);
      return { total, rows: shown.map((place) => bubbles(place, all.at(place), model !== null)) };
    },
    compare_versions: async ({ dataset: id, before, after, kind, offset, limit }) => {
      await wait(150);
      const all = differences(view(find(id), before), view(find(id), after));
      const count = (kind: RowChange) => all.filter((one) => one.kind === kind).length;
      const wanted = all.filter((one) => kind === null || one.kind === kind);
      return { added: count('added'), removed: count('removed'), changed: count('changed'), moved: count('moved'), reordered: false, total: wanted.length, rows: wanted.slice(offset, offset + limit) };
    },
    dataset_row: async ({ dataset: id, row }) => {
      await wait(60);
      const made = view(find(id)).at(row);
      return { row: bubbles(row, made, false), example: structuredClone(made.example) };
    },
    dataset_problems: ({ dataset: id, kind, offset, limit }) => {
      const { problems, rows_dropped, row_files } = find(id);
      const all = Array.from({ length: problems }, (_, index) => problem(index, rows_dropped, row_files[0]!));
      const kinds = [...new Set(all.map((one) => one.kind))].map((what) => ({ what, count: all.filter((one) => one.kind === what).length }));
      const wanted = all.filter((one) => kind === null || one.kind === kind);
      return { total: wanted.length, kinds: kinds.sort((a, b) => b.count - a.count), problems: wanted.slice(offset, offset + limit) };
    },
    dataset_report: (id) => report(find(id)),
    edit_dataset: async ({ dataset: id, version, edit }) => {
      await wait(150);
      const inUse = find(id).number;
      if (version !== null && version !== inUse) fail('invalid', `Version ${inUse} is in use by now, and this change was meant for version ${version}`, 'Look at the rows as they are now, and make the change there');
      const next = change(find(id), edit);
      replace(next);
      return next;
    },
    use_version: ({ dataset: id, number }) => {
      const dataset = find(id);
      const { version, training_rows, validation_rows } = dataset.versions[number - 1] ?? fail('not_found', `There is no version ${number}`);
      const next = { ...dataset, number, version, training_rows, validation_rows };
      replace(next);
      return next;
    },
  };
}

const parts: Record<string, Part[]> = Object.fromEntries(
  Object.entries({ chat: 'messages! tools', instruction: 'instruction! input output! system history', completion: 'prompt! completion! input system history', text: 'text!', preference: 'prompt chosen! rejected! system', unpaired: 'prompt! completion! label!', classification: 'text! label!' }).map(
    ([format, names]) => [format, names.split(' ').map((name) => ({ name: name.replace('!', ''), required: name.endsWith('!') }))],
  ),
);
const usual: Record<string, string[]> = { instruction: ['question'], prompt: ['question'], text: ['question', 'messages'], output: ['reply'], completion: ['reply'], chosen: ['reply'], messages: ['messages'], label: ['topic'] };

/** What made-up files begin with. A table has a question and a reply, anything else a list of messages. */
export function look(paths: string[], wanted: Mapping): Inspection {
  const table = paths.some((path) => /csv|tsv|xlsx|parquet/.test(path));
  const odd = paths.some((path) => path.includes('kunden'));
  const columns = odd ? ['Nr', 'Datum', 'Kundenfrage', 'Unsere Antwort'] : table ? ['id', 'question', 'reply', 'topic', 'asked_at'] : ['messages', 'source', 'rating'];
  const raw = Array.from({ length: 20 }, (_, index) => ({ line: index + 1 + Number(table), cells: Object.fromEntries(columns.map((column) => [column, cells(column, index)])) }));
  const files = paths.map((path) => ({ name: path.split('/').at(-1)!, what: verbatim(table ? 'CSV with a header, UTF-8' : path.endsWith('.gz') ? 'JSON Lines, gzip' : 'JSON Lines'), bytes: 412_000, sheets: path.endsWith('.xlsx') ? [{ name: 'Questions', rows: 240, more: false }, { name: 'Old questions', rows: 1210, more: false }] : [] }));
  if (odd && wanted.format === 'auto') return { files, columns, mapping: { format: 'auto', columns: {} }, parts: [], reason: verbatim('No known shape'), remarks: [], rows: [], problems: [], raw, suggested: { prompt: 'Kundenfrage', completion: 'Unsere Antwort' } };
  const format = wanted.format === 'auto' ? (table ? 'completion' : 'chat') : wanted.format;
  const column = (name: string) => wanted.columns[name] ?? usual[name]?.find((one) => columns.includes(one));
  const named = parts[format]!.flatMap(({ name }) => (column(name) ? [[name, column(name)!]] : []));
  const mapping = { format, columns: Object.fromEntries(named) as Record<string, string> };
  const missing = parts[format]!.filter(({ name, required }) => required && !mapping.columns[name]).map(({ name }) => name);
  const value = (part: string, index: number) => cells(mapping.columns[part] ?? '', index);
  const rows = missing.length ? [] : Array.from({ length: 50 }, (_, index) => ({ ...bubbles(index, { example: mapped(format, value, index), split: 'training', file: paths[0]!, line: index + 1 + Number(table) }, false) }));
  return {
    files, raw, suggested: {}, columns, mapping, parts: parts[format]!,
    reason: verbatim(missing.length ? `No column stands for ${missing.join(' and ')}` : table ? 'the columns question and reply' : 'each row has a list called messages'),
    remarks: [],
    rows: rows.filter((_, index) => index !== 4),
    problems: missing.length ? [] : [{ file: paths[0]!, line: 5 + Number(table), kind: 'empty_answer', message: verbatim('The column “reply” is empty in this row: there is nothing to learn'), dropped: true, text: '1004,How do I reset my password?,', text_cut: false }],
  };
}

const replies = ['Open the settings and choose “Reset password”. A mail arrives within a minute.', 'Orders leave our house the same day if they arrive before noon.', 'Yes. The warranty covers it for two years; send us a photo of the label.'];
const questions = ['How do I reset my password?', 'When will my order be shipped?', 'The hinge broke after a month. Is that covered?'];

function cells(column: string, index: number): string {
  const known: Record<string, string> = { id: String(1000 + index), question: questions[index % 3]!, reply: replies[index % 3]!, topic: ['account', 'shipping', 'warranty'][index % 3]!, asked_at: `2026-10-${String((index % 28) + 1).padStart(2, '0')}`, messages: JSON.stringify(recipe(index).messages.map(({ role, content }) => ({ role, content }))), source: 'https://example.org/recipes', rating: String((index % 5) + 1) };
  const own: Record<string, string> = { Nr: known['id']!, Datum: known['asked_at']!, Kundenfrage: known['question']!, 'Unsere Antwort': known['reply']! };
  return known[column] ?? own[column] ?? '';
}

function mapped(format: string, value: (part: string, index: number) => string, index: number): Example {
  const user = (part: string): Said[] => [{ role: 'user', content: value(part, index) }];
  const answer = (part: string): Said[] => [{ role: 'assistant', content: value(part, index) }];
  if (format === 'chat') return chat(index);
  if (format === 'text') return { kind: 'text', text: value('text', index) };
  if (format === 'preference') return { kind: 'preference', prompt: user('prompt'), chosen: answer('chosen'), rejected: answer('rejected') };
  if (format === 'unpaired') return { kind: 'unpaired', prompt: user('prompt'), completion: answer('completion'), label: index % 3 !== 0 };
  if (format === 'classification') return { kind: 'classification', text: value('text', index), label: value('label', index) };
  return { kind: 'chat', messages: [...user(format === 'instruction' ? 'instruction' : 'prompt'), ...answer(format === 'instruction' ? 'output' : 'completion')] };
}

const chat = (index: number): Example => ({ kind: 'chat', messages: recipe(index).messages.map(({ role, content }) => ({ role, content })) });

function imported(dataset: Dataset): View {
  const every = Math.max(2, Math.round((dataset.training_rows + dataset.validation_rows) / Math.max(1, dataset.validation_rows)));
  const example = (place: number): Example => {
    if (dataset.format === 'preference') return { kind: 'preference', prompt: [{ role: 'user', content: questions[place % 3]! }], chosen: [{ role: 'assistant', content: replies[place % 3]! }], rejected: [{ role: 'assistant', content: 'I do not know.' }] };
    if (dataset.format === 'chat') return chat(place);
    return mapped(dataset.format, (part, index) => cells(dataset.mapping.columns[part] ?? '', index) || cells(/prompt|instruction|text/.test(part) ? 'question' : 'reply', index), place);
  };
  const at = (place: number): Made => ({ example: example(place), split: place % every === 7 % every ? 'validation' : 'training', file: dataset.row_files[place % dataset.row_files.length]!, line: place + 1 + Math.floor(place / 25) });
  return { total: dataset.versions[0]!.training_rows + dataset.versions[0]!.validation_rows, at };
}

/** Every eleventh row goes, and of every seventh the question loses its last word. */
function repaired({ total, at }: View): { view: View; said: string } {
  const kept = Array.from({ length: total }, (_, place) => place).filter((place) => place % 11 !== 3);
  const mend = (made: Made): Made => {
    if (made.example.kind !== 'chat') return made;
    const messages = made.example.messages.map((one) => (one.role === 'user' ? { ...one, content: one.content.replace(/\S+\s*$/, '<EMAIL>') } : one));
    return { ...made, example: { ...made.example, messages } };
  };
  const fresh = (place: number): Made => (kept[place]! % 7 === 1 ? mend(at(kept[place]!)) : at(kept[place]!));
  return { view: { total: kept.length, at: fresh }, said: `${total - kept.length} rows removed, ${kept.filter((place) => place % 7 === 1).length} repaired` };
}

function changed({ total, at }: View, edit: Edit): { view: View; said: string } {
  if (edit.kind === 'replace') return { view: { total, at: (place) => (place === edit.row ? { ...at(place), example: edit.example as Example } : at(place)) }, said: `Changed row ${edit.row + 1}` };
  if (edit.kind === 'add') return { view: { total: total + 1, at: (place) => (place === total ? { example: edit.example as Example, split: edit.split, file: '', line: 0 } : at(place)) }, said: 'Added a row' };
  if (edit.kind === 'delete') {
    const gone = [...edit.rows].sort((a, b) => a - b);
    const older = (place: number) => gone.reduce((real, row) => (row <= real ? real + 1 : real), place);
    return { view: { total: total - gone.length, at: (place) => at(older(place)) }, said: gone.length === 1 ? `Deleted row ${gone[0]! + 1}` : `Deleted ${gone.length} rows` };
  }
  if (edit.kind === 'repair_all') return repaired({ total, at });
  return { view: { total, at }, said: edit.kind === 'repair' ? `Repaired ${edit.finding}` : `Done: ${edit.kind}` };
}

/** Rows of two versions that are not the same, by the line that they came from. */
function differences(before: View, after: View): ChangedRow[] {
  const origin = ({ file, line }: Made) => `${file}:${line}`;
  const listed = (view: View) => new Map(Array.from({ length: view.total }, (_, place) => [origin(view.at(place)), place]));
  const [old, fresh] = [listed(before), listed(after)];
  const row = (view: View, place: number | undefined) => (place === undefined ? null : bubbles(place, view.at(place), false));
  const kind = (one: number | undefined, other: number | undefined): RowChange | null => {
    if (one === undefined) return 'added';
    if (other === undefined) return 'removed';
    const [was, is] = [before.at(one), after.at(other)];
    if (JSON.stringify(was.example) !== JSON.stringify(is.example)) return 'changed';
    return was.split === is.split ? null : 'moved';
  };
  return [...new Set([...old.keys(), ...fresh.keys()])].flatMap((key) => {
    const how = kind(old.get(key), fresh.get(key));
    return how ? [{ kind: how, before: row(before, old.get(key)), after: row(after, fresh.get(key)) }] : [];
  });
}

/** The places of the rows that are asked for; null for all. */
function matching(all: View, split: Split | null, query: RowQuery | null): number[] | null {
  if (!split && !query) return null;
  const text = query?.text.toLowerCase() ?? '';
  const found: number[] = [];
  for (let place = 0; place < all.total && found.length < 20_000; place++) {
    const made = all.at(place);
    const said = messages(made.example);
    const length = said.reduce((sum, { content }) => sum + content.length, 0);
    const fits = (!split || made.split === split) && (!text || said.some(({ content }) => content.toLowerCase().includes(text))) && (!query?.role || said.some(({ role }) => role === query.role))
      && (query?.least_characters ?? 0) <= length && (query?.most_characters ?? Infinity) >= length && (!query?.line || query.line === made.line) && (!query?.file || query.file === made.file) && (!query?.finding || place % 6 === 2);
    if (fits) found.push(place);
  }
  return found;
}

function messages(example: Example): Said[] {
  const under = (role: string, list: Said[]) => list.map((one) => ({ ...one, role }));
  if (example.kind === 'chat') return example.messages;
  if (example.kind === 'text') return [{ role: 'text', content: example.text }];
  if (example.kind === 'preference') return [...example.prompt, ...under('chosen', example.chosen), ...under('rejected', example.rejected)];
  if (example.kind === 'unpaired') return [...example.prompt, ...under(example.label ? 'chosen' : 'rejected', example.completion)];
  return [{ role: 'text', content: example.text }, { role: 'label', content: example.label }];
}

function bubbles(number: number, { example, split, file, line }: Made, counted: boolean): Row {
  const said = messages(example).map(({ role, content, reasoning_content, weight }) => ({ role, content, reasoning: reasoning_content ?? null, learned: ['assistant', 'chosen', 'label'].includes(role) && weight !== 0 }));
  const extra = example.kind === 'chat' ? [{ column: 'source', value: 'https://example.org/recipes/' + number }, { column: 'rating', value: String((number % 5) + 1) }] : [];
  const words = (text: string) => text.split(/\s+/).length;
  const tokens = said.reduce((sum, { content }) => sum + Math.ceil(words(content) * 1.4) + 4, 0);
  return { number, split, file, line, messages: said, extra, tokens: counted ? tokens : null, learned_tokens: counted ? said.filter((one) => one.learned).reduce((sum, { content }) => sum + Math.ceil(words(content) * 1.4), 0) : null, remarks: [] };
}

function problem(index: number, dropped: number, file: string): RowProblem {
  const line = 17 + 23 * index;
  if (index >= dropped) return { file, line: line % 300, kind: 'developer_role', message: verbatim('Message 1 has the role developer; read as system'), dropped: false, text: '', text_cut: false };
  return index % 4
    ? { file, line, kind: 'example_missing_assistant_message', message: verbatim('There is no answer of the assistant, so there is nothing to learn'), dropped: true, text: '{"messages": [{"role": "user", "content": "How long do lentils cook?"}]}', text_cut: false }
    : { file, line, kind: 'invalid_json', message: verbatim('This is not valid JSON: a comma is missing after “user”'), dropped: true, text: '{"messages": [{"role": "user" "content": "And beans?"}', text_cut: true };
}

function report(dataset: Dataset): DatasetReport | null {
  if (dataset.rows_kept === 0) return null;
  const finding = (kind: string, severity: 'error' | 'warning' | 'note', sentence: string, advice: string, repair: string | null) => ({ kind, severity, rows: 50, first: [2, 8, 14], sentence: verbatim(sentence), advice: verbatim(advice), repair });
  return {
    number: dataset.number, rows: dataset.training_rows + dataset.validation_rows, distributions: [], all_repairs: { findings: 1, removed: 25, changed: 0 },
    findings: [finding('near_duplicates', 'warning', '50 rows say nearly the same as another one', 'Keep one of each', 'Keep one of each'), finding('no_system_message', 'note', '50 rows have no system message', 'Give all rows one, or none', null)],
  };
}
