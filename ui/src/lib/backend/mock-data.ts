// Made-up things for development without a studio: one of everything, in every state.
import type { Answer, Chat, Dataset, Field, Job, JobKind, JobProgress, DiskNeed, Model, Notice, Plan, Preset, Row, Run, RunState, RunTime, Sample, Side, SystemInfo, TrainSettings, Turn, Usage } from '$lib/protocol';
import { nothing, verbatim } from '$lib/words/say';

const hour = 3_600_000;
const now = Date.now();

export const training: TrainSettings = {
  task: 'sft', method: 'lora', epochs: 3, learning_rate: 0.003, lora_rank: 16, lora_alpha: 32, target_modules: 'all-linear', layers: 'all',
  modules_to_save: [], trainable_token_indices: [], bias: 'none',
  lora_dropout: 0, use_rslora: false, use_pissa: false, init_adapter: null, neftune_alpha: null, batch_size: 2,
  gradient_accumulation: 4, max_length: 1024, too_long: 'truncate', learn_from: 'assistant', max_steps: null, optimizer: 'adamw', lora_plus_ratio: 1, scheduler: 'cosine',
  warmup_ratio: 0.03, weight_decay: 0, max_grad_norm: 1, precision: 'auto', quantization: 'none', gradient_checkpointing: 'auto', eval_every: 'auto', save_every: 'auto',
  early_stopping_patience: null, device: 'auto', seed: 42,
};

export const presets: Preset[] = [
  { id: 'quick', label: verbatim('Quick'), help: verbatim('One pass, to see whether everything works'), training: { ...training, epochs: 1 } },
  { id: 'balanced', label: verbatim('Balanced'), help: verbatim('A good result for most datasets'), training },
  { id: 'thorough', label: verbatim('Thorough'), help: verbatim('More passes and a larger adapter, measured more often; keeps the best step'), training: { ...training, epochs: 8, lora_rank: 32, lora_alpha: 64, early_stopping_patience: 5 } },
];

const field = (level: Field['level'], label: string, name: keyof TrainSettings, kind: Field['kind'], help: string): Field => ({ name, label: verbatim(label), help: verbatim(help), level, kind, default: training[name] });

export const fields: Field[] = [
  field('advanced', 'Task', 'task', { type: 'choice', range: ['sft', 'text'] }, 'What a row is: a conversation or instruction to answer (sft), or plain text to continue (text)'),
  field('advanced', 'Method', 'method', { type: 'choice', range: ['lora', 'full', 'scratch'] }, 'What is trained: a small adapter beside the frozen model (lora), every weight (full), or a new model from its config (scratch)'),
  field('basic', 'Epochs', 'epochs', { type: 'number', range: { min: 0.01, max: 1000 } }, 'How often the whole dataset is seen. More learns more, until validation loss turns up'),
  field('basic', 'Learning rate', 'learning_rate', { type: 'number', range: { min: 1e-8, max: 1 } }, 'How big each step is. Too high makes the loss jump, too low learns little'),
  field('basic', 'Rank', 'lora_rank', { type: 'integer', range: { min: 1, max: 1024 } }, 'The size of the adapter. Higher can hold more and needs more memory'),
  field('advanced', 'Alpha', 'lora_alpha', { type: 'number', range: { min: 0.01, max: 4096 } }, 'How strongly the adapter counts; it is scaled by alpha / rank'),
  field('advanced', 'Target modules', 'target_modules', { type: 'modules', range: ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj', 'embed_tokens', 'lm_head'] }, 'The projections that get an adapter: all-linear, or a list such as q_proj, v_proj'),
  field('advanced', 'Modules to save', 'modules_to_save', { type: 'names', range: ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj', 'norm', 'embed_tokens', 'lm_head'] }, 'Modules that are trained whole beside the adapter and saved with it'),
  field('advanced', 'Trainable tokens', 'trainable_token_indices', { type: 'whole_numbers', range: { min: 0, max: 16_777_215 } }, 'Tokens whose vectors are trained beside the adapter, by their ids'),
  field('advanced', 'Bias', 'bias', { type: 'choice', range: ['none', 'all', 'lora_only'] }, 'The model’s own biases that are trained beside the adapter'),
  field('advanced', 'Layers', 'layers', { type: 'layers' }, 'The layers that are tuned: all, last-8, 4..11 (from 0, both included), or a list'),
  field('advanced', 'Dropout', 'lora_dropout', { type: 'number', range: { min: 0, max: 0.95 } }, 'The share of its inputs that the adapter does not see at each step'),
  field('advanced', 'rsLoRA', 'use_rslora', { type: 'flag' }, 'Scale the adapter by alpha / √rank, so that a high rank learns as fast as a low one'),
  field('advanced', 'Continue from', 'init_adapter', { type: 'folder' }, 'The folder of an adapter in PEFT’s format to continue from'),
  field('advanced', 'NEFTune alpha', 'neftune_alpha', { type: 'optional_number', range: { min: 0, max: 100 } }, 'Noise on what the model reads while it learns; empty for none'),
  field('basic', 'Batch size', 'batch_size', { type: 'integer', range: { min: 1, max: 1024 } }, 'Rows computed at once. More is faster and needs more memory'),
  field('advanced', 'Gradient accumulation', 'gradient_accumulation', { type: 'integer', range: { min: 1, max: 1024 } }, 'Batches gathered before each step; the effective batch is batch size × this'),
  field('basic', 'Max length', 'max_length', { type: 'integer', range: { min: 8, max: 131072 } }, 'The longest row, in tokens. Longer rows are handled as “Too long” says'),
  field('advanced', 'Too long', 'too_long', { type: 'choice', range: ['truncate', 'drop', 'refuse'] }, 'What happens to a row longer than the limit: cut its end, leave it out, or refuse to start'),
  field('advanced', 'Max steps', 'max_steps', { type: 'optional_integer', range: { min: 1, max: 10_000_000 } }, 'Stop after this many steps, whatever the epochs say; empty for no limit'),
  field('advanced', 'Optimizer', 'optimizer', { type: 'choice', range: ['adamw', 'adamw8bit', 'lion'] }, 'How the update is computed from the gradient. adamw8bit needs a quarter of the memory of adamw for it, lion half; lion wants a learning rate 3 to 10 times smaller'),
  field('advanced', 'LoRA+ ratio', 'lora_plus_ratio', { type: 'number', range: { min: 1, max: 1000 } }, 'How many times faster the adapter\'s B matrices learn than its A matrices (LoRA+); 1 switches it off, 16 is its authors\' choice'),
  field('advanced', 'Scheduler', 'scheduler', { type: 'choice', range: ['linear', 'cosine', 'constant'] }, 'How the learning rate falls over the run'),
  field('advanced', 'Evaluate every', 'eval_every', { type: 'integer_or_auto', range: { min: 1, max: 10_000_000 } }, 'Steps between measurements on the validation rows; auto measures about ten times, for about a tenth of the run'),
  field('advanced', 'Seed', 'seed', { type: 'integer', range: { min: 0, max: Number.MAX_SAFE_INTEGER } }, 'Same seed, same settings, same data: the same result'),
];

export const models = (): Model[] => [
  { id: 'starter', name: 'Tunesmith Starter', source: 'starter', path: '/home/ada/.local/share/tunesmith/models/starter', family: 'llama', parameters: 4_900_000, size_bytes: 9_900_000, context_length: 1024, has_chat_template: true, tags: [], added_ms: now - 90 * hour, problem: null, remarks: [], chosen_template: null },
  { id: 'smollm', name: 'SmolLM2-135M-Instruct', source: 'folder', path: '/home/ada/models/SmolLM2-135M-Instruct', family: 'llama', parameters: 134_500_000, size_bytes: 269_000_000, context_length: 8192, has_chat_template: true, tags: ['small'], added_ms: now - 50 * hour, problem: null, remarks: [], chosen_template: null },
  { id: 'smollm-base', name: 'SmolLM2-135M', source: 'folder', path: '/home/ada/models/SmolLM2-135M', family: 'llama', parameters: 134_500_000, size_bytes: 269_000_000, context_length: 8192, has_chat_template: false, tags: [], added_ms: now - 60 * hour, problem: null, remarks: [], chosen_template: null },
  { id: 'gone', name: 'tiny-poet', source: 'folder', path: '/media/usb/tiny-poet', family: 'llama', parameters: 15_000_000, size_bytes: 60_000_000, context_length: 2048, has_chat_template: false, tags: [], added_ms: now - 300 * hour, problem: verbatim('Its folder is gone. Plug in the disk it lies on, or delete it here'), remarks: [], chosen_template: null },
  { id: 'cache-1', name: 'TinyLlama-1.1B-Chat-v1.0', source: 'cache', path: '/home/ada/.cache/huggingface/hub/models--TinyLlama--TinyLlama-1.1B-Chat-v1.0/snapshots/fe8a4ea', family: 'llama', parameters: 1_100_000_000, size_bytes: 2_200_000_000, context_length: 2048, has_chat_template: true, tags: [], added_ms: now - 700 * hour, problem: null, remarks: [], chosen_template: null },
];

const sample = (id: string, title: string, summary: string, epochs: number): Sample => ({
  id, title, summary, rows: 600, model: 'starter',
  preset: { id: 'sample', label: verbatim('For this sample'), help: verbatim('Chosen for these rows and the starter model, and measured with them'), training: { ...training, epochs, learning_rate: 0.003, batch_size: 4, gradient_accumulation: 2, max_length: 320 } },
});
export const samples: Sample[] = [
  sample('recipes', 'Recipe assistant', 'Turns a title and a messy ingredient list into the plain ingredient names', 4),
  sample('tickets', 'Tickets to JSON', 'Sorts customer messages: category, urgency and product, as JSON', 6),
  sample('contacts', 'Contacts in one format', 'Brings contacts, however they were noted down, into the form name | town | phone', 5),
  sample('support', 'Support persona', 'Answers customers of a small bicycle shop, always in the same warm tone', 5),
];

export const dataset = (change: Partial<Dataset> = {}): Dataset => {
  const made = filled(change);
  const { version, training_rows, validation_rows, added_ms } = made;
  const row_files = change.row_files ?? made.files.map((file) => file.split('/').at(-1)!);
  return { ...made, row_files, versions: change.versions ?? [{ number: 1, version, change: verbatim('As imported'), training_rows, validation_rows, validation: 'auto', seed: 42, made_ms: added_ms }] };
};

const filled = (change: Partial<Dataset>): Dataset => ({
  id: 'recipes-1', name: 'recipes', sample: null, files: ['/home/ada/recipes.jsonl'], row_files: [], format: 'chat', reason: verbatim('each row has a list called messages'), remarks: [], rows_read: 312, rows_kept: 300, rows_dropped: 12,
  mapping: { format: 'chat', columns: { messages: 'messages' } }, columns: ['messages', 'source', 'rating'], problems: 31,
  dropped_because: [{ what: 'example_missing_assistant_message', count: 9 }, { what: 'invalid_json', count: 3 }], training_rows: 280, validation_rows: 20,
  system_prompt: 'You extract ingredients.', size_bytes: 412_000, version: 'a1b2c3', number: 1, tags: ['kitchen'], added_ms: now - 26 * hour, versions: [{ number: 1, version: 'a1b2c3', change: verbatim('As imported'), training_rows: 280, validation_rows: 20, validation: 'auto', seed: 42, made_ms: now - 26 * hour }], ...change,
});

export const datasets = (): Dataset[] => [
  dataset(),
  dataset({ id: 'support-1', name: 'support-2026', files: ['/home/ada/support-2026.csv'], format: 'instruction', reason: verbatim('the columns question and reply'), mapping: { format: 'instruction', columns: { instruction: 'question', output: 'reply' } }, columns: ['id', 'question', 'reply', 'topic', 'asked_at'], problems: 0, rows_read: 200, rows_kept: 200, rows_dropped: 0, dropped_because: [], training_rows: 180, validation_rows: 20, system_prompt: null, size_bytes: 188_000, tags: [], added_ms: now - 3 * hour }),
  dataset({ id: 'million', name: 'forum-dump', files: ['/home/ada/forum/part-1.jsonl.gz', '/home/ada/forum/part-2.jsonl.gz'], rows_read: 1_000_000, rows_kept: 1_000_000, rows_dropped: 0, problems: 0, dropped_because: [], training_rows: 995_000, validation_rows: 5000, size_bytes: 1_840_000_000, tags: [], added_ms: now - 5 * hour }),
  dataset({ id: 'preference', name: 'helpful-answers', files: ['/home/ada/helpful.parquet'], format: 'preference', reason: verbatim('each row has chosen and rejected'), mapping: { format: 'preference', columns: { prompt: 'question', chosen: 'chosen', rejected: 'rejected' } }, columns: ['question', 'chosen', 'rejected', 'score'], rows_read: 120, rows_kept: 120, rows_dropped: 0, problems: 0, dropped_because: [], training_rows: 108, validation_rows: 12, system_prompt: null, tags: [], added_ms: now - 50 * hour }),
  dataset({ id: 'nothing', name: 'prices', files: ['/home/ada/prices.csv'], format: 'auto', reason: verbatim('No known shape: the columns are “article”, “price”, “stock”'), mapping: { format: 'auto', columns: {} }, columns: ['article', 'price', 'stock'], rows_read: 40, rows_kept: 0, rows_dropped: 40, problems: 40, dropped_because: [{ what: 'unknown_shape', count: 40 }], training_rows: 0, validation_rows: 0, system_prompt: null, tags: [], added_ms: now - 52 * hour }),
];

const dishes = ['Lentil soup', 'Shakshuka', 'Plum cake', 'Miso aubergine', 'Potato salad', 'Flatbread'];

export function row(index: number): Row {
  const dish = dishes[index % dishes.length]!;
  return {
    number: index,
    split: index % 15 === 7 ? 'validation' : 'training',
    file: '/home/ada/recipes.jsonl',
    line: index + 1 + Math.floor(index / 25),
    messages: [
      { role: 'system', content: 'You extract the plain ingredient names from a recipe.', reasoning: null, learned: false },
      { role: 'user', content: `${dish}\n\n2 cups (400 g) red lentils, rinsed\n1 large onion – finely chopped\n3 tbsp. olive oil, plus extra\nsalt & pepper to taste`, reasoning: null, learned: false },
      { role: 'assistant', content: 'red lentils\nonion\nolive oil\nsalt\npepper', reasoning: null, learned: true },
    ],
    extra: [],
    tokens: 74 + (index % 13),
    learned_tokens: 12 + (index % 4),
    remarks: [],
  };
}

export const disk: DiskNeed = { fits: true, checkpoint_bytes: 12_600_000, result_bytes: 1_050_000, available_bytes: 41_200_000_000 };

/** The time of so many epochs. */
export const runTime = (epochs: number): RunTime => {
  const minutes = (n: number) => verbatim(n === 1 ? '1 minute' : `${n} minutes`);
  const training = Math.max(1, Math.round(epochs));
  const parts = [
    { what: verbatim('Training'), ms: training * 60_000, about: minutes(training) },
    { what: verbatim('Validation'), ms: training * 7_000, about: verbatim(`${training > 6 ? 60 : training * 10} seconds`) },
    { what: verbatim('Loading and saving'), ms: 900, about: verbatim('a few seconds') },
  ];
  return { ms: training * 67_000 + 900, about: verbatim(`about ${minutes(training).text}`), parts };
};

export const plan = (change: Partial<Plan> = {}): Plan => ({
  training: { ...training, precision: 'f32', gradient_checkpointing: 'off', eval_every: 11, save_every: 11, device: 'cpu' }, device: 'cpu', rows: 280, validation_rows: 20, measured_rows: 20, rows_too_long: 0, rows_left_out: 0, steps: 105, tokens: 22_400, learned_tokens: 4_120,
  trainable_parameters: 412_000,
  fit: { fits: true, needed_bytes: 310_000_000, available_bytes: 6_400_000_000, parts: [{ what: verbatim('Weights'), bytes: 20_000_000 }, { what: verbatim('Adapter and optimiser'), bytes: 6_000_000 }, { what: verbatim('Activations'), bytes: 284_000_000 }] },
  ...change,
});

export const run = (id: string, name: string, status: RunState, change: Partial<Run> = {}): Run => ({
  id, name, status, preset: 'balanced', config: { base_model: 'starter', data: { path: '/home/ada/recipes.jsonl', format: 'auto', validation: 'auto' }, training }, model: 'starter', model_name: 'Tunesmith Starter',
  dataset: 'recipes-1', dataset_name: 'recipes', dataset_version: 1, system_prompt: null, plan: plan(), step: 105, loss: 0.412, first_eval_loss: 3.214, best_eval_loss: 0.538, best_step: 99,
  result_path: `/home/ada/.local/share/tunesmith/runs/${id}/result`, path: `/home/ada/.local/share/tunesmith/runs/${id}`, size_bytes: 5_200_000, tags: [], started_ms: now - 2 * hour, elapsed_ms: 94_000, continue_from: null, first_loss: 3.31, no_better: false, ...change,
});

export const runs = (): Run[] => [
  ...(['Support tone, rank 32', 'Recipe assistant with a rather long name that must not break the line', 'Questions to SQL, all weights'] as const).map((name, index) =>
    run(`queued-${index + 1}`, name, { state: 'queued', held: index === 1 }, { step: 0, plan: null, loss: null, first_eval_loss: null, best_eval_loss: null, best_step: null, result_path: null, size_bytes: 0, elapsed_ms: 0, started_ms: now - (20 - index) * 60_000, dataset_name: index === 0 ? 'support-2026' : 'recipes' }),
  ),
  run('running', 'Recipe assistant, thorough', { state: 'running' }, { step: 0, plan: plan({ steps: 400 }), best_eval_loss: null, best_step: null, result_path: null, started_ms: now - 60_000 }),
  run('preparing', 'Support tone', { state: 'preparing' }, { step: 0, plan: null, loss: null, first_eval_loss: null, best_eval_loss: null, best_step: null, result_path: null, started_ms: now - 4000, dataset_name: 'support-2026' }),
  run('done', 'Recipe assistant', { state: 'done' }, { tags: ['kitchen', 'v1'] }),
  run('paused', 'SmolLM recipes', { state: 'paused', reason: verbatim('The disk is full, so checkpoint 60 could not be written'), stopping: false }, { step: 60, model_name: 'SmolLM2-135M-Instruct', result_path: null }),
  run('interrupted', 'Overnight run with a rather long name that must not break the row', { state: 'interrupted' }, { step: 71, result_path: null, started_ms: now - 20 * hour }),
  run('failed', 'TinyLlama, all weights', { state: 'failed', message: verbatim('The computer ran out of memory at step 3: 9.1 GB were needed and 6.4 GB were free'), hint: verbatim('Use a smaller batch size, or the method “lora”') }, { step: 3, first_eval_loss: 2.9, best_eval_loss: null, best_step: null, result_path: null, model_name: 'TinyLlama-1.1B-Chat-v1.0', started_ms: now - 30 * hour }),
  run('diverged', 'Support tone, hot', { state: 'failed', message: verbatim('Step 47: the loss is no longer a number'), hint: verbatim('A resumed run keeps its rate. Start a new one with a lower learning rate: set Continue from (init_adapter) to step 40, /home/ada/.local/share/tunesmith/runs/diverged/ckpt-40') }, { step: 47, result_path: null, continue_from: { step: 40, path: '/home/ada/.local/share/tunesmith/runs/diverged/ckpt-40' }, started_ms: now - 40 * hour }),
  run('stopped', 'Questions to SQL', { state: 'stopped' }, { step: 40, best_step: 33, best_eval_loss: 1.102, started_ms: now - 80 * hour }),
  run('long', 'A hundred thousand steps', { state: 'done' }, { step: 100_000, plan: plan({ steps: 100_000 }), elapsed_ms: 31_000_000, started_ms: now - 200 * hour, best_step: 80_000 }),
  run('blind', 'Twelve rows', { state: 'done' }, { step: 9, first_eval_loss: null, best_eval_loss: null, best_step: null, plan: plan({ steps: 9, rows: 12, validation_rows: 0, measured_rows: 0 }), started_ms: now - 400 * hour }),
];

/** A job at work. */
export const job = (kind: JobKind, progress: Partial<JobProgress> = {}, change: Partial<Job> = {}): Job => ({
  id: kind, kind, subject: null, title: '', state: { state: 'running' }, progress: { note: nothing, done: 0, total: 0, unit: 'rows', rows: 0, ...progress }, ...change,
});

/** A run as a job: at work, or queued. */
export const trainJob = ({ id, name, status }: Run): Job => job('train', { unit: 'steps' }, { id, title: name, subject: { kind: 'run', id }, state: status.state === 'queued' ? status : { state: 'running' } });

/** What the last end of the program cut short. */
export const interrupted = (): Job[] => [
  job('import', {}, { id: 'cut-import', title: 'customers-2026.jsonl', state: { state: 'interrupted' } }),
  job('edit', {}, { id: 'cut-edit', title: 'recipes', subject: { kind: 'dataset', id: 'recipes-1' }, state: { state: 'interrupted' } }),
];

/** What there is to know of the home. */
export const notices = (): Notice[] => [
  {
    id: 'damaged', message: verbatim('The fine-tune “Recipes” is not shown: run.json is damaged'), hint: verbatim('Bring run.json back from a backup'), told_ms: now,
    about: { item: { kind: 'run', id: 'recipes-4f2a1b' }, name: 'Recipes', folder: '/home/ada/.local/share/tunesmith/runs/recipes-4f2a1b', restorable: true },
  },
  {
    id: 'gone', message: verbatim('The fine-tune “Poems” is gone: there is no folder /home/ada/.local/share/tunesmith/runs/poems-77 any more'), hint: verbatim('Bring the folder back from a backup, or train it again'), told_ms: now,
    about: { item: { kind: 'run', id: 'poems-77' }, name: 'Poems', folder: null, restorable: false },
  },
  { id: 'open', message: verbatim('Other users of this computer could look into the home'), hint: verbatim('It is closed to them now'), told_ms: now, about: null },
];

export const system: SystemInfo = {
  version: '0.1.0', home: '/home/ada/.local/share/tunesmith', user_home: '/home/ada', disk_free_bytes: 84_300_000_000, home_bytes: 71_400_000, cores: 8,
  devices: [{ id: 'cpu', name: verbatim('CPU with 8 cores'), memory_bytes: 16_000_000_000, free_bytes: 6_400_000_000 }], device: 'cpu', device_reason: verbatim('No NVIDIA driver answers on this computer, so the processor is used'),
};

export const usage: Usage = { parts: [{ what: verbatim('Starter model'), bytes: 9_900_000 }, { what: verbatim('Datasets'), bytes: 600_000 }, { what: verbatim('Fine-tunes'), bytes: 52_300_000 }, { what: verbatim('Logs'), bytes: 90_000 }, { what: { ...verbatim('Bin'), key: 'usage-bin' }, bytes: 8_500_000 }] };

/** What a model writes that has seen a lot of Markdown. */
export const markdown = `## Lentil soup

**Wash** the lentils, then *simmer* them for \`20 min\`. See [the recipe](https://example.org/soup) ![bowl](https://example.org/bowl.png).

1. Onions
2. Lentils
   - red ones
   - or brown ones

> Salt comes last.

\`\`\`sql
SELECT city, runners FROM races WHERE distance = 'marathon' AND runners > 10000 ORDER BY runners DESC;
\`\`\`

| Ingredient | Amount | Unit |
|---|--:|---|
| lentils | 200 | g |
| olive oil | 2 | spoons |

<b onclick="alert(1)">HTML</b> stays text.`;

/** Earlier chats, of which one has outgrown its context. */
export function chats(): Chat[] {
  const day = 86_400_000;
  const answer = (side: Side, text: string, unread_turns = 0): Answer => ({ side, text, completion_tokens: 24, prompt_tokens: 800, unread_turns, stop_reason: 'end', tokens_per_second: 61.4 });
  const both = (user: string, unread = 0): Turn => ({ user, answers: [answer('base', 'It is a soup.', unread), answer('tuned', markdown, unread)] });
  const chat = (id: string, title: string, ago: number, turns: Turn[]): Chat => ({ id, run: 'done', model: 'starter', title, system_prompt: '', sampling: { temperature: 0, top_p: 1, max_new_tokens: 256, seed: 42, repetition_penalty: 1 }, sides: ['base', 'tuned'], context_length: 1024, remarks: [], changed_ms: Date.now() - ago, turns });
  return [
    chat('chat-soup', 'Lentil soup', 60_000, [both('Lentil soup'), both('With rice?'), both('And for ten people?', 2)]),
    chat('chat-bread', 'Bread without yeast', day, [both('Bread without yeast')]),
    chat('chat-cake', 'A cake with three eggs and no sugar at all', 40 * day, [both('Cake')]),
  ];
}
