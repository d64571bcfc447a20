// What a row means, as the studio keeps it, and what must hold before a changed row is kept. The shapes are those of
// the studio; fields that are not named here go through unchanged.
import type { Format } from '$lib/protocol';

export interface Message {
  role: string;
  content: string;
  /** 0 switches learning off. */
  weight?: number;
  tool_calls?: unknown;
}

export type Example =
  | { kind: 'chat'; messages: Message[] }
  | { kind: 'text'; text: string }
  | { kind: 'preference'; prompt: Message[]; chosen: Message[]; rejected: Message[] }
  | { kind: 'unpaired'; prompt: Message[]; completion: Message[]; label: boolean }
  | { kind: 'classification'; text: string; label: string };

/** Why an example cannot be kept. */
export type Fault = 'empty' | 'no_answer' | 'no_label' | 'same_answers';

export const roles = ['system', 'user', 'assistant', 'tool'] as const;

export const learns = ({ role, weight }: Message): boolean => role === 'assistant' && weight !== 0;

/** A new message, whose turn it is after the last one. */
export const next = (messages: readonly Message[]): Message => ({ role: messages.at(-1)?.role === 'user' ? 'assistant' : 'user', content: '' });

/** An example to fill in, of the shape that a dataset has. */
export function blank(format: Format): Example {
  const user = () => [{ role: 'user', content: '' }];
  const assistant = () => [{ role: 'assistant', content: '' }];
  if (format === 'text') return { kind: 'text', text: '' };
  if (format === 'preference') return { kind: 'preference', prompt: user(), chosen: assistant(), rejected: assistant() };
  if (format === 'unpaired') return { kind: 'unpaired', prompt: user(), completion: assistant(), label: true };
  if (format === 'classification') return { kind: 'classification', text: '', label: '' };
  return { kind: 'chat', messages: [...user(), ...assistant()] };
}

/** What is wrong with an example; null when it can be kept. */
export function faultOf(example: Example): Fault | null {
  switch (example.kind) {
    case 'text':
      return said(example.text) ? null : 'empty';
    case 'classification':
      return !said(example.text) ? 'empty' : said(example.label) ? null : 'no_label';
    case 'chat':
      return silent(example.messages) ? 'empty' : example.messages.some(({ role }) => role === 'assistant') ? null : 'no_answer';
    case 'unpaired':
      return silent([...example.prompt, ...example.completion]) ? 'empty' : example.completion.length ? null : 'no_answer';
    case 'preference': {
      const { prompt, chosen, rejected } = example;
      if (silent([...prompt, ...chosen, ...rejected])) return 'empty';
      if (!chosen.length || !rejected.length) return 'no_answer';
      return JSON.stringify(chosen) === JSON.stringify(rejected) ? 'same_answers' : null;
    }
  }
}

const said = (text: string): boolean => text.trim() !== '';
/** A message may say nothing where it calls a tool. */
const silent = (messages: Message[]): boolean => messages.length === 0 || messages.some(({ content, tool_calls }) => !said(content) && !tool_calls);
