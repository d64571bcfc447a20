// The catalogue in use. A language is one file; the choice takes effect when the page loads.
import { en } from './en';
import { language, remember } from './language';

export type Words = typeof en;

const catalogues: Record<string, Words> = { en };

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
