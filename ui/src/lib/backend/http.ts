// A browser: POST for commands, one event stream for all topics, an upload for files. The one-time link has set a cookie,
// and the page sends its key along.
import { cancelled, lostConnection } from './errors';
import { EventStream } from './events';
import { onBrowserDrop, pickBrowserFiles, saveInBrowser } from './browser';
import { key, withKey } from './key';
import { asWireError, itemName, type Backend } from './types';

export function http(): Backend {
  const stream = new EventStream(command);
  return {
    kind: 'browser',
    namesFiles: false,
    call: (name, args) => command(`/api/call/${name}`, args),
    subscribe: (topic, after, onEvents, onError) => stream.follow(topic, after, onEvents, onError),
    onDrop: onBrowserDrop,
    pickFiles: pickBrowserFiles,
    pickFolder: null,
    toPath: async (item, onProgress, signal) => ('path' in item ? item.path : upload(item.file, onProgress, signal)),
    revealPath: null,
    saveFile: saveInBrowser,
    pickNewFile: null,
    exportHref: (path) => withKey(`/api/exports/${encodeURIComponent(itemName({ path }))}`),
    onCloseRequested: null,
    windowHolds: null,
    windowTheme: null,
    windowZoom: null,
    windowHide: null,
    windowQuit: null,
  };
}

async function command(url: string, args: unknown) {
  return answer(await post(url, JSON.stringify(args ?? null)));
}

async function post(url: string, body: string): Promise<Response> {
  try {
    return await fetch(url, { method: 'POST', body, headers: { 'content-type': 'application/json', 'x-tunesmith-key': key() }, credentials: 'same-origin' });
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

function upload(file: File, onProgress?: (fraction: number) => void, signal?: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('POST', `/api/upload?name=${encodeURIComponent(file.name)}`);
    request.setRequestHeader('content-type', 'application/octet-stream');
    request.setRequestHeader('x-tunesmith-key', key());
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
