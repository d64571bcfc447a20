// A home as a user has it before the first fine-tune: a tiny model added from a folder, and a file of examples to drop.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run, temporaryFolder, tunesmith } from './programs.mjs';
import { writeTinyModel } from './tiny-model.mjs';

const colours = ['red', 'green', 'blue', 'white', 'black', 'brown'];
const things = ['cup', 'door', 'lamp', 'boat', 'coat', 'bird', 'leaf', 'stone'];

function row(index) {
  const thing = things[index % things.length];
  const colour = colours[Math.floor(index / things.length) % colours.length];
  return JSON.stringify({
    messages: [
      { role: 'user', content: `What colour is ${thing} number ${index}?` },
      { role: 'assistant', content: `It is ${colour}.` },
    ],
  });
}

/** `rows` chat rows and one that cannot be used, as a .jsonl file with a name that needs care. */
export function writeExamples(folder, rows = 48) {
  const lines = Array.from({ length: rows }, (_, index) => row(index));
  lines.splice(5, 0, '{"messages": "not a list"}');
  const file = join(folder, 'colours of naïve things.jsonl');
  writeFileSync(file, `${lines.join('\n')}\n`);
  return { file, rows, read: rows + 1 };
}

/** A file that takes a while to read. */
export function writeManyExamples(folder, rows = 400_000) {
  const file = join(folder, 'a long evening.jsonl');
  writeFileSync(file, Array.from({ length: rows }, (_, index) => `${row(index)}\n`).join(''));
  return file;
}

/** Makes the home and what lies beside it; all of it is gone after the test. */
export async function makeHome(t, { rows } = {}) {
  const folder = temporaryFolder(t);
  const home = join(folder, 'home');
  const model = join(folder, 'tiny-llama');
  mkdirSync(home);
  // The Hugging Face cache and preferences of whoever runs the tests stay out of it.
  const env = { TUNESMITH_HOME: home, HF_HOME: join(folder, 'hf'), XDG_CONFIG_HOME: join(folder, 'config'), XDG_DATA_HOME: join(folder, 'data'), XDG_CACHE_HOME: join(folder, 'cache') };
  writeTinyModel(model);
  await run(tunesmith, ['models', 'add', model], env);
  return { folder, home, model, env, examples: writeExamples(folder, rows) };
}
