// The catalogue in use. A language is one file; the choice takes effect when the page loads.
import { en } from './en';

export type Words = typeof en;

const catalogues: Record<string, Words> = { en };

const key = 'tunesmith-language';

/** The languages there are, by code. */
export const languages = Object.entries(catalogues).map(([code, catalogue]) => ({ code, name: catalogue.name }));

/** Every word on screen. */
export const words: Words = catalogues[stored()] ?? en;

/** Takes another language and loads the page again; the place is in the address. */
export function speak(code: string): void {
  if (code === stored() || !(code in catalogues)) return;
  localStorage.setItem(key, code);
  location.reload();
}

function stored(): string {
  try {
    return localStorage.getItem(key) ?? 'en';
  } catch {
    return 'en';
  }
}
