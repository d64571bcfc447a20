// Generated from crates/protocol; do not edit. UPDATE=1 cargo nextest run -p tunesmith-protocol

export type AddModel = { 
/**
 * A Hugging Face folder.
 */
path: ReadPath, };
export type AllRepairs = { 
/**
 * Findings that have a repair.
 */
findings: number, 
/**
 * Rows that would be removed.
 */
removed: number, 
/**
 * Rows that would stay and be changed.
 */
changed: number, };
export type Answer = { 
/**
 * Whose.
 */
side: Side, 
/**
 * What it says.
 */
text: string, 
/**
 * Tokens written.
 */
completion_tokens: number, 
/**
 * Tokens of the prompt.
 */
prompt_tokens: number, 
/**
 * Of these, tokens that an earlier answer had read already.
 */
cached_tokens?: number, 
/**
 * The oldest turns, which no longer fit into the context and were not read for it.
 */
unread_turns?: number, 
/**
 * Why it ended.
 */
stop_reason: StopReason, 
/**
 * Speed of writing.
 */
tokens_per_second: number, };
export type Argument = number | number | string | Sentence;
export type AutoOr = "auto" | number;
export type Bias = "none" | "all" | "lora_only";
export type BinnedItem = { 
/**
 * The thing.
 */
item: ItemRef, 
/**
 * Its name; empty for a chat that has none.
 */
name: string, 
/**
 * When it was deleted, in milliseconds since 1970.
 */
deleted_ms: number, 
/**
 * What it takes on the disk. A model that lies elsewhere takes nothing.
 */
bytes: number, };
export type Cell = { 
/**
 * The column.
 */
column: string, 
/**
 * The value.
 */
value: string, };
export type ChangedRow = { 
/**
 * How.
 */
kind: RowChange, 
/**
 * The row as it was; null where it is new.
 */
before: Row | null, 
/**
 * The row as it is; null where it is gone.
 */
after: Row | null, };
export type Chat = { 
/**
 * Its id.
 */
id: string, 
/**
 * The run, when a tuned model takes part.
 */
run: string | null, 
/**
 * The base model.
 */
model: string, 
/**
 * A title.
 */
title: string, 
/**
 * The system prompt; the training data's by default.
 */
system_prompt: string, 
/**
 * How tokens are drawn.
 */
sampling: Sampling, 
/**
 * Who takes part.
 */
sides: Array<Side>, 
/**
 * The longest context, in tokens.
 */
context_length: number, 
/**
 * What is to be known of its models: what of their files is not used, what does not belong together, and what a
 * chat template does not show.
 */
remarks: Array<Sentence>, 
/**
 * What was said.
 */
turns: Array<Turn>, 
/**
 * When something was said last, in milliseconds since 1970.
 */
changed_ms: number, };
export type ChatHead = { 
/**
 * Its id.
 */
id: string, 
/**
 * The run, when a tuned model takes part.
 */
run: string | null, 
/**
 * The base model.
 */
model: string, 
/**
 * A title; of one without, the first message.
 */
title: string, 
/**
 * How many messages of the user it has.
 */
turns: number, 
/**
 * When something was said last, in milliseconds since 1970.
 */
changed_ms: number, };
export type ChatNews = { "type": "loading", 
/**
 * From 0 to 1.
 */
fraction: number, } | { "type": "ready" } | { "type": "started", 
/**
 * Whose.
 */
side: Side, 
/**
 * The oldest turns, which no longer fit into the context and are not read for it.
 */
unread_turns: number, } | { "type": "text", 
/**
 * Whose.
 */
side: Side, 
/**
 * The next piece.
 */
text: string, } | { "type": "finished", 
/**
 * The whole answer.
 */
answer: Answer, } | { "type": "idle" } | { "type": "cleared" } | { "type": "failed", 
/**
 * What.
 */
error: WireError, };
export type ChatTemplate = { "kind": "ready_made", 
/**
 * Which one.
 */
name: TemplateName, } | { "kind": "text", 
/**
 * The template, in Jinja.
 */
text: string, };
export type ChatTemplates = { 
/**
 * Whether the model brings a template, which is used whatever is chosen.
 */
own: boolean, 
/**
 * What was chosen.
 */
chosen: ChatTemplate | null, 
/**
 * What is used where the model brings none and none is chosen.
 */
standard: TemplateName, 
/**
 * The sample conversation as the model sees it now; null where the template in use refuses it.
 */
sample: string | null, 
/**
 * The ready-made templates; none where the model brings its own.
 */
ready_made: Array<ReadyMadeTemplate>, };
export type CompareRun = { 
/**
 * The run.
 */
run: string, 
/**
 * Only what was asked before; no model is loaded.
 */
only_known: boolean, 
/**
 * The id, chosen by the caller, under which progress is published and cancel is understood.
 */
job: string | null, };
export type CompareVersions = { 
/**
 * The dataset.
 */
dataset: string, 
/**
 * The number of the version that is compared with.
 */
before: number, 
/**
 * The number of the other.
 */
after: number, 
/**
 * Only rows that are different in this way; null is all.
 */
kind: RowChange | null, 
/**
 * The first row among those, from 0.
 */
offset: number, 
/**
 * How many, at most 200.
 */
limit: number, 
/**
 * The id, chosen by the caller, under which progress is published and cancel is understood.
 */
job: string | null, };
export type ComparedAnswer = { 
/**
 * What was said.
 */
text: string, 
/**
 * It ended by itself.
 */
ends: boolean, 
/**
 * Its end comes again and again.
 */
repeats: boolean, 
/**
 * Token F1 with the expected answer, over words and signs, from 0 to 1.
 */
f1: number, };
export type ComparedRow = { 
/**
 * What was asked last.
 */
question: string, 
/**
 * What the row expects.
 */
expected: string, 
/**
 * The base model's answer; null for a model that was trained from scratch.
 */
base: ComparedAnswer | null, 
/**
 * The answer of the run's result.
 */
tuned: ComparedAnswer, };
export type Comparison = { 
/**
 * The step whose weights answered.
 */
step: number, 
/**
 * The rows were held out; otherwise they were learned, as none is held out.
 */
held_out: boolean, 
/**
 * A few rows.
 */
rows: Array<ComparedRow>, };
export type ConfigureChat = { 
/**
 * The chat.
 */
chat: string, 
/**
 * The system prompt.
 */
system_prompt: string, 
/**
 * How tokens are drawn.
 */
sampling: Sampling, };
export type Count = { 
/**
 * What.
 */
what: string, 
/**
 * How often.
 */
count: number, };
export type CountTokens = { 
/**
 * The dataset.
 */
dataset: string, 
/**
 * The base model.
 */
model: string, 
/**
 * Which tokens are learned.
 */
learn_from: LearnFrom, 
/**
 * Rows of a batch, for what padding would cost.
 */
batch_size: number, 
/**
 * The id, chosen by the caller, under which progress is published and cancel is understood.
 */
job: string | null, };
export type DataConfig = DataFiles | DataVersion;
export type DataFiles = { 
/**
 * One or several dataset files.
 */
path: Paths, 
/**
 * The shape of a row, or auto.
 */
format: Format, 
/**
 * The columns that stand for parts of a row, as far as they are not to be recognised: part: column.
 */
columns?: { [key in string]: string }, 
/**
 * The sheet of a workbook that is read; the first with rows where there is none.
 */
sheet?: string, 
/**
 * Which rows are held out.
 */
validation: Validation, };
export type DataVersion = { 
/**
 * The dataset's id or name.
 */
dataset: string, 
/**
 * The version's number; the one in use where there is none.
 */
version?: number, };
export type Dataset = { 
/**
 * Its id.
 */
id: string, 
/**
 * Its name on screen.
 */
name: string, 
/**
 * The id of the bundled sample that it is; null for the user's own rows.
 */
sample: string | null, 
/**
 * The files it was read from.
 */
files: Array<string>, 
/**
 * The names by which its rows say which file they came from.
 */
row_files: Array<string>, 
/**
 * The shape of its rows.
 */
format: Format, 
/**
 * Which column was taken for what.
 */
mapping: Mapping, 
/**
 * The columns that the files have.
 */
columns: Array<string>, 
/**
 * How the shape was recognised, in a sentence.
 */
reason: Sentence, 
/**
 * A sentence for each file with another shape, for what was left out, and for what is held out by its name.
 */
remarks: Array<Sentence>, 
/**
 * Rows read; always kept + dropped.
 */
rows_read: number, 
/**
 * Rows kept at import.
 */
rows_kept: number, 
/**
 * Rows dropped at import, each with a problem.
 */
rows_dropped: number, 
/**
 * Why rows were dropped, the most frequent first.
 */
dropped_because: Array<Count>, 
/**
 * Problems listed: of dropped rows and of kept ones.
 */
problems: number, 
/**
 * Rows to learn from.
 */
training_rows: number, 
/**
 * Rows held out.
 */
validation_rows: number, 
/**
 * The system prompt that most rows share; null when there is none.
 */
system_prompt: string | null, 
/**
 * Its folder on disk.
 */
size_bytes: number, 
/**
 * The hash of the resulting row sequence.
 */
version: string, 
/**
 * The number of the version in use, from 1.
 */
number: number, 
/**
 * All versions, the oldest first.
 */
versions: Array<DatasetVersion>, 
/**
 * The user's tags.
 */
tags: Array<string>, 
/**
 * When it was imported, in milliseconds since 1970.
 */
added_ms: number, };
export type DatasetProblems = { 
/**
 * The dataset.
 */
dataset: string, 
/**
 * Those of one kind; null is all.
 */
kind: string | null, 
/**
 * The first problem, from 0.
 */
offset: number, 
/**
 * How many, at most 200.
 */
limit: number, };
export type DatasetReport = { 
/**
 * The version's number.
 */
number: number, 
/**
 * Rows looked at.
 */
rows: number, 
/**
 * What was found, the gravest first.
 */
findings: Array<Finding>, 
/**
 * Messages per row, characters per answer and so on.
 */
distributions: Array<Distribution>, 
/**
 * What all one-click repairs together would do; null where there are none.
 */
all_repairs: AllRepairs | null, };
export type DatasetRow = { 
/**
 * The dataset.
 */
dataset: string, 
/**
 * Its place in the version in use, from 0.
 */
row: number, };
export type DatasetRows = { 
/**
 * The dataset.
 */
dataset: string, 
/**
 * Which part; null is both.
 */
split: Split | null, 
/**
 * The first row among those that are found, from 0.
 */
offset: number, 
/**
 * How many, at most 200.
 */
limit: number, 
/**
 * The base model whose tokens are counted; null counts none.
 */
model: string | null, 
/**
 * Which rows; null is all.
 */
find: RowQuery | null, 
/**
 * The id, chosen by the caller, under which progress is published and cancel is understood.
 */
job: string | null, };
export type DatasetVersion = { 
/**
 * From 1, as imported.
 */
number: number, 
/**
 * The hash of its row sequence, which runs remember.
 */
version: string, 
/**
 * What was changed, in a sentence.
 */
change: Sentence, 
/**
 * Rows to learn from.
 */
training_rows: number, 
/**
 * Rows held out.
 */
validation_rows: number, 
/**
 * The rule by which its rows were held out.
 */
validation: Validation, 
/**
 * What decided the draw of the rows held out.
 */
seed: number, 
/**
 * When, in milliseconds since 1970.
 */
made_ms: number, };
export type Device = { 
/**
 * `cpu` or `cuda:0`.
 */
id: string, 
/**
 * Its name.
 */
name: Sentence, 
/**
 * Memory in all.
 */
memory_bytes: number, 
/**
 * Memory free now.
 */
free_bytes: number, };
export type DiskNeed = { 
/**
 * Whether there is room.
 */
fits: boolean, 
/**
 * The most that its checkpoints take at once.
 */
checkpoint_bytes: number, 
/**
 * The result.
 */
result_bytes: number, 
/**
 * Free now; null where the system does not say.
 */
available_bytes: number | null, };
export type Distribution = { 
/**
 * What, e.g. `messages_per_row`.
 */
what: string, 
/**
 * The least.
 */
min: number, 
/**
 * The most.
 */
max: number, 
/**
 * The mean.
 */
mean: number, 
/**
 * The median.
 */
median: number, 
/**
 * 5 % are below.
 */
p5: number, 
/**
 * 95 % are below.
 */
p95: number, };
export type Edit = { "kind": "replace", 
/**
 * Its place.
 */
row: number, 
/**
 * What it means now, as JSON.
 */
example: unknown, } | { "kind": "add", 
/**
 * What it means, as JSON.
 */
example: unknown, 
/**
 * The side it is on.
 */
split: Split, } | { "kind": "delete", 
/**
 * Their places.
 */
rows: Array<number>, } | { "kind": "merge", 
/**
 * The other dataset.
 */
dataset: string, } | { "kind": "sample", 
/**
 * How many.
 */
rows: number, 
/**
 * What decides the draw.
 */
seed: number, } | { "kind": "shuffle", 
/**
 * What decides it.
 */
seed: number, } | { "kind": "split", 
/**
 * Which.
 */
validation: Validation, 
/**
 * What decides the draw.
 */
seed: number, } | { "kind": "repair", 
/**
 * The finding's kind.
 */
finding: string, } | { "kind": "repair_all" };
export type EditDataset = { 
/**
 * The dataset.
 */
dataset: string, 
/**
 * The number of the version that the change is meant for, refused where another is in use; null is the one in
 * use.
 */
version: number | null, 
/**
 * What is changed.
 */
edit: Edit, 
/**
 * The id, chosen by the caller, under which progress is published and cancel is understood.
 */
job: string | null, };
export type ErrorCode = "not_found" | "invalid" | "busy" | "too_big" | "disk_full" | "cancelled" | "internal";
export type Evaluate = { 
/**
 * The run whose result is measured; null measures a base model.
 */
run: string | null, 
/**
 * The base model: the id of one in the home; null takes the run's.
 */
model: string | null, 
/**
 * A model folder in place of an id.
 */
folder: ReadPath | null, 
/**
 * An adapter for the base model: a PEFT folder.
 */
adapter: ReadPath | null, 
/**
 * The dataset files.
 */
data: Array<ReadPath>, 
/**
 * The shape of a row, or auto.
 */
format: Format, 
/**
 * The loss over all rows is wanted.
 */
loss: boolean, 
/**
 * An answer to each row is wanted.
 */
answers: boolean, 
/**
 * The longest answer, in tokens.
 */
max_new_tokens: number, 
/**
 * The id, chosen by the caller, under which progress is published and cancel is understood.
 */
job: string | null, };
export type EvaluatedAnswer = { 
/**
 * The file of the row.
 */
file: string, 
/**
 * Its line.
 */
line: number, 
/**
 * What was asked last.
 */
question: string, 
/**
 * What the row expects.
 */
expected: string, 
/**
 * What the model answered.
 */
text: string, };
export type Evaluation = { 
/**
 * Rows read.
 */
rows_read: number, 
/**
 * Rows that cannot be used.
 */
rows_dropped: number, 
/**
 * Rows of which nothing is measured, because the model's template or tokenizer refuses them.
 */
rows_refused: number, 
/**
 * The first of these, and why; null where there is none.
 */
refused: Sentence | null, 
/**
 * The loss; null where it was not wanted.
 */
loss: MeasuredLoss | null, 
/**
 * The answers, in the order of the rows.
 */
answers: Array<EvaluatedAnswer>, 
/**
 * Rows that are not asked: plain text, rows that begin with their answer, and those that expect a tool call which
 * the model's chat template does not show.
 */
not_asked: number, 
/**
 * What is not measured of rows of this shape, such as answers judged bad.
 */
remarks: Array<Sentence>, };
export type Event = { 
/**
 * Its number in the topic, from 1, without gaps.
 */
seq: number, 
/**
 * What happened.
 */
body: EventBody, };
export type EventBody = { "kind": "library" } | { "kind": "run", 
/**
 * The record.
 */
record: RunRecord, } | { "kind": "chat", 
/**
 * The news.
 */
news: ChatNews, } | { "kind": "run_changed", 
/**
 * The run as it is now.
 */
run: Run, } | { "kind": "job", 
/**
 * The job as it is now.
 */
job: Job, };
export type ExportDataset = { 
/**
 * The dataset.
 */
dataset: string, 
/**
 * The kind of file: chat, sharegpt, alpaca, completion, completion_lists, csv, parquet or openai.
 */
format: string, 
/**
 * Which rows; null is both sides.
 */
split: Split | null, 
/**
 * Writes the columns, too, that have no part in what a row means, where the kind of file has room for them:
 * chat, csv and parquet.
 */
other_columns: boolean, 
/**
 * Where to write it; null puts it among the home's exports.
 */
path: WritePath | null, 
/**
 * The id, chosen by the caller, under which progress is published and cancel is understood.
 */
job: string | null, };
export type ExportedDataset = { 
/**
 * Where it is.
 */
path: string, 
/**
 * Rows written.
 */
rows: number, 
/**
 * Rows that this kind of file cannot say, by why, the most frequent first.
 */
left_out: Array<LeftOut>, 
/**
 * What else is worth knowing about it, in sentences.
 */
notes: Array<Sentence>, 
/**
 * Its size.
 */
bytes: number, };
export type Field = { 
/**
 * Its key in the run file.
 */
name: string, 
/**
 * Its label on screen.
 */
label: Sentence, 
/**
 * What it does, in a sentence.
 */
help: Sentence, 
/**
 * Shown at once or when asked for.
 */
level: Level, 
/**
 * What values it takes.
 */
kind: Kind, 
/**
 * The value it has when not set.
 */
default: unknown, };
export type Finding = { 
/**
 * A stable name, e.g. `near_duplicates`.
 */
kind: string, 
/**
 * How grave it is.
 */
severity: Severity, 
/**
 * How many rows it is about.
 */
rows: number, 
/**
 * The places of the first of them in the version, from 0.
 */
first: Array<number>, 
/**
 * What was found and why it matters.
 */
sentence: Sentence, 
/**
 * What to do.
 */
advice: Sentence, 
/**
 * The repair that one click does; null where there is none.
 */
repair: string | null, };
export type Fit = { 
/**
 * Whether it fits.
 */
fits: boolean, 
/**
 * Rough need.
 */
needed_bytes: number, 
/**
 * Free now.
 */
available_bytes: number, 
/**
 * What needs it: weights, adapter and optimiser, activations, …
 */
parts: Array<FitPart>, };
export type FitPart = { 
/**
 * What.
 */
what: Sentence, 
/**
 * How much.
 */
bytes: number, };
export type Format = "auto" | "chat" | "instruction" | "completion" | "text" | "preference" | "unpaired" | "classification";
export type FullRow = { 
/**
 * The row as bubbles.
 */
row: Row, 
/**
 * What it means, as JSON.
 */
example: unknown, };
export type GoodCheckpoint = { 
/**
 * Its step.
 */
step: number, 
/**
 * Its folder, which holds an adapter.
 */
path: string, };
export type ImportDataset = { 
/**
 * Files and folders, read one after another.
 */
paths: Array<ReadPath>, 
/**
 * A name; null takes the first file's.
 */
name: string | null, 
/**
 * The shape of a row and its columns, as far as they are not to be recognised.
 */
mapping: Mapping, 
/**
 * Which rows are held out.
 */
validation: Validation, 
/**
 * What decides the draw of the rows held out; null takes the usual.
 */
seed: number | null, 
/**
 * The id, chosen by the caller, under which progress is published and cancel is understood.
 */
job: string | null, 
/**
 * Takes a dataset of the very same rows, where there is one, instead of adding another.
 */
reuse: boolean, };
export type InspectFiles = { 
/**
 * Files and folders.
 */
paths: Array<ReadPath>, 
/**
 * The shape of a row and its columns, as far as they are not to be recognised.
 */
mapping: Mapping, };
export type InspectedFile = { 
/**
 * Its name.
 */
name: string, 
/**
 * What it holds, such as “JSON Lines, gzip”.
 */
what: Sentence, 
/**
 * Its size.
 */
bytes: number, 
/**
 * The sheets of a workbook that have rows; none of another file.
 */
sheets: Array<Sheet>, };
export type Inspection = { 
/**
 * The files, with what each holds.
 */
files: Array<InspectedFile>, 
/**
 * All columns of the first rows.
 */
columns: Array<string>, 
/**
 * Which column is taken for what.
 */
mapping: Mapping, 
/**
 * The parts that the shape needs, and those it can have.
 */
parts: Array<Part>, 
/**
 * How the shape was recognised, in a sentence.
 */
reason: Sentence, 
/**
 * A sentence for what was left out.
 */
remarks: Array<Sentence>, 
/**
 * The first rows, as they would be imported.
 */
rows: Array<Row>, 
/**
 * The problems of these rows.
 */
problems: Array<RowProblem>, 
/**
 * The first rows as they lie in the file.
 */
raw: Array<RawRow>, 
/**
 * Which columns are likely the parts of a question and its answer, where no shape was recognised, by part.
 */
suggested: { [key in string]: string }, };
export type ItemKind = "model" | "dataset" | "run" | "chat";
export type ItemRef = { 
/**
 * What it is.
 */
kind: ItemKind, 
/**
 * Its id.
 */
id: string, };
export type Job = { 
/**
 * Its id.
 */
id: string, 
/**
 * What it does.
 */
kind: JobKind, 
/**
 * What it works on; null where that is nothing of the user's yet.
 */
subject: ItemRef | null, 
/**
 * What it is called on screen.
 */
title: string, 
/**
 * Where it stands.
 */
state: JobState, 
/**
 * How far it is.
 */
progress: JobProgress, };
export type JobKind = "train" | "import" | "edit" | "check" | "count" | "search" | "export" | "plan" | "evaluate" | "load" | "answer";
export type JobProgress = { 
/**
 * What is being done, in a few words.
 */
note: Sentence, 
/**
 * How much of it is done.
 */
done: number, 
/**
 * How much there is; 0 when the end is not known.
 */
total: number, 
/**
 * What both are counted in.
 */
unit: Unit, 
/**
 * Rows found or done so far; 0 where none are counted.
 */
rows: number, };
export type JobState = { "state": "queued", 
/**
 * The user holds it back: it does not start before it is released.
 */
held: boolean, } | { "state": "running" } | { "state": "paused", 
/**
 * Why, in a sentence.
 */
reason: Sentence, } | { "state": "done" } | { "state": "failed", 
/**
 * What happened and why.
 */
message: Sentence, 
/**
 * What to do next.
 */
hint: Sentence, } | { "state": "cancelled" } | { "state": "interrupted" };
export type KeepRows = { 
/**
 * What to call the file; its ending says what it holds.
 */
name: string, 
/**
 * What it holds.
 */
text: string, };
export type Kind = { "type": "choice", "range": Array<string> } | { "type": "integer", "range": { 
/**
 * Least value.
 */
min: number, 
/**
 * Greatest value.
 */
max: number, } } | { "type": "integer_or_auto", "range": { 
/**
 * Least value.
 */
min: number, 
/**
 * Greatest value.
 */
max: number, } } | { "type": "optional_integer", "range": { 
/**
 * Least value.
 */
min: number, 
/**
 * Greatest value.
 */
max: number, } } | { "type": "number", "range": { 
/**
 * Least value.
 */
min: number, 
/**
 * Greatest value.
 */
max: number, } } | { "type": "modules", "range": Array<string> } | { "type": "names", "range": Array<string> } | { "type": "whole_numbers", "range": { 
/**
 * Least value.
 */
min: number, 
/**
 * Greatest value.
 */
max: number, } } | { "type": "flag" } | { "type": "optional_number", "range": { 
/**
 * Least value.
 */
min: number, 
/**
 * Greatest value.
 */
max: number, } } | { "type": "folder" } | { "type": "layers" };
export type Layers = string;
export type LearnFrom = "assistant" | "last" | "all";
export type LeftOut = { 
/**
 * Why.
 */
why: Sentence, 
/**
 * How many.
 */
count: number, };
export type LengthBucket = { 
/**
 * The shortest, in tokens.
 */
from: number, 
/**
 * The longest.
 */
to: number, 
/**
 * How many rows.
 */
rows: number, 
/**
 * Answers that end here: a limit below cuts them.
 */
answers: number, 
/**
 * Tokens of these rows.
 */
tokens: number, 
/**
 * Of these, how many are learned.
 */
learned_tokens: number, };
export type Level = "basic" | "advanced";
export type LogText = { 
/**
 * Where the log lies.
 */
path: string, 
/**
 * Its last lines.
 */
text: string, };
export type Mapping = { 
/**
 * The shape of a row.
 */
format: Format, 
/**
 * The column of each part, by the part's name.
 */
columns: { [key in string]: string }, 
/**
 * The sheet of a workbook that is read; the first with rows where there is none.
 */
sheet?: string, };
export type MeasuredLoss = { 
/**
 * Mean negative log-likelihood in nats over the learned tokens.
 */
loss: number, 
/**
 * exp(loss).
 */
perplexity: number, 
/**
 * Learned tokens.
 */
learned_tokens: number, 
/**
 * Rows measured.
 */
rows: number, };
export type Method = "lora" | "dora" | "full" | "scratch";
export type Model = { 
/**
 * Its id; `starter` for the bundled one.
 */
id: string, 
/**
 * Its name on screen.
 */
name: string, 
/**
 * Where it comes from.
 */
source: ModelSource, 
/**
 * Its folder.
 */
path: string, 
/**
 * Its family, e.g. `llama`.
 */
family: string, 
/**
 * Number of weights.
 */
parameters: number, 
/**
 * Its files on disk.
 */
size_bytes: number, 
/**
 * The longest context it was made for, in tokens.
 */
context_length: number, 
/**
 * Whether it brings a chat template.
 */
has_chat_template: boolean, 
/**
 * The user's tags.
 */
tags: Array<string>, 
/**
 * When it was added, in milliseconds since 1970.
 */
added_ms: number, 
/**
 * Why it cannot be used now (its folder is gone, say); null when it can.
 */
problem: Sentence | null, 
/**
 * Where its config and its weights disagree, and what is done about it.
 */
remarks: Array<Sentence>, 
/**
 * What the chat template is called that was chosen for it; null where it brings its own, or none was chosen.
 */
chosen_template: Sentence | null, };
export type ModelSource = "starter" | "folder" | "cache" | "trained";
export type Move = "up" | "down" | "first";
export type MoveJob = { 
/**
 * The job.
 */
job: string, 
/**
 * Where to.
 */
to: Move, };
export type Notice = { 
/**
 * Its id.
 */
id: string, 
/**
 * What happened, in a sentence.
 */
message: Sentence, 
/**
 * What can be done.
 */
hint: Sentence, 
/**
 * When it was found, in milliseconds since 1970.
 */
told_ms: number, 
/**
 * What is in no list because of it, and can be deleted here; null when it is about nothing of the kind.
 */
about: Unlisted | null, };
export type OpenChat = { 
/**
 * The run whose adapter is used; null chats with a base model alone.
 */
run: string | null, 
/**
 * The base model; null takes the run's.
 */
model: string | null, };
export type Optimizer = "adamw" | "adamw8bit" | "lion";
export type Part = { 
/**
 * Its name, such as `prompt`.
 */
name: string, 
/**
 * A row cannot do without it.
 */
required: boolean, };
export type Paths = string | Array<string>;
export type Percentile = { 
/**
 * The share, in percent.
 */
percent: number, 
/**
 * The length, in tokens.
 */
tokens: number, };
export type Plan = { 
/**
 * The settings with every `auto` resolved.
 */
training: TrainSettings, 
/**
 * The device: `cpu` or `cuda:0`.
 */
device: string, 
/**
 * Training rows after the length rule.
 */
rows: number, 
/**
 * Validation rows after the length rule.
 */
validation_rows: number, 
/**
 * Of these, the rows that are measured, so that measuring takes no more than a part of the run.
 */
measured_rows: number, 
/**
 * Rows with something to learn that are longer than the limit.
 */
rows_too_long: number, 
/**
 * Of these, rows that are left out: all of them, or those that keep no token to learn once they are cut.
 */
rows_left_out: number, 
/**
 * Optimiser steps.
 */
steps: number, 
/**
 * Tokens in one epoch.
 */
tokens: number, 
/**
 * Learned tokens in one epoch.
 */
learned_tokens: number, 
/**
 * Weights that are trained.
 */
trainable_parameters: number, 
/**
 * The memory guard's answer.
 */
fit: Fit, };
export type Precision = "auto" | "f32" | "bf16";
export type Preferences = { 
/**
 * Light or dark.
 */
theme: Theme, 
/**
 * Threads for training and chat; 0 takes all cores.
 */
threads: number, 
/**
 * `auto`, `cpu` or `cuda:0`.
 */
device: string, 
/**
 * The language of the screen, e.g. `en`.
 */
language: string, 
/**
 * Whether the queued runs go on by themselves when Tunesmith starts; otherwise they are held.
 */
resume_queue: boolean, };
export type Preset = { 
/**
 * quick, balanced or thorough.
 */
id: string, 
/**
 * Its name on screen.
 */
label: Sentence, 
/**
 * What it is for, in a sentence.
 */
help: Sentence, 
/**
 * The settings it stands for.
 */
training: TrainSettings, };
export type Preview = { 
/**
 * The plan; null while something stands in its way.
 */
plan: Plan | null, 
/**
 * Settings that cannot be used.
 */
problems: Array<SettingProblem>, 
/**
 * Why it cannot start; empty when it can.
 */
blockers: Array<Sentence>, 
/**
 * What the user should know; empty when nothing.
 */
warnings: Array<Sentence>, 
/**
 * How much of the disk it needs; null without a plan.
 */
disk: DiskNeed | null, };
export type PreviewRun = { 
/**
 * The choices.
 */
start: StartRun, 
/**
 * The id, chosen by the caller, under which progress is published and cancel is understood.
 */
job: string | null, };
export type ProblemsPage = { 
/**
 * Problems of the kind that is asked for.
 */
total: number, 
/**
 * How many there are of each kind, the most frequent first.
 */
kinds: Array<Count>, 
/**
 * Those asked for.
 */
problems: Array<RowProblem>, };
export type Quantization = "none" | "8bit" | "4bit";
export type RawRow = { 
/**
 * The line it begins in, as problems say it.
 */
line: number, 
/**
 * What its columns hold, as text; long texts are cut.
 */
cells: { [key in string]: string }, };
export type ReadPath = string;
export type ReadyMadeTemplate = { 
/**
 * Which one it is.
 */
name: TemplateName, 
/**
 * What it is called.
 */
title: Sentence, 
/**
 * What it looks like, in a sentence.
 */
description: Sentence, 
/**
 * The sample conversation as the model would see it.
 */
sample: string, 
/**
 * What does not fit the model's tokenizer.
 */
warnings: Array<Sentence>, };
export type Rename = { 
/**
 * The thing.
 */
item: ItemRef, 
/**
 * Its new name.
 */
name: string, };
export type Row = { 
/**
 * Its place in the version, from 0.
 */
number: number, 
/**
 * The side it is on.
 */
split: Split, 
/**
 * The file it came from.
 */
file: string, 
/**
 * The line (or record number) in it, from 1.
 */
line: number, 
/**
 * Its messages; a plain text row is one message of role `text`.
 */
messages: Array<RowMessage>, 
/**
 * Columns that are kept and not used, with their values.
 */
extra: Array<Cell>, 
/**
 * Its length in the model's tokens; null when no model was named.
 */
tokens: number | null, 
/**
 * Of these, how many are learned.
 */
learned_tokens: number | null, 
/**
 * What the model's chat template does not show of it, and where a chat would ask otherwise.
 */
remarks: Array<Sentence>, };
export type RowChange = "added" | "removed" | "changed" | "moved";
export type RowMessage = { 
/**
 * system, user, assistant, tool, text, chosen, rejected or label.
 */
role: string, 
/**
 * What it says.
 */
content: string, 
/**
 * What it thinks before; null where it does not.
 */
reasoning: string | null, 
/**
 * Whether the model learns to write it.
 */
learned: boolean, };
export type RowProblem = { 
/**
 * The file.
 */
file: string, 
/**
 * The line (or record number) in it, from 1.
 */
line: number, 
/**
 * A stable name, e.g. `missing_messages_list`.
 */
kind: string, 
/**
 * What is wrong, in a sentence.
 */
message: Sentence, 
/**
 * Whether the row was left out; else it was kept, repaired if need be.
 */
dropped: boolean, 
/**
 * A row that was left out as it stood in the file; empty where nothing of it was kept.
 */
text: string, 
/**
 * Only its beginning was kept.
 */
text_cut: boolean, };
export type RowQuery = { 
/**
 * A text that a message holds, in any case; empty is any.
 */
text: string, 
/**
 * A finding of the doctor, by its kind.
 */
finding: string | null, 
/**
 * The role of a message that the row has.
 */
role: string | null, 
/**
 * Characters in all messages, at least.
 */
least_characters: number | null, 
/**
 * Characters in all messages, at most.
 */
most_characters: number | null, 
/**
 * The file it came from, by the name that its rows have for it.
 */
file: string | null, 
/**
 * The line of the file it came from.
 */
line: number | null, };
export type RowsPage = { 
/**
 * Rows found.
 */
total: number, 
/**
 * The rows asked for.
 */
rows: Array<Row>, };
export type Run = { 
/**
 * Its id.
 */
id: string, 
/**
 * Its name on screen.
 */
name: string, 
/**
 * Where it stands.
 */
status: RunState, 
/**
 * The preset whose settings it has, unchanged; null where there is none.
 */
preset: string | null, 
/**
 * The run file it was started with.
 */
config: RunConfig, 
/**
 * The base model's id.
 */
model: string, 
/**
 * The base model's name.
 */
model_name: string, 
/**
 * The dataset's id; empty for a run started from a run file.
 */
dataset: string, 
/**
 * The dataset's name.
 */
dataset_name: string, 
/**
 * The number of the dataset's version; null for a run straight from files.
 */
dataset_version: number | null, 
/**
 * The system prompt that most training rows share; null when there is none.
 */
system_prompt: string | null, 
/**
 * The plan; null until prepared.
 */
plan: Plan | null, 
/**
 * Steps done.
 */
step: number, 
/**
 * The latest training loss.
 */
loss: number | null, 
/**
 * Validation loss before the first step.
 */
first_eval_loss: number | null, 
/**
 * The validation loss of the step that is kept: the lowest after a step. It can be higher than before the first.
 */
best_eval_loss: number | null, 
/**
 * The step that is kept.
 */
best_step: number | null, 
/**
 * The trained adapter or model (best, or last without validation); null until there is one.
 */
result_path: string | null, 
/**
 * Its folder.
 */
path: string, 
/**
 * Its size on disk.
 */
size_bytes: number, 
/**
 * The user's tags.
 */
tags: Array<string>, 
/**
 * When it was started, in milliseconds since 1970.
 */
started_ms: number, 
/**
 * Time spent training.
 */
elapsed_ms: number, 
/**
 * Where a new run can continue with a lower learning rate, once the loss of this one was no number; else null.
 */
continue_from: GoodCheckpoint | null, 
/**
 * The training loss of the first step.
 */
first_loss: number | null, 
/**
 * There is a result, and it is no better than what the run began with: by the held-out rows, or by the training
 * loss where nothing was held out.
 */
no_better: boolean, };
export type RunConfig = { 
/**
 * The id of a model in the home, or a Hugging Face folder.
 */
base_model: string, 
/**
 * What to learn from.
 */
data: DataConfig, 
/**
 * How to train.
 */
training: TrainSettings, };
export type RunEstimate = { 
/**
 * On this machine, when it does nothing else; null where that cannot be measured now.
 */
time: RunTime | null, 
/**
 * A run is at work, so that this one would take longer now.
 */
busy: boolean, };
export type RunFile = { 
/**
 * A sensible file name.
 */
name: string, 
/**
 * Its media type.
 */
mime: string, 
/**
 * Its bytes in base64; empty when it was written to `save_to`.
 */
base64: string, };
export type RunFileKind = "chart_png" | "chart_svg" | "metrics_csv" | "yaml";
export type RunFileRequest = { 
/**
 * The run.
 */
run: string, 
/**
 * Which file.
 */
kind: RunFileKind, 
/**
 * Where to write it; null returns its bytes.
 */
save_to: WritePath | null, };
export type RunRecord = { "type": "plan", 
/**
 * The plan.
 */
plan: Plan, } | { "type": "status", 
/**
 * The new state.
 */
status: RunState, } | { "type": "preparing", 
/**
 * What is being done, in a few words.
 */
what: Sentence, 
/**
 * From 0 to 1.
 */
fraction: number, } | { "type": "working", 
/**
 * Which of both.
 */
work: RunWork, 
/**
 * The step, or the one that is measured after; 0 is before the first.
 */
step: number, 
/**
 * Rows done.
 */
done: number, 
/**
 * Rows in all.
 */
total: number, } | { "type": "step" } & StepMetrics | { "type": "eval", 
/**
 * After this step; 0 is before the first.
 */
step: number, 
/**
 * Mean negative log-likelihood in nats over the learned tokens.
 */
loss: number, 
/**
 * exp(loss).
 */
perplexity: number, } | { "type": "checkpoint", 
/**
 * After this step.
 */
step: number, 
/**
 * Its folder.
 */
path: string, } | { "type": "rewind", 
/**
 * The step.
 */
step: number, } | { "type": "done", 
/**
 * The last step.
 */
step: number, 
/**
 * The step that is kept.
 */
best_step: number, 
/**
 * The adapter (method lora).
 */
adapter?: string, 
/**
 * The model (method full and scratch).
 */
model?: string, } | { "type": "stopped", 
/**
 * The last step.
 */
step: number, 
/**
 * The checkpoint that was written.
 */
checkpoint: string, } | { "type": "error", 
/**
 * What the screen may react to.
 */
code: ErrorCode, 
/**
 * What happened and why.
 */
message: Sentence, 
/**
 * What to do next.
 */
hint: Sentence, };
export type RunState = { "state": "queued", 
/**
 * The user holds it back: it does not start before it is released.
 */
held: boolean, } | { "state": "preparing" } | { "state": "running" } | { "state": "paused", 
/**
 * Why, in a sentence.
 */
reason: Sentence, 
/**
 * A stop was asked for: as soon as there is room, what was learned is kept and the run ends.
 */
stopping: boolean, } | { "state": "stopped" } | { "state": "interrupted" } | { "state": "done" } | { "state": "failed", 
/**
 * What happened and why.
 */
message: Sentence, 
/**
 * What to do next.
 */
hint: Sentence, };
export type RunTime = { 
/**
 * All of it.
 */
ms: number, 
/**
 * The same as people say it: `about 4 minutes`.
 */
about: Sentence, 
/**
 * Where it goes, the longest first.
 */
parts: Array<TimePart>, };
export type RunWork = "step" | "evaluation";
export type RunYaml = { 
/**
 * The choices.
 */
start: StartRun, 
/**
 * Where to write it; null returns its bytes.
 */
save_to: WritePath | null, };
export type Sample = { 
/**
 * Its id.
 */
id: string, 
/**
 * Its name on screen.
 */
title: string, 
/**
 * What the model learns from it, in a sentence.
 */
summary: string, 
/**
 * Number of rows.
 */
rows: number, 
/**
 * The id of the base model that its preset is made for.
 */
model: string, 
/**
 * The settings that suit it and this model.
 */
preset: Preset, };
export type Sampling = { 
/**
 * 0 is greedy.
 */
temperature: number, 
/**
 * Nucleus: the least set of tokens whose probability reaches this.
 */
top_p: number, 
/**
 * The longest answer, in tokens.
 */
max_new_tokens: number, 
/**
 * Same seed, same answer.
 */
seed: number, 
/**
 * How much less likely a token becomes that the prompt or the answer holds already; 1 changes nothing.
 */
repetition_penalty: number, };
export type Scheduler = "linear" | "cosine" | "constant";
export type SendMessage = { 
/**
 * The chat.
 */
chat: string, 
/**
 * The text; null answers the message again.
 */
text: string | null, 
/**
 * The turn, from 0, that is said or answered anew; what followed it goes, until `undo_chat`. Null says something
 * new, or answers the last message again.
 */
turn: number | null, };
export type Sentence = { 
/**
 * What other languages find their text by; empty where the text was written by somebody else.
 */
key: string, 
/**
 * What the text names in braces, by name.
 */
args: { [key in string]: Argument }, 
/**
 * The sentence in English.
 */
text: string, };
export type SetChatTemplate = { 
/**
 * The model's id.
 */
model: string, 
/**
 * The template; null takes the choice back.
 */
template: ChatTemplate | null, };
export type SetTags = { 
/**
 * The thing.
 */
item: ItemRef, 
/**
 * All its tags.
 */
tags: Array<string>, };
export type SettingProblem = { 
/**
 * The setting's key.
 */
name: string, 
/**
 * What is wrong with it, in a sentence.
 */
message: Sentence, };
export type Severity = "error" | "warning" | "note";
export type Sheet = { 
/**
 * Its name.
 */
name: string, 
/**
 * Rows below its header, as far as they were counted.
 */
rows: number, 
/**
 * It has more rows than were counted.
 */
more: boolean, };
export type Side = "base" | "tuned";
export type SpareCheckpoints = { 
/**
 * How many.
 */
count: number, 
/**
 * What they take on the disk.
 */
bytes: number, };
export type Split = "training" | "validation";
export type StartRun = { 
/**
 * A name; null makes one from dataset and model.
 */
name: string | null, 
/**
 * The base model's id.
 */
model: string, 
/**
 * The dataset's id.
 */
dataset: string, 
/**
 * The number of its version; null is the one in use.
 */
version: number | null, 
/**
 * How to train.
 */
training: TrainSettings, 
/**
 * The preset whose settings these are, unchanged; null where there is none.
 */
preset: string | null, };
export type StepMetrics = { 
/**
 * The step, from 1.
 */
step: number, 
/**
 * Epochs seen so far.
 */
epoch: number, 
/**
 * Mean negative log-likelihood in nats over the learned tokens of the step.
 */
loss: number, 
/**
 * The learning rate of the step.
 */
learning_rate: number, 
/**
 * The gradient's length before clipping.
 */
grad_norm: number, 
/**
 * Learned tokens in the step.
 */
learned_tokens: number, 
/**
 * Tokens computed per second, learned or not.
 */
tokens_per_second: number, 
/**
 * Time spent training so far, earlier parts of a resumed run included.
 */
elapsed_ms: number, };
export type StopReason = "end" | "length" | "context" | "stopped";
export type Switch = "auto" | "on" | "off";
export type SystemInfo = { 
/**
 * Tunesmith's version.
 */
version: string, 
/**
 * The home folder.
 */
home: string, 
/**
 * The user's own folder, which paths are shown with `~` for; null where there is none.
 */
user_home: string | null, 
/**
 * Free space where the home folder lies.
 */
disk_free_bytes: number, 
/**
 * What the home folder takes.
 */
home_bytes: number, 
/**
 * CPU cores.
 */
cores: number, 
/**
 * What can train.
 */
devices: Array<Device>, 
/**
 * The device that `auto` takes now.
 */
device: string, 
/**
 * Why this device is used, in a sentence.
 */
device_reason: Sentence, };
export type TargetModules = "all-linear" | Array<string>;
export type Task = "sft" | "text";
export type TemplateName = "chatml" | "llama3" | "gemma" | "alpaca" | "plain";
export type TemplateRequest = { 
/**
 * The shape.
 */
format: Format, 
/**
 * Where to write it; null returns its bytes.
 */
save_to: WritePath | null, };
export type Theme = "system" | "light" | "dark";
export type TimePart = { 
/**
 * What.
 */
what: Sentence, 
/**
 * How long.
 */
ms: number, 
/**
 * The same as people say it.
 */
about: Sentence, };
export type TokenCounts = { 
/**
 * Rows counted.
 */
rows: number, 
/**
 * Rows that the model's template cannot say.
 */
failed: number, 
/**
 * Answers in them.
 */
answers: number, 
/**
 * All tokens.
 */
tokens: number, 
/**
 * Of these, how many are learned.
 */
learned_tokens: number, 
/**
 * The longest row.
 */
longest: number, 
/**
 * Groups of rows of about the same length, the shortest first.
 */
buckets: Array<LengthBucket>, 
/**
 * The length that 50, 90, 95 and 99 % of the rows do not exceed.
 */
percentiles: Array<Percentile>, 
/**
 * How often OpenAI would show each row.
 */
suggested_epochs: number, 
/**
 * Tokens that batches padded to their longest row would compute.
 */
padded_tokens: number, };
export type TooLong = "truncate" | "drop" | "refuse";
export type Topic = { "topic": "library" } | { "topic": "run", "id": string } | { "topic": "chat", "id": string } | { "topic": "job", "id": string };
export type TrainForm = { 
/**
 * Every setting.
 */
fields: Array<Field>, 
/**
 * The presets for the model asked about.
 */
presets: Array<Preset>, };
export type TrainSettings = { 
/**
 * What a row is: a conversation or instruction to answer (sft), or plain text to continue (text)
 */
task: Task, 
/**
 * What is trained: a small adapter beside the frozen model (lora), one with a magnitude per output (dora: a little better at small ranks, and slower), every weight (full), or a new model from its config (scratch)
 */
method: Method, 
/**
 * How often the whole dataset is seen. More learns more, until validation loss turns up
 */
epochs: number, 
/**
 * How big each step is. Too high makes the loss jump, too low learns little
 */
learning_rate: number, 
/**
 * The size of the adapter. Higher can hold more and needs more memory
 */
lora_rank: number, 
/**
 * How strongly the adapter counts; it is scaled by alpha / rank
 */
lora_alpha: number, 
/**
 * The layers that are tuned: all, last-8, 4..11 (from 0, both included), or a list. With method full, only their weights are; embedding, last norm and head stay frozen
 */
layers: Layers, 
/**
 * The projections that get an adapter: all-linear, or a list such as q_proj, v_proj. embed_tokens and lm_head can be listed too; where a model uses one table for both, each gets an adapter of its own and the other stays as it was, as with PEFT
 */
target_modules: TargetModules, 
/**
 * Modules that are trained whole beside the adapter and saved with it, such as embed_tokens and lm_head for new tokens. They take far more memory than an adapter of theirs
 */
modules_to_save: Array<string>, 
/**
 * Tokens whose vectors are trained beside the adapter, by their ids: a cheap way to teach the model a few new ones
 */
trainable_token_indices: Array<number>, 
/**
 * The model's own biases that are trained beside the adapter: none, all, or those of modules with an adapter (lora_only). Most families have none
 */
bias: Bias, 
/**
 * The folder of an adapter in PEFT's format to continue from. Its rank, alpha, modules, layers and kind, and what it trains beside, take the place of the run's; dropout stays the run's
 */
init_adapter: ReadPath | null, 
/**
 * The share of its inputs that the adapter does not see at each step. A little (0.05) helps against learning by heart
 */
lora_dropout: number, 
/**
 * Scale the adapter by alpha / √rank, so that a high rank learns as fast as a low one
 */
use_rslora: boolean, 
/**
 * Begin with the most important part of each weight instead of nothing, which learns faster at first. Saved as an adapter of twice the rank, which fits the original model
 */
use_pissa: boolean, 
/**
 * Noise on what the model reads while it learns (NEFTune); 5 is usual for short answers. Empty for none
 */
neftune_alpha: number | null, 
/**
 * Rows computed at once. More is faster and needs more memory
 */
batch_size: number, 
/**
 * Batches gathered before each step; the effective batch is batch size × this
 */
gradient_accumulation: number, 
/**
 * The longest row, in tokens. Longer rows are handled as “Too long” says
 */
max_length: number, 
/**
 * What happens to a row longer than the limit: cut its end, leave it out, or refuse to start
 */
too_long: TooLong, 
/**
 * Which tokens are learned: every answer, only the last answer, or everything
 */
learn_from: LearnFrom, 
/**
 * Stop after this many steps, whatever the epochs say; empty for no limit
 */
max_steps: number | null, 
/**
 * How the update is computed from the gradient. adamw8bit needs a quarter of the memory of adamw for it, lion half; lion wants a learning rate 3 to 10 times smaller
 */
optimizer: Optimizer, 
/**
 * How many times faster the adapter's B matrices learn than its A matrices (LoRA+); 1 switches it off, 16 is its authors' choice
 */
lora_plus_ratio: number, 
/**
 * How the learning rate falls over the run
 */
scheduler: Scheduler, 
/**
 * The share of the steps in which the learning rate first rises. Every step learns: of ten such steps the first takes a tenth of the rate, the last all of it
 */
warmup_ratio: number, 
/**
 * Pulls weights towards zero at each step
 */
weight_decay: number, 
/**
 * Gradients longer than this are scaled down to it; 0 switches clipping off
 */
max_grad_norm: number, 
/**
 * The number format of the computation. bf16 holds the frozen base model in 16 bits, half the memory, and rounds its products; the adapter stays in 32 bits. auto takes f32
 */
precision: Precision, 
/**
 * Hold the frozen base model in blocks of 8 or 4 bits a number (QLoRA): a quarter or a seventh of the memory, somewhat slower, a little less exact
 */
quantization: Quantization, 
/**
 * Compute each layer twice to keep less of it in memory; auto does so only where it would not fit otherwise
 */
gradient_checkpointing: Switch, 
/**
 * Steps between measurements on the validation rows; auto measures about ten times, for about a tenth of the run
 */
eval_every: AutoOr, 
/**
 * Steps between checkpoints; auto saves with each evaluation and at least every ten minutes
 */
save_every: AutoOr, 
/**
 * Stop when validation loss has not improved for this many evaluations; empty never stops early
 */
early_stopping_patience: number | null, 
/**
 * Where to train; auto takes the fastest device that works
 */
device: string, 
/**
 * Same seed, same settings, same data: the same result
 */
seed: number, };
export type TriedTemplate = { 
/**
 * The sample conversation as the model would see it.
 */
sample: string, 
/**
 * What does not fit the model's tokenizer.
 */
warnings: Array<Sentence>, };
export type TryChatTemplate = { 
/**
 * The model's id.
 */
model: string, 
/**
 * The template, in Jinja.
 */
text: string, };
export type Turn = { 
/**
 * What the user said.
 */
user: string, 
/**
 * The answers, one per side once finished.
 */
answers: Array<Answer>, };
export type Unit = "bytes" | "rows" | "steps" | "tokens" | "parts";
export type Unlisted = { 
/**
 * What it is.
 */
item: ItemRef, 
/**
 * Its name, or its id where that is lost.
 */
name: string, 
/**
 * Where its files lie; null when they are gone, or when it has none.
 */
folder: string | null, 
/**
 * Whether it can be brought back once it is deleted.
 */
restorable: boolean, };
export type Usage = { 
/**
 * Each part: starter model, datasets, runs, logs, bin.
 */
parts: Array<UsagePart>, };
export type UsagePart = { 
/**
 * What.
 */
what: Sentence, 
/**
 * How much.
 */
bytes: number, };
export type UseVersion = { 
/**
 * The dataset.
 */
dataset: string, 
/**
 * The version's number.
 */
number: number, };
export type Validation = "auto" | number | ReadPath;
export type VersionChanges = { 
/**
 * Rows that are new.
 */
added: number, 
/**
 * Rows that are gone.
 */
removed: number, 
/**
 * Rows that say something else.
 */
changed: number, 
/**
 * Rows that are on the other side.
 */
moved: number, 
/**
 * Whether the rows that both have are in another order.
 */
reordered: boolean, 
/**
 * Rows of the kind that is asked for.
 */
total: number, 
/**
 * Some of these, in the order of the later version; a row that is gone stands where it was.
 */
rows: Array<ChangedRow>, };
export type WireError = { 
/**
 * What the screen may react to.
 */
code: ErrorCode, 
/**
 * What happened and why, in a sentence.
 */
message: Sentence, 
/**
 * What to do next; empty when there is nothing sensible to say.
 */
hint: Sentence, };
export type WritePath = string;
export type Xray = { 
/**
 * All tokens of the rendered row, also those beyond the limit.
 */
tokens: Array<XrayToken>, 
/**
 * How many are learned.
 */
learned: number, 
/**
 * Tokens beyond the limit.
 */
cut: number, 
/**
 * Learned tokens beyond the limit.
 */
learned_cut: number, 
/**
 * Answers that the limit cuts, wholly or in part.
 */
answers_cut: number, };
export type XrayRow = { 
/**
 * The dataset.
 */
dataset: string, 
/**
 * The row's place in the version in use, from 0.
 */
row: number, 
/**
 * The base model.
 */
model: string, 
/**
 * Which tokens are learned.
 */
learn_from: LearnFrom, 
/**
 * The longest row, in tokens.
 */
max_length: number, };
export type XrayToken = { 
/**
 * Its number in the vocabulary.
 */
id: number, 
/**
 * The text that it stands for. A part of a character is shown as its bytes, such as `\xE2`.
 */
text: string, 
/**
 * The model learns to write it.
 */
learned: boolean, 
/**
 * It is a special token.
 */
special: boolean, 
/**
 * It ends an answer.
 */
end_of_turn: boolean, };

export interface Commands {
  list_models: { args: null; reply: Array<Model> };
  add_model: { args: AddModel; reply: Model };
  chat_templates: { args: string; reply: ChatTemplates };
  try_chat_template: { args: TryChatTemplate; reply: TriedTemplate };
  set_chat_template: { args: SetChatTemplate; reply: Model };
  list_datasets: { args: null; reply: Array<Dataset> };
  import_dataset: { args: ImportDataset; reply: Dataset };
  inspect_files: { args: InspectFiles; reply: Inspection };
  keep_rows: { args: KeepRows; reply: string };
  template_file: { args: TemplateRequest; reply: RunFile };
  list_samples: { args: null; reply: Array<Sample> };
  import_sample: { args: string; reply: Dataset };
  dataset_rows: { args: DatasetRows; reply: RowsPage };
  dataset_row: { args: DatasetRow; reply: FullRow };
  dataset_problems: { args: DatasetProblems; reply: ProblemsPage };
  check_dataset: { args: string; reply: DatasetReport };
  dataset_report: { args: string; reply: DatasetReport | null };
  edit_dataset: { args: EditDataset; reply: Dataset };
  use_version: { args: UseVersion; reply: Dataset };
  compare_versions: { args: CompareVersions; reply: VersionChanges };
  xray_row: { args: XrayRow; reply: Xray };
  count_tokens: { args: CountTokens; reply: TokenCounts };
  export_dataset: { args: ExportDataset; reply: ExportedDataset };
  train_form: { args: string; reply: TrainForm };
  preview_run: { args: PreviewRun; reply: Preview };
  estimate_run: { args: PreviewRun; reply: RunEstimate };
  run_yaml: { args: RunYaml; reply: RunFile };
  start_run: { args: StartRun; reply: Run };
  list_runs: { args: null; reply: Array<Run> };
  get_run: { args: string; reply: Run };
  stop_run: { args: string; reply: null };
  resume_run: { args: string; reply: Run };
  spare_checkpoints: { args: string; reply: SpareCheckpoints };
  remove_spare_checkpoints: { args: string; reply: null };
  run_file: { args: RunFileRequest; reply: RunFile };
  rename: { args: Rename; reply: null };
  set_tags: { args: SetTags; reply: null };
  delete: { args: ItemRef; reply: null };
  restore: { args: ItemRef; reply: null };
  list_bin: { args: null; reply: Array<BinnedItem> };
  delete_for_good: { args: ItemRef; reply: null };
  empty_bin: { args: null; reply: null };
  list_chats: { args: null; reply: Array<ChatHead> };
  open_chat: { args: OpenChat; reply: Chat };
  get_chat: { args: string; reply: Chat };
  send_message: { args: SendMessage; reply: null };
  stop_chat: { args: string; reply: null };
  clear_chat: { args: string; reply: null };
  undo_chat: { args: string; reply: Chat };
  chat_memory: { args: string; reply: number };
  unload_chat: { args: string; reply: number };
  configure_chat: { args: ConfigureChat; reply: Chat };
  list_jobs: { args: null; reply: Array<Job> };
  cancel_job: { args: string; reply: null };
  move_job: { args: MoveJob; reply: null };
  hold_job: { args: string; reply: null };
  release_job: { args: string; reply: null };
  compare_run: { args: CompareRun; reply: Comparison | null };
  evaluate: { args: Evaluate; reply: Evaluation };
  system_info: { args: null; reply: SystemInfo };
  usage: { args: null; reply: Usage };
  preferences: { args: null; reply: Preferences };
  set_preferences: { args: Preferences; reply: Preferences };
  list_notices: { args: null; reply: Array<Notice> };
  dismiss_notice: { args: string; reply: null };
  read_log: { args: null; reply: LogText };
  show_window: { args: null; reply: boolean };
}
