// The catalogue in use. A language is one file here, found by its name, such as de.ts or pt-BR.ts; the choice takes effect
// when the page loads. What the studio says is left to say.ts.
import en from './en';
import { language, remember } from './language';

export type Words = typeof en;

const files = import.meta.glob<Words>(['./??.ts', './??-??.ts'], { eager: true, import: 'default' });

/** All catalogues, by the code of their language. */
export const catalogues: Record<string, Words> = Object.fromEntries(Object.entries(files).map(([path, catalogue]) => [path.slice('./'.length, -'.ts'.length), catalogue]));

/** The languages there are, by code. */
export const languages = Object.entries(catalogues).map(([code, catalogue]) => ({ code, name: catalogue.name }));

/** Every word on screen. */
export const words: Words = catalogues[language] ?? en;

/** Takes another language and loads the page again; the place is in the address. */
export function speak(code: string): void {
  if (code === language || !(code in catalogues)) return;
  remember(code);
  location.reload();
}
