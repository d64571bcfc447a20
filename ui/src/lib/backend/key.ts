// The studio's key, which the page behind the one-time link has kept (public/keep-key.js). The cookie alone opens nothing: a
// browser sends it to every port of this computer.

export const key = (): string => localStorage.getItem('tunesmith-key') ?? '';

/** An address with the key in it, for requests that cannot have headers. */
export const withKey = (address: string): string => `${address}?key=${encodeURIComponent(key())}`;
