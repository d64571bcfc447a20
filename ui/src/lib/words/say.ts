// Says the studio's sentences. In English a sentence brings its text along. Any other language has a Fluent file with a text
// per key, which the shell reads too; it is fetched only where it is spoken.
import type { FluentVariable } from '@fluent/bundle';
import type { Argument, Sentence } from '$lib/protocol';
import { userHome } from '$lib/state/user-home.svelte';
import { language } from './language';

export type Say = (sentence: Sentence) => string;

/** By path; en.ftl is only there to be translated. */
const files = import.meta.glob<string>(['../../../../crates/sentence/languages/*.ftl', '!../../../../crates/sentence/languages/en.ftl'], { query: '?raw', import: 'default' });

let inUse: Say = ({ text }) => text;

/** A sentence in the user's language, or in English where that language has no text for it; with `~` for the user's folder. */
export const say: Say = (sentence) => userHome.shorten(inUse(sentence));

/** A text that is the same in every language, or is in the user's already. */
export const verbatim = (text: string): Sentence => ({ key: '', args: {}, text });

/** No sentence: for a hint where there is nothing sensible to say. */
export const nothing: Sentence = verbatim('');

/** Fetches the texts of the user's language. Screens are drawn afterwards, so that none changes under the user's eyes. */
export async function fetchTexts(): Promise<void> {
  const file = files[`../../../../crates/sentence/languages/${language}.ftl`];
  if (!file) return;
  try {
    inUse = await inLanguage(language, await file());
  } catch (thrown) {
    console.warn('Sentences are said in English', thrown);
  }
}

/** How the language `code` says a sentence, by its Fluent file. crates/sentence/src/language.rs does the same for the shell. */
export async function inLanguage(code: string, file: string): Promise<Say> {
  const { FluentBundle, FluentNumber, FluentResource } = await import('@fluent/bundle');
  // Invisible marks around arguments would be copied along with a path.
  const bundle = new FluentBundle(code, { useIsolating: false });
  bundle.addResource(new FluentResource(file));

  // All digits, as in the English text: rounded to three places a learning rate would be 0.
  const number = (value: number) => new FluentNumber(value, { useGrouping: false, maximumFractionDigits: 20 });
  const value = (argument: Argument): FluentVariable => {
    if (typeof argument === 'string') return argument;
    return typeof argument === 'number' ? number(argument) : translated(argument);
  };
  function translated({ key, args, text }: Sentence): string {
    const pattern = bundle.getMessage(key)?.value;
    if (!pattern) return text;
    const values = Object.fromEntries(Object.entries(args).map(([name, argument]) => [name, value(argument)]));
    const wrong: Error[] = [];
    const said = bundle.formatPattern(pattern, values, wrong);
    return wrong.length === 0 ? said : text;
  }
  return translated;
}
