// A browser: POST for commands, an event stream for topics, an upload for files. The login cookie was set by the
// one-time link, so there is nothing to send along.
import type { Event, Topic, WireError } from '$lib/protocol';
import { cancelled, lostConnection } from './errors';
import { onBrowserDrop, pickBrowserFiles, saveInBrowser } from './browser';
import { asWireError, type Backend } from './types';

export function http(): Backend {
  return {
    kind: 'browser',
    namesFiles: false,
    call: async (name, args) => answer(await post(`/api/call/${name}`, JSON.stringify(args ?? null), 'application/json')),
    subscribe: follow,
    onDrop: onBrowserDrop,
    pickFiles: pickBrowserFiles,
    pickFolder: null,
    toPath: async (item, onProgress, signal) => ('path' in item ? item.path : upload(item.file, onProgress, signal)),
    revealPath: null,
    saveFile: saveInBrowser,
    onCloseRequested: null,
    windowHide: null,
    windowQuit: null,
  };
}

async function post(url: string, body: string, type: string): Promise<Response> {
  try {
    return await fetch(url, { method: 'POST', body, headers: { 'content-type': type }, credentials: 'same-origin' });
  } catch {
    throw lostConnection();
  }
}

async function answer(response: Response) {
  const text = await response.text();
  const value = text === '' ? null : parse(text);
  if (response.ok) return value;
  throw asWireError(value ?? `${response.status} ${response.statusText}`);
}

function parse(text: string): any {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/**
 * EventSource reconnects by itself and sends Last-Event-ID, so a broken line costs nothing. It gives up for good when
 * the answer is an error, as it is while a studio starts again; then a new one begins where the old one stopped.
 * A page that nobody sees lets go of its stream: a browser keeps only six connections to one host, for all its tabs.
 */
function follow(topic: Topic, after: number, onEvents: (events: Event[]) => void, onError?: (error: WireError) => void) {
  let seq = after;
  let stream: EventSource | undefined;
  let ended = false;
  let again: ReturnType<typeof setTimeout>;
  const open = () => {
    if (ended || document.hidden) return;
    const query = new URLSearchParams({ topic: topic.topic, after: String(seq) });
    if ('id' in topic) query.set('id', topic.id);
    const opened = new EventSource(`/api/events?${query}`);
    stream = opened;
    opened.onmessage = (message) => {
      const events = JSON.parse(message.data) as Event[];
      seq = events.at(-1)?.seq ?? seq;
      onEvents(events);
    };
    // The topic will tell nothing more: coming back would be in vain.
    opened.addEventListener('end', () => {
      ended = true;
      opened.close();
    });
    opened.onerror = () => {
      onError?.(lostConnection());
      if (opened.readyState === EventSource.CLOSED) again = setTimeout(open, 3000);
    };
  };
  const shown = () => {
    clearTimeout(again);
    stream?.close();
    open();
  };
  document.addEventListener('visibilitychange', shown);
  open();
  return () => {
    document.removeEventListener('visibilitychange', shown);
    clearTimeout(again);
    stream?.close();
  };
}

function upload(file: File, onProgress?: (fraction: number) => void, signal?: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('POST', `/api/upload?name=${encodeURIComponent(file.name)}`);
    request.setRequestHeader('content-type', 'application/octet-stream');
    request.upload.onprogress = (event) => event.lengthComputable && onProgress?.(event.loaded / event.total);
    request.onerror = () => reject(lostConnection());
    request.onabort = () => reject(cancelled());
    signal?.addEventListener('abort', () => request.abort());
    request.onload = () => {
      const value = parse(request.responseText);
      if (request.status < 300) resolve(value.path);
      else reject(asWireError(value));
    };
    request.send(file);
  });
}
