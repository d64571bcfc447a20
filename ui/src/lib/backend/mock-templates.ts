// Chat templates of a made-up studio: a model without one knows the tokens of ChatML, and none of the others.
import type { ChatTemplate, ChatTemplates, Model, ReadyMadeTemplate, TemplateName, WireError } from '$lib/protocol';
import { verbatim } from '$lib/words/say';
import type { Args, Reply } from './types';

interface World {
  model: (id: string) => Model;
  replace: (model: Model) => void;
  fail: (code: WireError['code'], message: string, hint?: string) => never;
}
type Name = 'chat_templates' | 'try_chat_template' | 'set_chat_template';
type Handlers = { [K in Name]: (args: Args<K>) => Reply<K> | Promise<Reply<K>> };

const said = [['system', 'Answer in one word.'], ['user', 'What colour is grass?'], ['assistant', 'Green.'], ['user', 'And snow?']] as const;
const written = (turn: (role: string, text: string) => string, prompt: string): string => said.map(([role, text]) => turn(role, text)).join('') + prompt;
const strange = (markers: string) => verbatim(`Its markers are not single tokens of this model's tokenizer: ${markers}. They are learned as plain text`);
const made = (name: TemplateName, title: string, description: string, sample: string, ...warnings: ReadyMadeTemplate['warnings']): ReadyMadeTemplate => ({ name, title: verbatim(title), description: verbatim(description), sample, warnings });

const readyMade: ReadyMadeTemplate[] = [
  made('chatml', 'ChatML', 'Two markers around each turn', written((role, text) => `<|im_start|>${role}\n${text}<|im_end|>\n`, '<|im_start|>assistant\n')),
  made('llama3', 'Llama 3', 'A header with the role before each turn', written((role, text) => `<|start_header_id|>${role}<|end_header_id|>\n\n${text}${role === 'assistant' ? '<|im_end|>' : '<|eot_id|>'}`, '<|start_header_id|>assistant<|end_header_id|>\n\n'), strange('<|start_header_id|>, <|end_header_id|>, <|eot_id|>')),
  made('gemma', 'Gemma', 'Turns of “user” and “model”', '<start_of_turn>user\nAnswer in one word.\n\nWhat colour is grass?<end_of_turn>\n<start_of_turn>model\nGreen.<|im_end|>\n<start_of_turn>user\nAnd snow?<end_of_turn>\n<start_of_turn>model\n', strange('<start_of_turn>, <end_of_turn>')),
  made('alpaca', 'Alpaca', '“### Instruction” and “### Response”', 'Answer in one word.\n\n### Instruction:\nWhat colour is grass?\n\n### Response:\nGreen.<|im_end|>\n\n### Instruction:\nAnd snow?\n\n### Response:\n'),
  made('plain', 'Plain lines', '“User:” and “Assistant:”', 'Answer in one word.\n\nUser: What colour is grass?\nAssistant: Green.<|im_end|>\nUser: And snow?\nAssistant:'),
];

export function madeUpTemplates({ model, replace, fail }: World): Handlers {
  const chosen = new Map<string, ChatTemplate>();
  const tried = (text: string): Reply<'try_chat_template'> => {
    if (text.trim() === '') fail('invalid', 'The template is empty');
    if (/\{%(?![^]*%\})/.test(text)) fail('invalid', 'The template has a mistake: line 1: unexpected end of input, expected end of block');
    return { sample: text.replace(/\{[%{][^]*?[%}]\}/g, '…'), warnings: [] };
  };
  return {
    chat_templates: (id): ChatTemplates => {
      const own = model(id).has_chat_template;
      return { own, chosen: chosen.get(id) ?? null, standard: 'chatml', sample: readyMade[0]!.sample, ready_made: own ? [] : readyMade };
    },
    try_chat_template: ({ text }) => tried(text),
    set_chat_template: ({ model: id, template }) => {
      if (template?.kind === 'text') tried(template.text);
      if (template) chosen.set(id, template);
      else chosen.delete(id);
      const title = template?.kind === 'text' ? verbatim('your own') : (readyMade.find(({ name }) => name === template?.name)?.title ?? null);
      const changed = { ...model(id), chosen_template: title };
      replace(changed);
      return changed;
    },
  };
}
