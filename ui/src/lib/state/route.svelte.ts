// Where the user is, kept in the address after `#`, so that a reload comes back to the same place.
import { unsaved } from './unsaved.svelte';

export type Screen = 'runs' | 'new' | 'chat' | 'models' | 'datasets' | 'settings';

export interface Place {
  screen: Screen;
  /** The thing shown, or the step of a flow. */
  id: string | null;
}

const screens: readonly Screen[] = ['runs', 'new', 'chat', 'models', 'datasets', 'settings'];

/** Reads `#/runs/ID`. Anything unknown is home. */
export function readPlace(hash: string): Place {
  const [screen, id] = hash.replace(/^#\/?/, '').split('/');
  if (!screens.includes(screen as Screen)) return { screen: 'runs', id: null };
  return { screen: screen as Screen, id: id ? decodeURIComponent(id) : null };
}

export function placeHash(screen: Screen, id: string | null = null): string {
  return id === null ? `#/${screen}` : `#/${screen}/${encodeURIComponent(id)}`;
}

class Route {
  place = $state.raw<Place>(readPlace(typeof location === 'undefined' ? '' : location.hash));

  /** Follows the address; returns a stop function. */
  follow(): () => void {
    const read = () => {
      const to = location.hash;
      const { screen, id } = this.place;
      // The address has changed already: it waits with the page until the user has said what becomes of the changes.
      if (unsaved.dirty && to !== placeHash(screen, id)) history.replaceState(null, '', placeHash(screen, id));
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
      this.place = { screen, id };
    });
  }

  /** Goes there without a new entry in the history. */
  replace(screen: Screen, id: string | null = null): void {
    history.replaceState(null, '', placeHash(screen, id));
    this.place = { screen, id };
  }
}

export const route = new Route();
