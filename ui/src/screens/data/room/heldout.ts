// How many rows a way to split will hold out; the studio counts for itself, and may hold out fewer where many are equal.

/** Automatic, a share from 0 to 1, or nothing. */
export function heldOut(rows: number, way: 'auto' | number): number {
  if (way === 0) return 0;
  if (way === 'auto') return rows < 20 ? 0 : Math.max(Math.round(rows * 0.05), rows < 200 ? 1 : 20);
  return Math.max(0, Math.min(rows - 1, Math.max(1, Math.round(rows * way))));
}
