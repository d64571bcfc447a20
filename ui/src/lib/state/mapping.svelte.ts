// What the columns of files mean, tried out on their first rows before anything is imported.
import { asWireError, backend } from '$lib/backend';
import type { Format, Inspection, Mapping, Part, RawRow, Row, Sheet, WireError } from '$lib/protocol';

const restMs = 200;

/** Parts that hardly anybody has. They are shown apart, unless a column stands for one. */
const rare = ['history', 'tools', 'reasoning'];

/** The sheets with rows that a person can choose from; none where there is one, or where several workbooks have their own. */
export function sheetsOf(found: Inspection | null): Sheet[] {
  const workbooks = found?.files.filter(({ sheets }) => sheets.length > 0) ?? [];
  const [only] = workbooks;
  return workbooks.length === 1 && only!.sheets.length > 1 ? only!.sheets : [];
}

export class MappingDraft {
  /** What the user has said. What is left out is recognised; an empty name is a part that no column stands for. */
  wanted = $state.raw<Mapping>({ format: 'auto', columns: {} });
  found = $state.raw<Inspection | null>(null);
  looking = $state(false);
  error = $state.raw<WireError | null>(null);
  /** Which of the first rows is shown. */
  place = $state(0);
  #asked = 0;
  #rest: ReturnType<typeof setTimeout> | undefined;

  constructor(
    readonly paths: string[],
    mapping: Mapping,
    found: Inspection | null = null,
  ) {
    this.wanted = mapping;
    if (found) this.#take(found);
    else this.look();
  }

  /** The column that stands for a part; empty for none. A column that the files do not have stands for nothing. */
  column = (part: string): string => {
    const column = this.wanted.columns[part] ?? this.found?.mapping.columns[part] ?? '';
    return this.found && !this.found.columns.includes(column) ? '' : column;
  };

  format: Format = $derived(this.found?.mapping.format ?? this.wanted.format);
  /** Everything said outright, so that the import reads just what was shown. */
  settled: Mapping | null = $derived(
    this.found && { format: this.found.mapping.format, columns: Object.fromEntries(this.found.parts.map(({ name }) => [name, this.column(name)])), ...this.#ofSheet() },
  );
  /** The sheets to choose from: those with rows of the one workbook among the files. */
  sheets: Sheet[] = $derived(sheetsOf(this.found));
  /** The sheet that is read. */
  sheet: string = $derived(this.wanted.sheet ?? this.sheets[0]?.name ?? '');
  /** The columns that no part stands for. */
  unused: string[] = $derived(this.found?.columns.filter((column) => !Object.values(this.settled?.columns ?? {}).includes(column)) ?? []);
  /** The parts to ask for, and those that hardly anybody has. */
  asked: Part[] = $derived(this.found?.parts.filter((part) => !this.#isRare(part)) ?? []);
  others: Part[] = $derived(this.found?.parts.filter((part) => this.#isRare(part)) ?? []);
  /** Every part that a row needs has a column. */
  complete: boolean = $derived(!!this.found?.parts.length && this.found.parts.every(({ name, required }) => !required || this.column(name) !== ''));
  /** Whether an import would keep rows. */
  possible: boolean = $derived(!this.looking && this.complete && !!this.found?.rows.length);

  /** Whether an import would read the rows in another way than this one. */
  differsFrom(other: Mapping): boolean {
    const { settled } = this;
    return settled !== null && reading(settled, this.#firstSheet) !== reading(other, this.#firstSheet);
  }

  /** The row that is shown, as it lies in the file. */
  raw: RawRow | undefined = $derived(this.found?.raw[this.place]);
  /** The same row as it would be imported. */
  row: Row | undefined = $derived(this.found?.rows.find(({ line }) => line === this.raw?.line));
  /** Why that row would not be. */
  problem = $derived(this.found?.problems.find(({ line, dropped }) => dropped && line === this.raw?.line));

  /** The part that a column stands for. */
  partOf = (column: string): string | undefined => Object.entries(this.settled?.columns ?? {}).find(([, other]) => other === column)?.[0];

  takeFormat(format: Format): void {
    const columns = format === 'completion' ? (this.found?.suggested ?? {}) : {};
    this.wanted = { format, columns, ...this.#ofSheet() };
    this.look();
  }

  /** Another sheet has columns of its own. */
  takeSheet(sheet: string): void {
    this.wanted = { format: 'auto', columns: {}, sheet };
    this.place = 0;
    this.look();
  }

  takeColumn(part: string, column: string): void {
    // One column is one part: whoever gives it to another takes it from the first.
    const others = Object.fromEntries(Object.entries(this.settled?.columns ?? {}).map(([name, other]) => [name, column !== '' && other === column ? '' : other]));
    this.wanted = { format: this.format, columns: { ...others, [part]: column }, ...this.#ofSheet() };
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
      this.looking = false;
      this.error = null;
      this.#take(found);
    } catch (thrown) {
      if (asked !== this.#asked) return;
      this.error = asWireError(thrown);
      this.looking = false;
    }
  }

  /** Where no shape was recognised, begins with the likeliest: a text where there is one column, else question and answer. */
  #take(found: Inspection): void {
    const suggested = Object.keys(found.suggested).length ? found.suggested : this.found?.suggested;
    this.found = { ...found, suggested: suggested ?? {} };
    this.place = Math.min(this.place, Math.max(0, found.raw.length - 1));
    if (found.mapping.format !== 'auto' || found.columns.length === 0) return;
    const [only] = found.columns;
    const likely: Mapping = found.columns.length === 1 ? { format: 'text', columns: { text: only! } } : { format: 'completion', columns: found.suggested };
    this.wanted = { ...likely, ...this.#ofSheet() };
    this.look();
  }

  get #firstSheet(): string {
    return this.sheets[0]?.name ?? '';
  }

  #ofSheet(): { sheet?: string } {
    return this.wanted.sheet === undefined ? {} : { sheet: this.wanted.sheet };
  }

  #isRare({ name, required }: Part): boolean {
    return !required && rare.includes(name) && this.column(name) === '';
  }
}

/** A mapping in one text that is the same for those that mean the same: a part without a column is none, and no sheet the first. */
function reading({ format, columns, sheet }: Mapping, firstSheet: string): string {
  const named = Object.entries(columns).filter(([, column]) => column !== '');
  return JSON.stringify([format, named.sort(([one], [other]) => one.localeCompare(other)), sheet ?? firstSheet]);
}
