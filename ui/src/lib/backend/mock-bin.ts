// The made-up studio's bin.
import type { BinnedItem, ItemRef } from '$lib/protocol';

export class MockBin {
  #items = new Map<string, { binned: BinnedItem; back: () => void }>();

  put(item: ItemRef, name: string, bytes: number, back: () => void): void {
    this.#items.set(JSON.stringify(item), { binned: { item, name, deleted_ms: Date.now(), bytes }, back });
  }

  list = (): BinnedItem[] => [...this.#items.values()].map(({ binned }) => binned).reverse();

  restore(item: ItemRef): void {
    this.#items.get(JSON.stringify(item))?.back();
    this.remove(item);
  }

  remove(item: ItemRef): void {
    this.#items.delete(JSON.stringify(item));
  }

  empty(): void {
    this.#items.clear();
  }
}
