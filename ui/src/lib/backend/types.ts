// What the screen needs from the host it runs in. Two hosts carry it: the desktop window (tauri.ts) and a browser
// (http.ts). An ability that a host lacks is null, and its button is not drawn.
import type { Commands, Event, RunFile, Theme, Topic, WireError } from '$lib/protocol';
import { nothing, verbatim } from '$lib/words/say';

/** A dropped or picked file: a path on the desktop, a File in a browser. */
export type Item = { path: string } | { file: File };

export type Drop =
  | { phase: 'over'; names: string[] }
  | { phase: 'leave' }
  | { phase: 'drop'; items: Item[] };

export type CommandName = keyof Commands;
export type Args<K extends CommandName> = Commands[K]['args'];
export type Reply<K extends CommandName> = Commands[K]['reply'];
export type Stop = () => void;

export interface Backend {
  readonly kind: 'desktop' | 'browser' | 'mock';
  /** Whether the page may name files on the computer; a browser may only hand them over. */
  readonly namesFiles: boolean;
  /** Calls a command; a failure is thrown as a WireError. */
  call<K extends CommandName>(name: K, args: Args<K>): Promise<Reply<K>>;
  /** Follows a topic from the record after `after`; reconnects by itself where the transport can break. */
  subscribe(topic: Topic, after: number, onEvents: (events: Event[]) => void, onError?: (error: WireError) => void): Stop;
  /** Files dragged over or dropped on the window. */
  onDrop(on: (drop: Drop) => void): Stop;
  pickFiles(title: string, extensions: string[]): Promise<Item[]>;
  pickFolder: ((title: string) => Promise<string | null>) | null;
  /** A path that the studio can read: the path itself on the desktop, an upload in a browser. */
  toPath(item: Item, onProgress?: (fraction: number) => void, signal?: AbortSignal): Promise<string>;
  revealPath: ((path: string) => Promise<void>) | null;
  /**
   * Saves a file under a name the user may change: `make` gets the chosen path, or null to return the bytes.
   * Returns where it went, or null when the user thought better of it.
   */
  saveFile(name: string, make: (path: string | null) => Promise<RunFile>): Promise<string | null>;
  /** Asks where a new file should go; null when the user thought better of it. */
  pickNewFile: ((name: string) => Promise<string | null>) | null;
  /** Where an exported file can be downloaded from, where it lies on another side than the user. */
  exportHref: ((path: string) => string) | null;
  /** The user wants to close the window while something runs or is not saved; `on` is done when the question is on the screen. */
  onCloseRequested: ((on: (running: boolean) => Promise<void>) => Stop) | null;
  /** Tells the window whether something would be lost if it closed; a browser asks by itself. */
  windowHolds: ((unsaved: boolean) => Promise<void>) | null;
  /** The desktop draws what the page cannot, such as the list of a select, light or dark; a browser sees to that by itself. */
  windowTheme: ((theme: Theme) => Promise<void>) | null;
  /** Draws everything that many times as large; a browser has keys of its own for this. */
  windowZoom: ((factor: number) => Promise<void>) | null;
  windowHide: (() => Promise<void>) | null;
  windowQuit: (() => Promise<void>) | null;
}

/** The name of an item, without its folders. */
export function itemName(item: Item): string {
  return 'path' in item ? (item.path.split(/[\\/]/).filter(Boolean).at(-1) ?? item.path) : item.file.name;
}

/** Any thrown value as the one error that screens show. */
export function asWireError(thrown: unknown): WireError {
  if (isWireError(thrown)) return thrown;
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  return { code: 'internal', message: verbatim(text), hint: nothing };
}

function isWireError(value: unknown): value is WireError {
  return typeof value === 'object' && value !== null && 'code' in value && 'message' in value && 'hint' in value;
}
