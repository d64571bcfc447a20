// The language of the screen: chosen once, when the page loads.
const key = 'tunesmith-language';

/** Its code; numbers and dates follow it too. */
export const language: string = stored();

/** Remembers another one for the next load. */
export function remember(code: string): void {
  localStorage.setItem(key, code);
}

function stored(): string {
  try {
    return localStorage.getItem(key) ?? 'en';
  } catch {
    return 'en';
  }
}
