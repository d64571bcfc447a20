// The desktop window: three Tauri commands (`call`, `subscribe`, `unsubscribe`), native dialogs and native drops.
// What concerns the window itself (`window_asks`, `window_zoom` …) goes through `call` too; the shell answers it before the studio sees it.
import { Channel, invoke } from '@tauri-apps/api/core';
import { listen } from '@tauri-apps/api/event';
import { getCurrentWebview } from '@tauri-apps/api/webview';
import { open, save } from '@tauri-apps/plugin-dialog';
import { revealItemInDir } from '@tauri-apps/plugin-opener';
import type { Event, WireError } from '$lib/protocol';
import { asWireError, itemName, type Backend } from './types';

type Sent = Event[] | Event | { error: WireError };

export function tauri(): Backend {
  return {
    kind: 'desktop',
    namesFiles: true,

    call: (name, args) => invoke('call', { name, args }),

    subscribe(topic, after, onEvents, onError) {
      const channel = new Channel<Sent>();
      let stopped = false;
      channel.onmessage = (sent) => {
        if (stopped) return;
        if (Array.isArray(sent)) onEvents(sent);
        else if ('error' in sent) onError?.(sent.error);
        else onEvents([sent]);
      };
      const id = invoke<number>('subscribe', { topic, after, channel });
      id.catch((thrown: unknown) => onError?.(asWireError(thrown)));
      return () => {
        stopped = true;
        id.then((id) => invoke('unsubscribe', { id })).catch(() => undefined);
      };
    },

    onDrop(on) {
      const unlisten = getCurrentWebview().onDragDropEvent(({ payload }) => {
        if (payload.type === 'drop') on({ phase: 'drop', items: payload.paths.map((path) => ({ path })) });
        else if (payload.type === 'enter') on({ phase: 'over', names: payload.paths.map((path) => itemName({ path })) });
        else if (payload.type === 'leave') on({ phase: 'leave' });
      });
      return () => void unlisten.then((stop) => stop());
    },

    async pickFiles(title, extensions) {
      const filters = extensions.length ? [{ name: title, extensions }] : [];
      const picked = await open({ multiple: true, title, filters });
      return (picked ?? []).map((path) => ({ path }));
    },

    pickFolder: (title) => open({ directory: true, title }),

    async toPath(item) {
      if ('path' in item) return item.path;
      // Files that the user has are paths here: this one was made of text that was pasted or typed.
      return invoke('call', { name: 'keep_rows', args: { name: item.file.name, text: await item.file.text() } });
    },

    revealPath: (path) => revealItemInDir(path),

    async saveFile(name, make) {
      const path = await save({ defaultPath: name });
      if (path) await make(path);
      return path;
    },

    pickNewFile: (name) => save({ defaultPath: name }),
    exportHref: null,

    onCloseRequested(on) {
      // A page that does not say in time that it asks is taken for hung: the shell then hides the window by itself.
      const unlisten = listen<boolean>('close-requested', async ({ payload }) => {
        await on(payload);
        await invoke('call', { name: 'window_asks', args: null });
      });
      return () => void unlisten.then((stop) => stop());
    },

    windowHolds: (unsaved) => invoke('call', { name: 'window_holds', args: unsaved }),
    windowTheme: (theme) => invoke('call', { name: 'window_theme', args: theme }),
    windowZoom: (factor) => invoke('call', { name: 'window_zoom', args: factor }),
    windowHide: () => invoke('call', { name: 'window_hide', args: null }),
    windowQuit: () => invoke('call', { name: 'window_quit', args: null }),
  };
}
