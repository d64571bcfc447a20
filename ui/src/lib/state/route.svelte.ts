// Where the user is, kept in the address after `#`, so that a reload comes back to the same place.
import { unsaved } from './unsaved.svelte';

export type Screen = 'runs' | 'new' | 'chat' | 'models' | 'datasets' | 'settings';

export interface Place {
  screen: Screen;
  /** The thing shown, or the step of a flow. */
  id: string | null;
  /** A part of the thing, such as the number of a dataset's version. */
  part: string | null;
}

const screens: readonly Screen[] = ['runs', 'new', 'chat', 'models', 'datasets', 'settings'];

/** Reads `#/runs/ID`. Anything unknown is home. */
export function readPlace(hash: string): Place {
  const [screen, id, part] = hash.replace(/^#\/?/, '').split('/');
  if (!screens.includes(screen as Screen)) return { screen: 'runs', id: null, part: null };
  return { screen: screen as Screen, id: id ? decoded(id) : null, part: id && part ? decoded(part) : null };
}

/** What is not encoded as an address is, as in `100%`, is taken as it stands: there is nothing of that name, which its screen says. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export function placeHash(screen: Screen, id: string | null = null, part: string | null = null): string {
  return ['#', screen, ...[id, part].filter((name) => name !== null).map(encodeURIComponent)].join('/');
}

class Route {
  place = $state.raw<Place>(readPlace(typeof location === 'undefined' ? '' : location.hash));

  /** Follows the address; returns a stop function. */
  follow(): () => void {
    const read = () => {
      const to = location.hash;
      const { screen, id, part } = this.place;
      // The address has changed already: it waits with the page until the user has said what becomes of the changes.
      if (unsaved.dirty && to !== placeHash(screen, id, part)) history.replaceState(null, '', placeHash(screen, id, part));
      unsaved.leave(() => {
        if (location.hash !== to) history.replaceState(null, '', to);
        this.place = readPlace(to);
      });
    };
    window.addEventListener('hashchange', read);
    return () => window.removeEventListener('hashchange', read);
  }

  go(screen: Screen, id: string | null = null): void {
    const hash = placeHash(screen, id);
    unsaved.leave(() => {
      if (location.hash !== hash) location.hash = hash;
      this.place = { screen, id, part: null };
    });
  }

  /** Goes there without a new entry in the history. */
  replace(screen: Screen, id: string | null = null, part: string | null = null): void {
    history.replaceState(null, '', placeHash(screen, id, part));
    this.place = { screen, id, part };
  }
}

export const route = new Route();
