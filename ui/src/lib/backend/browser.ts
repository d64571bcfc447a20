// What a browser offers for dropping, picking and saving files.
import type { RunFile } from '$lib/protocol';
import type { Drop, Item, Stop } from './types';

/** Drops of files anywhere on the page. */
export function onBrowserDrop(on: (drop: Drop) => void): Stop {
  // dragenter and dragleave also fire for every child element; counting tells the window's own edge.
  let depth = 0;
  const carriesFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false;
  const enter = (event: DragEvent) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    if (depth++ === 0) on({ phase: 'over', names: [] });
  };
  const over = (event: DragEvent) => carriesFiles(event) && event.preventDefault();
  const leave = (event: DragEvent) => {
    if (carriesFiles(event) && --depth <= 0) {
      depth = 0;
      on({ phase: 'leave' });
    }
  };
  const drop = (event: DragEvent) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    depth = 0;
    on({ phase: 'drop', items: [...(event.dataTransfer?.files ?? [])].map((file) => ({ file })) });
  };
  window.addEventListener('dragenter', enter);
  window.addEventListener('dragover', over);
  window.addEventListener('dragleave', leave);
  window.addEventListener('drop', drop);
  return () => {
    window.removeEventListener('dragenter', enter);
    window.removeEventListener('dragover', over);
    window.removeEventListener('dragleave', leave);
    window.removeEventListener('drop', drop);
  };
}

/** The browser's own file chooser. */
export function pickBrowserFiles(_title: string, extensions: string[]): Promise<Item[]> {
  return new Promise((resolve) => {
    const input = document.createElement('input');
    input.type = 'file';
    input.multiple = true;
    input.accept = extensions.map((extension) => `.${extension}`).join(',');
    input.dataset.testid = 'file-input';
    input.hidden = true;
    const finish = () => {
      resolve([...(input.files ?? [])].map((file) => ({ file })));
      input.remove();
    };
    input.onchange = finish;
    input.oncancel = finish;
    document.body.append(input);
    input.click();
  });
}

/** Downloads the bytes under the name they came with. */
export async function saveInBrowser(name: string, make: (path: null) => Promise<RunFile>): Promise<string> {
  const file = await make(null);
  const bytes = Uint8Array.from(atob(file.base64), (character) => character.charCodeAt(0));
  const url = URL.createObjectURL(new Blob([bytes], { type: file.mime }));
  const link = document.createElement('a');
  link.href = url;
  link.download = file.name || name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
  return link.download;
}
