// The user's preferences, and what the computer offers them.
import { backend } from '$lib/backend';
import type { Preferences, SystemInfo, Theme, Usage } from '$lib/protocol';
import { speak } from '$lib/words';
import { toasts } from './toasts.svelte';
import { userHome } from './user-home.svelte';

const themeKey = 'tunesmith-theme';

class PreferencesState {
  values = $state.raw<Preferences | null>(null);
  system = $state.raw<SystemInfo | null>(null);
  usage = $state.raw<Usage | null>(null);
  theme = $state<Theme>(remembered());
  #desktopDark = $state(prefersDark());

  /** The theme on screen. */
  shown: 'light' | 'dark' = $derived(this.theme === 'system' ? (this.#desktopDark ? 'dark' : 'light') : this.theme);

  /** Follows the desktop's own choice. */
  watchDesktop(): () => void {
    const query = matchMedia('(prefers-color-scheme: dark)');
    const change = () => (this.#desktopDark = query.matches);
    query.addEventListener('change', change);
    return () => query.removeEventListener('change', change);
  }

  async load(): Promise<void> {
    try {
      this.#take(await backend.call('preferences', null));
    } catch {
      // The library says that the studio does not answer.
    }
  }

  async loadSystem(): Promise<void> {
    [this.system, this.usage] = await Promise.all([backend.call('system_info', null), backend.call('usage', null)]);
    userHome.path = this.system.user_home;
  }

  /** Asks which part of paths is shown as `~`. */
  async loadUserHome(): Promise<void> {
    // Without an answer paths are shown whole.
    userHome.path = await backend.call('system_info', null).then((system) => system.user_home, () => null);
  }

  async change(change: Partial<Preferences>): Promise<void> {
    if (!this.values) return;
    const before = this.values;
    this.#take({ ...before, ...change });
    try {
      this.#take(await backend.call('set_preferences', { ...before, ...change }));
    } catch (thrown) {
      this.#take(before);
      toasts.showError(thrown);
    }
  }

  #take(values: Preferences): void {
    this.values = values;
    this.theme = values.theme;
    localStorage.setItem(themeKey, values.theme);
    speak(values.language);
  }
}

function remembered(): Theme {
  const stored = typeof localStorage === 'undefined' ? null : localStorage.getItem(themeKey);
  return stored === 'light' || stored === 'dark' ? stored : 'system';
}

function prefersDark(): boolean {
  return typeof matchMedia !== 'undefined' && matchMedia('(prefers-color-scheme: dark)').matches;
}

export const preferences = new PreferencesState();
