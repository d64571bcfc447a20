// A studio that lives in the page, for development and tests; production bundles do not hold it. `?mock=empty` is a
// first start, `?mock=interrupted` one whose last end cut jobs short, `?mock=browser` one seen from a browser, `?mock=error` one that answers nothing but errors, `?mock=slow` one that takes its time,
// `?mock=big` one whose model does not fit, and `?mock=chats` one in which a lot was said.
import type { Answer, Chat, Commands, Dataset, Event, EventBody, ItemRef, Job, JobKind, JobProgress, Preferences, Run, RunRecord, Side, Topic, Turn, WireError } from '$lib/protocol';
import { verbatim } from '$lib/words/say';
import { onBrowserDrop, pickBrowserFiles, saveInBrowser } from './browser';
import { MockBin } from './mock-bin';
import { madeUpComparison } from './mock-comparison';
import * as made from './mock-data';
import { madeUpReport, madeUpRoom, wholeChange } from './mock-room';
import { look, madeUpRows } from './mock-rows';
import { madeUpTemplates } from './mock-templates';
import { itemName, type Args, type Backend, type CommandName, type Item, type Reply } from './types';

type Handlers = { [K in keyof Commands]: (args: Args<K>) => Reply<K> | Promise<Reply<K>> };

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const fail = (code: WireError['code'], message: string, hint = ''): never => {
  throw { code, message: verbatim(message), hint: verbatim(hint) } satisfies WireError;
};

/** Numbered records of topics, and who follows them. */
class Board {
  #events = new Map<string, Event[]>();
  #followers = new Map<string, Set<(events: Event[]) => void>>();

  publish(topic: Topic, body: EventBody | EventBody[]): void {
    const key = JSON.stringify(topic);
    const all = this.#events.get(key) ?? [];
    const fresh = [body].flat().map((body, index) => ({ seq: all.length + index + 1, body }));
    for (const event of fresh) all.push(event);
    this.#events.set(key, all);
    this.#followers.get(key)?.forEach((follower) => follower(fresh));
  }

  follow(topic: Topic, after: number, on: (events: Event[]) => void): () => void {
    const key = JSON.stringify(topic);
    const followers = this.#followers.get(key) ?? new Set();
    this.#followers.set(key, followers.add(on));
    const past = (this.#events.get(key) ?? []).filter((event) => event.seq > after);
    if (past.length) setTimeout(() => on(past));
    return () => followers.delete(on);
  }

  clear(topic: Topic): void {
    this.#events.delete(JSON.stringify(topic));
  }
}

export function mock(scenario = ''): Backend {
  const board = new Board();
  const empty = scenario === 'empty';
  const state = {
    runs: empty ? [] : made.runs(),
    models: empty ? made.models().slice(0, 1) : made.models(),
    datasets: empty ? [] : made.datasets(),
    chats: scenario === 'chats' ? made.chats() : [],
    /** What an undo brings back in a chat. */
    earlier: new Map<string, Turn[]>(),
    /** What the models of all chats take in memory. */
    memory: 0,
    bin: new MockBin(),
    preferences: { theme: 'system', threads: 0, device: 'auto', language: 'en', resume_queue: false } as Preferences,
    cancelled: new Set<string>(),
    /** Runs whose spare checkpoints were removed. */
    spared: new Set<string>(),
    /** Runs whose answers were compared. */
    compared: new Set<string>(),
    stopped: new Set<string>(),
    /** The run at work and those that wait, in order. */
    line: [] as Job[],
    interrupted: scenario === 'interrupted' ? made.interrupted() : [],
    notices: scenario === 'interrupted' ? made.notices() : [],
  };
  state.line = state.runs.filter((run) => run.id === 'running' || run.status.state === 'queued').map(made.trainJob);
  const changed = () => board.publish({ topic: 'library' }, { kind: 'library' });
  const find = <T extends { id: string }>(list: T[], id: string): T => list.find((one) => one.id === id) ?? fail('not_found', `There is no ${id} here`);
  const record = (id: string, records: RunRecord[]) => board.publish({ topic: 'run', id }, records.map((record): EventBody => ({ kind: 'run', record })));

  function status(run: Run, next: Run['status']): void {
    run.status = next;
    state.runs = state.runs.map((one) => (one.id === run.id ? { ...run } : one));
    record(run.id, [{ type: 'status', status: next }]);
    if (!['preparing', 'running', 'paused'].includes(next.state)) leave(run.id);
    changed();
  }

  function enter(run: Run): void {
    state.line = [...state.line, made.trainJob(run)];
    startNext();
    changed();
  }

  function leave(id: string): void {
    state.line = state.line.filter((job) => job.id !== id);
    startNext();
  }

  /** One run at a time. */
  function startNext(): void {
    if (state.line.some((job) => job.state.state === 'running')) return;
    const next = state.line.find((job) => job.state.state === 'queued' && !job.state.held);
    if (!next) return;
    next.state = { state: 'running' };
    const run = find(state.runs, next.id);
    run.plan ??= made.plan({ steps: 60 });
    status(run, { state: 'preparing' });
    record(run.id, [{ type: 'plan', plan: run.plan }, { type: 'preparing', what: verbatim('Reading the rows'), fraction: 0.4 }]);
    setTimeout(() => {
      const prepared = state.runs.find((one) => one.id === run.id);
      if (prepared?.status.state !== 'preparing') return;
      status(prepared, { state: 'running' });
      live(state.runs.find((one) => one.id === run.id), Math.max(1, run.step));
    }, 1500);
  }

  function hold(id: string, held: boolean): null {
    const job = find(state.line, id);
    if (job.state.state !== 'queued') return fail('invalid', 'This is not queued', 'It has started or ended meanwhile; look at the list again');
    job.state = { state: 'queued', held };
    edit({ kind: 'run', id }, { status: { state: 'queued', held } });
    startNext();
    return null;
  }

  const tell = (id: string, kind: JobKind, progress: Partial<JobProgress>) => board.publish({ topic: 'job', id }, { kind: 'job', job: made.job(kind, progress, { id }) });

  const lossAt = (step: number, steps: number) => 0.38 + 2.8 * Math.exp((-5 * step) / steps) + (Math.sin(step * 12.9898) * 43758.5453 % 1) * 0.22 * (0.4 + Math.exp((-3 * step) / steps));
  function steps(run: Run, from: number, to: number): RunRecord[] {
    const all = run.plan?.steps ?? to;
    const every = Math.max(1, Math.round(all / 10));
    const list: RunRecord[] = from === 1 && run.first_eval_loss !== null ? [{ type: 'eval', step: 0, loss: run.first_eval_loss, perplexity: 24 }] : [];
    for (let step = from; step <= to; step++) {
      const warm = Math.min(1, step / (all * 0.03 + 1));
      list.push({ type: 'step', step, epoch: (3 * step) / all, loss: lossAt(step, all), learning_rate: 0.003 * warm * 0.5 * (1 + Math.cos((Math.PI * step) / all)), grad_norm: 0.8, learned_tokens: 96, tokens_per_second: 5400 + 300 * Math.sin(step / 9), elapsed_ms: step * 310 });
      if (step % every === 0 && run.first_eval_loss !== null) list.push({ type: 'eval', step, loss: 0.52 + 2.7 * Math.exp((-5.4 * step) / all) + 0.1 * (step / all) ** 2, perplexity: 2 });
    }
    return list;
  }

  for (const run of state.runs) {
    if (run.plan) record(run.id, [{ type: 'plan', plan: run.plan }]);
    if (run.status.state !== 'queued') record(run.id, [{ type: 'status', status: run.status }]);
    if (run.step > 0) record(run.id, steps(run, 1, run.step));
  }
  live(state.runs.find((run) => run.id === 'running'), 120);
  let fraction = 0;
  if (!empty) setInterval(() => record('preparing', [{ type: 'preparing', what: verbatim(fraction < 0.6 ? 'Reading the rows' : 'Loading the model'), fraction: (fraction = (fraction + 0.04) % 1) }]), 400);

  /** Trains in the page: a step every so often. */
  function live(started: Run | undefined, at: number): void {
    if (!started) return;
    record(started.id, steps(started, 1, at));
    started.step = at;
    const timer = setInterval(() => {
      const run = state.runs.find((one) => one.id === started.id);
      if (!run || run.status.state !== 'running') return clearInterval(timer);
      run.step += 1;
      const fresh = steps(run, run.step, run.step);
      run.loss = lossAt(run.step, run.plan!.steps);
      run.elapsed_ms = run.step * 310;
      record(run.id, fresh);
      if (run.step % 6 === 0) board.publish({ topic: 'library' }, { kind: 'run_changed', run: { ...run } });
      if (run.step >= run.plan!.steps) {
        Object.assign(run, { best_eval_loss: 0.541, best_step: run.step - 3, result_path: `${run.path}/result` });
        record(run.id, [{ type: 'done', step: run.step, best_step: run.step - 3, adapter: run.result_path! }]);
        status(run, { state: 'done' });
      }
    }, 180);
  }

  async function answers(chat: Chat): Promise<void> {
    const say = (news: Extract<EventBody, { kind: 'chat' }>['news']) => board.publish({ topic: 'chat', id: chat.id }, { kind: 'chat', news });
    board.clear({ topic: 'chat', id: chat.id });
    state.stopped.delete(chat.id);
    const turn = chat.turns.at(-1)!;
    turn.answers = [];
    for (const side of [...chat.sides].reverse()) {
      if (state.stopped.has(chat.id)) break;
      const unread_turns = Math.max(0, chat.turns.length - 3);
      say({ type: 'started', side, unread_turns });
      let text = '';
      // As a model that reasons, where it is asked to think.
      const reasoning = /think/i.test(turn.user) ? '<think>\nThe recipe names two cups of lentils, and nothing else that has to be weighed.\n</think>\n\n' : '';
      const answered = /markdown/i.test(turn.user) ? made.markdown : words[side];
      for (const piece of `${reasoning}${answered}`.split(/(?<=\s)/)) {
        if (state.stopped.has(chat.id)) break;
        await wait(45);
        text += piece;
        say({ type: 'text', side, text: piece });
      }
      const answer: Answer = { side, text, completion_tokens: 24, prompt_tokens: 80, unread_turns, stop_reason: state.stopped.has(chat.id) ? 'stopped' : 'end', tokens_per_second: 61.4 };
      turn.answers = [...turn.answers, answer];
      say({ type: 'finished', answer });
    }
    say({ type: 'idle' });
  }

  /** Puts other turns into a chat; those that were there come back with an undo. */
  function undone(id: string, turns: Turn[]): void {
    const chat = find(state.chats, id);
    state.earlier.set(id, chat.turns);
    chat.turns = turns;
  }

  async function load(chat: Chat): Promise<void> {
    for (let step = 0; step <= 10; step++) {
      board.publish({ topic: 'chat', id: chat.id }, { kind: 'chat', news: { type: 'loading', fraction: step / 10 } });
      await wait(scenario === 'slow' ? 1500 : 90);
    }
    state.memory = 41_300_000;
    board.publish({ topic: 'chat', id: chat.id }, { kind: 'chat', news: { type: 'ready' } });
  }

  const listOf = ({ kind }: ItemRef) => ({ run: state.runs, model: state.models, dataset: state.datasets, chat: state.chats })[kind] as (Run | Dataset)[];
  function edit(item: ItemRef, change: object): null {
    const list = listOf(item);
    const index = list.findIndex((one) => one.id === item.id);
    list[index] = { ...list[index]!, ...change };
    renew();
    return null;
  }

  async function read(job: string | null, dataset: Dataset): Promise<Dataset> {
    for (let step = 0; step <= 10; step++) {
      if (job) tell(job, 'import', { note: verbatim('Reading the file'), done: step * 41_200, total: 412_000, unit: 'bytes', rows: step * 31 });
      await wait(scenario === 'slow' ? 1500 : 60);
      if (job && state.cancelled.has(job)) fail('cancelled', 'Cancelled');
    }
    state.datasets = [dataset, ...state.datasets];
    changed();
    return dataset;
  }

  const rows = madeUpRows({ datasets: () => state.datasets, replace: (dataset) => edit({ kind: 'dataset', id: dataset.id }, dataset), fail });

  const handlers: Handlers = {
    list_models: () => state.models,
    add_model: async ({ path }) => {
      await wait(500);
      if (!path.startsWith('/')) fail('invalid', `“${path}” is not a model folder: it has no config.json`, 'Choose the folder that holds config.json, tokenizer.json and the .safetensors files');
      const model = { ...made.models()[1]!, id: `model-${Date.now()}`, name: path.split('/').at(-1)!, path, tags: [] };
      state.models = [...state.models, model];
      changed();
      return model;
    },
    list_datasets: () => [...state.datasets],
    import_dataset: ({ paths, name, job, mapping }) => {
      if (paths.some((path) => path.includes('bad'))) fail('invalid', 'bad.jsonl holds no rows', 'Check that each line is one JSON object');
      const found = look(paths, mapping);
      const file = paths[0]!.split('/').at(-1)!;
      return read(job, made.dataset({ id: `data-${Date.now()}`, name: name ?? file.replace(/\.\w+$/, ''), files: paths, format: found.mapping.format, mapping: found.mapping, columns: found.columns, reason: found.reason, tags: [], added_ms: Date.now() }));
    },
    keep_rows: ({ name }) => `/home/ada/.local/share/tunesmith/uploads/${name}`,
    template_file: ({ format, save_to }) => ({ name: `${format}.csv`, mime: 'text/csv', base64: save_to ? '' : btoa('question,answer\n') }),
    list_samples: () => made.samples,
    import_sample: (id) => read(null, made.dataset({ id: `data-${Date.now()}`, name: made.samples.find((sample) => sample.id === id)!.title, sample: id, rows_read: 600, rows_kept: 600, training_rows: 570, validation_rows: 30, rows_dropped: 0, dropped_because: [], tags: [], added_ms: Date.now() })),
    ...rows,
    ...madeUpTemplates({ model: (id) => find(state.models, id), replace: (model) => edit({ kind: 'model', id: model.id }, model), fail }),
    ...madeUpRoom({
      pace: scenario === 'slow' ? 1500 : 60,
      dataset: (id) => find(state.datasets, id),
      row: made.row,
      publish: tell,
      cancelled: (job) => state.cancelled.delete(job),
      fail,
    }),
    dataset_report: (id) => (scenario === 'slow' ? null : madeUpReport(find(state.datasets, id))),
    edit_dataset: async (args) => {
      const dataset = find(state.datasets, args.dataset);
      const whole = wholeChange(dataset, args.edit, (id) => find(state.datasets, id));
      if (!whole) return rows.edit_dataset(args);
      await wait(400);
      const number = dataset.versions.length + 1;
      const version = { number, version: `v${number}`, change: verbatim(whole.said), training_rows: whole.training, validation_rows: whole.validation, validation: args.edit.kind === 'split' ? args.edit.validation : dataset.versions.at(-1)!.validation, seed: args.edit.kind === 'split' ? args.edit.seed : 42, made_ms: Date.now() };
      edit({ kind: 'dataset', id: dataset.id }, { number, version: version.version, training_rows: whole.training, validation_rows: whole.validation, versions: [...dataset.versions, version] });
      return find(state.datasets, dataset.id);
    },
    train_form: () => ({ fields: made.fields, presets: made.presets }),
    preview_run: async ({ start: { model, training }, job }) => {
      for (let step = 0; step < 7; step++) {
        if (job) tell(job, 'plan', { note: verbatim('Reading the rows'), done: step * 40, total: 280, rows: step * 40 });
        await wait(scenario === 'slow' ? 900 : 50);
        if (job && state.cancelled.delete(job)) fail('cancelled', 'It was cancelled');
      }
      if (scenario === 'big' || model === 'cache-1') {
        const fit = { fits: false, needed_bytes: 9_100_000_000, available_bytes: 6_400_000_000, parts: [{ what: verbatim('Weights'), bytes: 4_400_000_000 }, { what: verbatim('Adapter and optimiser'), bytes: 160_000_000 }, { what: verbatim('Activations'), bytes: 4_540_000_000 }] };
        return { plan: made.plan({ fit }), problems: [], blockers: [verbatim('About 9.1 GB of memory are needed and 6.4 GB are free. Use a smaller model, batch size or max length')], warnings: [], disk: made.disk };
      }
      const plan = made.plan({ steps: Math.max(1, Math.round(35 * training.epochs)) });
      return { plan, problems: [], blockers: [], warnings: plan.steps < 40 ? [verbatim(`${plan.steps} steps are few. More epochs or a smaller batch would teach more`)] : [], disk: scenario === 'fulldisk' ? { ...made.disk, fits: false, available_bytes: 9_000_000 } : made.disk };
    },
    estimate_run: async ({ start: { training }, job }) => {
      for (let step = 0; step < 5; step++) {
        if (job) tell(job, 'plan', { note: verbatim('Measuring how fast this computer trains'), done: step * 200, total: 1000, rows: 0 });
        await wait(scenario === 'slow' ? 900 : 60);
        if (job && state.cancelled.delete(job)) fail('cancelled', 'It was cancelled');
      }
      const busy = state.runs.some((run) => run.status.state === 'running');
      return { time: scenario === 'unmeasured' ? null : made.runTime(training.epochs), busy };
    },
    run_yaml: () => ({ name: 'run.yaml', mime: 'application/yaml', base64: btoa('base_model: starter\n') }),
    start_run: async ({ name, preset, model, dataset, version, training }) => {
      await wait(300);
      const id = `run-${Date.now()}`;
      const run = made.run(id, name ?? `${find(state.datasets, dataset).name} · ${find(state.models, model).name}`, { state: 'queued', held: false }, { step: 0, loss: null, plan: null, size_bytes: 0, best_eval_loss: null, best_step: null, result_path: null, dataset, dataset_version: version ?? find(state.datasets, dataset).number, model, elapsed_ms: 0, started_ms: Date.now(), preset, config: { ...made.run('', '', { state: 'done' }).config, training } });
      state.runs = [run, ...state.runs];
      enter(run);
      return { ...find(state.runs, id) };
    },
    list_runs: () => state.runs.map((run) => ({ ...run })),
    get_run: (id) => ({ ...find(state.runs, id) }),
    stop_run: async (id) => {
      const waits = find(state.runs, id).status.state === 'queued';
      await wait(waits ? 60 : 600);
      const run = find(state.runs, id);
      if (run.status.state === 'queued') {
        status(run, { state: 'stopped' });
        return null;
      }
      run.result_path = `${run.path}/result`;
      run.best_eval_loss = 0.8;
      run.best_step = run.step;
      status(run, { state: 'stopped' });
      return null;
    },
    resume_run: async (id) => {
      await wait(400);
      const run = find(state.runs, id);
      if (run.status.state === 'paused') status(run, { state: 'running' });
      else {
        record(id, [{ type: 'rewind', step: Math.max(0, run.step - 5) }]);
        edit({ kind: 'run', id }, { status: { state: 'queued', held: false } });
        enter(find(state.runs, id));
      }
      return { ...find(state.runs, id) };
    },
    spare_checkpoints: (id) => (state.spared.has(id) || find(state.runs, id).status.state !== 'done' ? { count: 0, bytes: 0 } : { count: 8, bytes: 41_600_000 }),
    remove_spare_checkpoints: (id) => {
      state.spared.add(id);
      return null;
    },
    run_file: ({ kind }) => ({ name: `chart.${kind === 'chart_png' ? 'png' : kind === 'chart_svg' ? 'svg' : kind === 'metrics_csv' ? 'csv' : 'yaml'}`, mime: 'text/plain', base64: btoa('made up') }),
    compare_run: async ({ run: id, only_known }) => {
      if (!only_known) {
        await wait(600);
        state.compared.add(id);
      }
      return state.compared.has(id) ? madeUpComparison(scenario, find(state.runs, id).best_step ?? 0) : null;
    },
    evaluate: () => ({ rows_read: 0, rows_dropped: 0, rows_refused: 0, refused: null, loss: null, answers: [], not_asked: 0, remarks: [] }),
    rename: ({ item, name }) => edit(item, item.kind === 'chat' ? { title: name } : { name }),
    set_tags: ({ item, tags }) => edit(item, { tags }),
    delete: (item) => {
      const notice = state.notices.find(({ about }) => about?.item.kind === item.kind && about.item.id === item.id);
      if (notice) {
        state.notices = state.notices.filter((one) => one !== notice);
        if (notice.about?.restorable) state.bin.put(item, notice.about.name, 4_000, () => state.notices.push(notice));
        renew();
        return null;
      }
      const list = listOf(item);
      const index = list.findIndex((one) => one.id === item.id);
      const [gone] = list.splice(index, 1);
      const { title, name = title ?? '' } = gone as { title?: string; name?: string };
      state.bin.put(item, name, item.kind === 'model' ? 0 : 2_400_000, () => listOf(item).splice(index, 0, gone!));
      renew();
      return null;
    },
    restore: (item) => {
      state.bin.restore(item);
      renew();
      return null;
    },
    list_bin: () => state.bin.list(),
    delete_for_good: (item) => {
      state.bin.remove(item);
      return null;
    },
    empty_bin: () => {
      state.bin.empty();
      made.usage.parts.at(-1)!.bytes = 0;
      return null;
    },
    list_chats: () => state.chats.map(({ id, run, model, title, turns, changed_ms }) => ({ id, run, model, title: title || (turns[0]?.user ?? ''), turns: turns.length, changed_ms })),
    open_chat: ({ run, model }) => {
      const from = run ? find(state.runs, run) : null;
      const chat: Chat = { id: `chat-${Date.now()}`, run, model: model ?? from!.model, title: '', system_prompt: run ? 'You extract the plain ingredient names from a recipe.' : '', sampling: { temperature: 0, top_p: 1, max_new_tokens: 256, seed: 42, repetition_penalty: 1 }, changed_ms: Date.now(), sides: run ? ['base', 'tuned'] : ['base'], context_length: 1024, remarks: [], turns: [] };
      state.chats = [chat, ...state.chats];
      state.memory = 41_300_000;
      void load(chat);
      return chat;
    },
    get_chat: (id) => structuredClone(find(state.chats, id)),
    send_message: ({ chat: id, text, turn }) => {
      const chat = find(state.chats, id);
      const place = turn ?? (text === null ? chat.turns.length - 1 : chat.turns.length);
      if (chat.turns[place]) state.earlier.set(id, structuredClone(chat.turns));
      const user = text ?? chat.turns[place]!.user;
      chat.turns.splice(place, Infinity, { user, answers: [] });
      if (text === 'fail') fail('too_big', 'The message alone is too long: with the system prompt it has 1,100 tokens, and this model reads at most 1,024', 'Shorten the message or the system prompt, and send it again');
      chat.title ||= user;
      chat.changed_ms = Date.now();
      changed();
      void (state.memory === 0 ? load(chat) : Promise.resolve()).then(() => answers(chat));
      return null;
    },
    stop_chat: (id) => (state.stopped.add(id), null),
    clear_chat: (id) => {
      undone(id, []);
      board.publish({ topic: 'chat', id }, { kind: 'chat', news: { type: 'cleared' } });
      return null;
    },
    undo_chat: (id) => {
      undone(id, state.earlier.get(id) ?? fail('invalid', 'There is nothing to undo in this chat', 'The chat is as it was'));
      board.publish({ topic: 'chat', id }, { kind: 'chat', news: { type: 'cleared' } });
      return structuredClone(find(state.chats, id));
    },
    chat_memory: () => state.memory,
    unload_chat: () => {
      const free = state.memory;
      state.memory = 0;
      return free;
    },
    configure_chat: ({ chat, system_prompt, sampling }) => structuredClone(Object.assign(find(state.chats, chat), { system_prompt, sampling })),
    list_jobs: () => structuredClone([...state.line, ...state.interrupted]),
    cancel_job: (id) => {
      state.cancelled.add(id);
      state.interrupted = state.interrupted.filter((job) => job.id !== id);
      return null;
    },
    list_notices: () => structuredClone(state.notices),
    dismiss_notice: (id) => {
      state.notices = state.notices.filter((notice) => notice.id !== id);
      return null;
    },
    move_job: ({ job: id, to }) => {
      const waiting = state.line.filter((job) => job.state.state === 'queued');
      const from = waiting.findIndex((job) => job.id === id);
      if (from < 0) return fail('invalid', 'This is not queued', 'It has started or ended meanwhile; look at the list again');
      const [job] = waiting.splice(from, 1);
      waiting.splice({ up: Math.max(0, from - 1), down: from + 1, first: 0 }[to], 0, job!);
      state.line = [...state.line.filter((job) => job.state.state !== 'queued'), ...waiting];
      changed();
      return null;
    },
    hold_job: (id) => hold(id, true),
    release_job: (id) => hold(id, false),
    system_info: () => (scenario === 'full' ? { ...made.system, disk_free_bytes: 12_000_000 } : made.system),
    usage: () => structuredClone(made.usage),
    preferences: () => state.preferences,
    set_preferences: (next) => (state.preferences = next),
    read_log: () => ({ path: '/home/ada/.local/share/tunesmith/logs/tunesmith.log', text: Array.from({ length: 60 }, (_, line) => `2026-11-22T14:0${line % 10}:12Z  INFO run: step ${line}`).join('\n') }),
    show_window: () => true,
  };

  function renew(): void {
    Object.assign(state, { runs: [...state.runs], models: [...state.models], datasets: [...state.datasets], chats: [...state.chats] });
    changed();
  }

  return {
    kind: 'mock',
    namesFiles: scenario !== 'browser',
    async call<K extends CommandName>(name: K, args: Args<K>): Promise<Reply<K>> {
      await wait(scenario === 'slow' ? 3000 : 10);
      if (scenario === 'error') return fail('internal', 'The database of the studio cannot be read: the file is damaged', 'Make room on the disk and start Tunesmith again');
      return (handlers[name] as (args: Args<K>) => Reply<K>)(args);
    },
    subscribe: (topic, after, onEvents) => board.follow(topic, after, onEvents),
    onDrop: (on) => onBrowserDrop((drop) => on(drop.phase === 'drop' ? { ...drop, items: drop.items.map(named) } : drop)),
    pickFiles: async (title, extensions) => (await pickBrowserFiles(title, extensions)).map(named),
    pickFolder: scenario === 'browser' ? null : async () => '/home/ada/models/my-llama',
    toPath: async (item) => ('path' in item ? item.path : itemName(item)),
    revealPath: scenario === 'browser' ? null : async () => undefined,
    saveFile: saveInBrowser,
    exportHref: scenario === 'browser' ? (path) => `data:text/plain,${encodeURIComponent(path)}` : null,
    pickNewFile: scenario === 'browser' ? null : async (name) => `/home/ada/Documents/${name}`,
    onCloseRequested: (on) => {
      const ask = () => void on(true);
      window.addEventListener('mock-close', ask);
      return () => window.removeEventListener('mock-close', ask);
    },
    windowHolds: async () => undefined,
    windowTheme: async () => undefined,
    windowZoom: async () => undefined,
    windowHide: async () => undefined,
    windowQuit: async () => undefined,
  };
}

/** A file as the desktop names it. */
const named = (item: Item): Item => ({ path: `/home/ada/${itemName(item)}` });

const words: Record<Side, string> = {
  tuned: 'red lentils\nonion\nolive oil\nsalt\npepper',
  base: 'The recipe is a soup. It is good and warm. You can cook the soup in a pot with the onion and the oil and then you can eat it with your friends.',
};
