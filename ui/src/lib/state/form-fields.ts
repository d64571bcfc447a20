// The settings as the form names them, for pages that only show them.
import { backend } from '$lib/backend';
import type { Field } from '$lib/protocol';

/** The fields of the form for the first of the models that has one: their labels are the same for all. None where no model is there any more. */
export async function fetchFields(models: readonly string[]): Promise<Field[]> {
  const forms = models.map((model) => backend.call('train_form', model));
  return Promise.any(forms).then((form) => form.fields, () => []);
}
