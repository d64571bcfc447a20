// Keys that work on every screen. Esc belongs to the dialog, menu or chat that is open.
import { backend } from '$lib/backend';
import { overlay } from '$lib/state/overlay.svelte';
import { route } from '$lib/state/route.svelte';
import { undo } from '$lib/state/undo.svelte';
import { wizard } from '$lib/state/wizard.svelte';
import { zoom } from '$lib/state/zoom';

export function pressed(event: KeyboardEvent): void {
  const command = event.ctrlKey || event.metaKey;
  if (command && !event.altKey && zooms(event.key)) return event.preventDefault();
  if (document.querySelector('dialog[open]')) return;
  const done = command ? !event.shiftKey && !event.altKey && (event.key === 'z' ? !types(event.target) && undo.last() : goes(event.key)) : event.altKey ? turns(event.key) : event.key === '?' && !types(event.target) && helps();
  if (done) event.preventDefault();
}

/** A browser has keys of its own for this. */
function zooms(key: string): boolean {
  if (!backend.windowZoom) return false;
  if (key === '+' || key === '=') zoom.by(1);
  else if (key === '-' || key === '_') zoom.by(-1);
  else if (key === '0') zoom.reset();
  else return false;
  return true;
}

function goes(key: string): boolean {
  if (key === 'n') newRun();
  else if (key === ',') route.go('settings');
  else if (key === 'k') overlay.shown = 'palette';
  else return false;
  return true;
}

/** A browser has these itself. */
function turns(key: string): boolean {
  if (backend.kind !== 'desktop') return false;
  if (key === 'ArrowLeft') history.back();
  else if (key === 'ArrowRight') history.forward();
  else return false;
  return true;
}

function helps(): boolean {
  overlay.shown = 'shortcuts';
  return true;
}

export const types = (target: EventTarget | null): boolean => target instanceof Element && target.closest('input, textarea, select, [contenteditable]') !== null;

/** Begins a fine-tune from nothing; one that was begun and not started is kept aside, and offered. */
export function newRun(): void {
  wizard.beginAnew();
  route.go('new', 'model');
}

/** The window shows no menu of the browser that draws it, except where text is typed or selected. */
export function withoutBrowserMenu(event: MouseEvent): void {
  if (backend.kind !== 'desktop') return;
  if (!types(event.target) && !getSelection()?.toString()) event.preventDefault();
}
