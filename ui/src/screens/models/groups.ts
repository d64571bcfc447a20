// Models by where they come from, in the order in which people look for them.
import type { Model, ModelSource } from '$lib/protocol';

const order: ModelSource[] = ['starter', 'trained', 'folder', 'cache'];

export function grouped(models: readonly Model[]): [ModelSource, Model[]][] {
  return order
    .map((source): [ModelSource, Model[]] => [source, models.filter((model) => model.source === source)])
    .filter(([, models]) => models.length > 0);
}
