// Another way to read files, tried out on their first rows before anything is imported.
import { asWireError, backend } from '$lib/backend';
import type { Format, Inspection, Mapping, WireError } from '$lib/protocol';

const restMs = 200;

export class MappingDraft {
  /** What the user has said. What is left out is recognised; an empty name is a part that no column stands for. */
  wanted = $state.raw<Mapping>({ format: 'auto', columns: {} });
  found = $state.raw<Inspection | null>(null);
  looking = $state(false);
  error = $state.raw<WireError | null>(null);
  #asked = 0;
  #rest: ReturnType<typeof setTimeout> | undefined;

  constructor(
    readonly paths: string[],
    mapping: Mapping,
  ) {
    this.wanted = mapping;
  }

  /** The column that stands for a part; empty for none. */
  column = (part: string): string => this.wanted.columns[part] ?? this.found?.mapping.columns[part] ?? '';

  /** Everything said outright, so that the import reads just what was shown. */
  settled: Mapping | null = $derived(
    this.found && { format: this.found.mapping.format, columns: Object.fromEntries(this.found.parts.map(({ name }) => [name, this.column(name)])) },
  );
  /** The columns that no part stands for. */
  unused: string[] = $derived(this.found?.columns.filter((column) => !Object.values(this.settled?.columns ?? {}).includes(column)) ?? []);
  /** Whether an import would keep rows. */
  possible: boolean = $derived(!this.looking && !!this.found?.rows.length && this.found.parts.every(({ name, required }) => !required || this.column(name) !== ''));

  takeFormat(format: Format): void {
    this.wanted = { format, columns: {} };
    this.look();
  }

  takeColumn(part: string, column: string): void {
    const format = this.found?.mapping.format ?? this.wanted.format;
    this.wanted = { format, columns: { ...this.settled?.columns, [part]: column } };
    this.look();
  }

  /** Reads the first rows this way, when the choosing rests. */
  look(): void {
    const asked = ++this.#asked;
    this.looking = true;
    clearTimeout(this.#rest);
    this.#rest = setTimeout(() => void this.#look(asked), restMs);
  }

  async #look(asked: number): Promise<void> {
    try {
      const found = await backend.call('inspect_files', { paths: this.paths, mapping: this.wanted });
      if (asked !== this.#asked) return;
      this.found = found;
      this.error = null;
    } catch (thrown) {
      if (asked !== this.#asked) return;
      this.error = asWireError(thrown);
    }
    this.looking = false;
  }
}
