// Everything that the search for everything finds: pages, actions, and all that the user owns, newest first.
import type { Component } from 'svelte';
import Boxes from '@lucide/svelte/icons/boxes';
import ChartSpline from '@lucide/svelte/icons/chart-spline';
import Database from '@lucide/svelte/icons/database';
import GitCompare from '@lucide/svelte/icons/git-compare';
import Keyboard from '@lucide/svelte/icons/keyboard';
import MessagesSquare from '@lucide/svelte/icons/messages-square';
import Moon from '@lucide/svelte/icons/moon';
import Plus from '@lucide/svelte/icons/plus';
import Settings from '@lucide/svelte/icons/settings';
import Sun from '@lucide/svelte/icons/sun';
import Trash2 from '@lucide/svelte/icons/trash-2';
import { library } from '$lib/state/library.svelte';
import { overlay } from '$lib/state/overlay.svelte';
import { preferences } from '$lib/state/preferences.svelte';
import { route, type Screen } from '$lib/state/route.svelte';
import { words } from '$lib/words';
import { chatName, chatTitle } from '../chat/names';
import { newRun } from '../keys';

export interface Found {
  id: string;
  label: string;
  /** What kind of thing it is, and what tells it from others of its name. */
  detail: string;
  icon: Component;
  go: () => unknown;
}

const most = 50;

/** What holds every word of `query`, in any order: first what is called so, then what begins so. With no query the pages and actions. */
export function find(query: string): Found[] {
  const wanted = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (wanted.length === 0) return fixed();
  const holds = ({ label, detail }: Found) => wanted.every((word) => `${label} ${detail}`.toLowerCase().includes(word));
  const asked = wanted.join(' ');
  const found = [...fixed(), ...owned()].filter(holds);
  return found.sort((one, other) => distance(one, asked) - distance(other, asked)).slice(0, most);
}

/** How far the name of a thing is from what was asked for; those as far keep their order. */
function distance({ label }: Found, asked: string): number {
  const name = label.toLowerCase().trim().replace(/\s+/g, ' ');
  if (name === asked) return 0;
  if (name.startsWith(asked)) return 1;
  return name.includes(asked) ? 2 : 3;
}

function fixed(): Found[] {
  const { nav, palette } = words;
  const page = (screen: Screen, label: string, icon: Component): Found => ({ id: `page-${screen}`, label, detail: palette.page, icon, go: () => route.go(screen) });
  const dark = preferences.shown === 'dark';
  return [
    { id: 'new-run', label: words.runs.new, detail: palette.action, icon: Plus, go: newRun },
    page('runs', nav.runs, ChartSpline),
    page('chat', nav.chat, MessagesSquare),
    page('models', nav.models, Boxes),
    page('datasets', nav.datasets, Database),
    page('settings', nav.settings, Settings),
    { id: 'page-compare', label: words.compareRuns.title, detail: palette.page, icon: GitCompare, go: () => route.go('runs', 'compare') },
    { id: 'page-bin', label: words.bin.title, detail: palette.page, icon: Trash2, go: () => route.go('settings', 'bin') },
    { id: 'theme', label: dark ? palette.light : palette.dark, detail: palette.action, icon: dark ? Sun : Moon, go: () => preferences.change({ theme: dark ? 'light' : 'dark' }) },
    { id: 'shortcuts', label: words.shortcuts.title, detail: palette.action, icon: Keyboard, go: () => (overlay.shown = 'shortcuts') },
  ];
}

function owned(): Found[] {
  const { kinds } = words.palette;
  const detail = (...parts: string[]) => parts.filter(Boolean).join(' · ');
  const runs = (library.runs ?? []).map((run): Found => ({ id: `run-${run.id}`, label: run.name, detail: detail(kinds.run, words.states[run.status.state], ...run.tags), icon: ChartSpline, go: () => route.go('runs', run.id) }));
  const datasets = (library.datasets ?? []).map((one): Found => ({ id: `dataset-${one.id}`, label: one.name, detail: detail(kinds.dataset, ...one.tags), icon: Database, go: () => route.go('datasets', one.id) }));
  const models = (library.models ?? []).map((model): Found => ({ id: `model-${model.id}`, label: model.name, detail: detail(kinds.model, ...model.tags), icon: Boxes, go: () => route.go('models') }));
  const chats = (library.chats ?? []).map((chat): Found => ({ id: `chat-${chat.id}`, label: chatTitle(chat), detail: detail(kinds.chat, chatName(chat)), icon: MessagesSquare, go: () => route.go('chat', chat.id) }));
  return [...runs, ...datasets, ...models, ...chats];
}
