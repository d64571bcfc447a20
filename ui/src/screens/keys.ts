// Keys that work on every screen. Esc belongs to the dialog, menu or chat that is open.
import { route } from '$lib/state/route.svelte';
import { wizard } from '$lib/state/wizard.svelte';

export function pressed(event: KeyboardEvent): void {
  const command = event.ctrlKey || event.metaKey;
  if (!command || event.shiftKey || event.altKey || document.querySelector('dialog[open]')) return;
  if (event.key === 'n') newRun();
  else if (event.key === ',') route.go('settings');
  else return;
  event.preventDefault();
}

/** Begins a fine-tune from nothing, or goes on with the one begun. */
export function newRun(): void {
  route.go('new', wizard.model && wizard.dataset ? 'settings' : wizard.model ? 'data' : 'model');
}
