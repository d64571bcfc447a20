// Which files are held out by their names, and how many rows a way to split will hold out; the studio counts for itself, and may hold out fewer where many are equal.

/** Automatic, a share from 0 to 1, or nothing. */
export function heldOut(rows: number, way: 'auto' | number): number {
  if (way === 0) return 0;
  if (way === 'auto') return rows < 20 ? 0 : Math.max(Math.round(rows * 0.05), rows < 200 ? 1 : 20);
  return Math.max(0, Math.min(rows - 1, Math.max(1, Math.round(rows * way))));
}

const learned = ['train', 'training'];
const held = ['validation', 'valid', 'val', 'dev', 'test', 'testing', 'eval', 'evaluation'];

/** The files that the automatic way holds out because they are named for it, where others are left to learn from. */
export function namedToHold(files: readonly string[]): string[] {
  const named = files.filter(isNamed);
  return files.some((file) => file !== 'typed in' && !named.includes(file)) ? named : [];
}

/** Whether a file's name, or, where that says nothing, its folder's, is one of held-out rows. */
function isNamed(file: string): boolean {
  for (const name of file.split(/[\\/]/).slice(-2).reverse()) {
    const parts = name.toLowerCase().split(/\P{L}+/u);
    if (parts.some((part) => learned.includes(part))) return false;
    if (parts.some((part) => held.includes(part))) return true;
  }
  return false;
}
