// The limits that somebody has set for datasets, kept on this computer. What a limit means is left to `limit`.

const key = 'tunesmith-limits';
/** Limits kept; beyond it the oldest goes. */
const most = 200;
type Tokens = Record<string, number>;

class Limits {
  /** What fine-tunes of a dataset begin with, in tokens. */
  taken = $state.raw<Tokens>(kept());
  /** Where the line was moved without taking it. */
  tried = $state.raw<Tokens>({});

  take(dataset: string, tokens: number): void {
    this.taken = Object.fromEntries([...Object.entries(without(this.taken, dataset)), [dataset, tokens] as const].slice(-most));
    this.try(dataset, null);
    localStorage.setItem(key, JSON.stringify(this.taken));
  }

  try(dataset: string, tokens: number | null): void {
    const others = without(this.tried, dataset);
    this.tried = tokens === null ? others : { ...others, [dataset]: tokens };
  }

  forgetAll(): void {
    this.taken = this.tried = {};
    localStorage.removeItem(key);
  }
}

const without = ({ ...all }: Tokens, dataset: string): Tokens => (delete all[dataset], all);

/** What was kept, as far as it makes sense. */
function kept(): Tokens {
  if (typeof localStorage === 'undefined') return {};
  try {
    const read: unknown = JSON.parse(localStorage.getItem(key) ?? '{}');
    return Object.fromEntries(Object.entries(read ?? {}).filter(([, tokens]) => Number.isInteger(tokens) && tokens > 0)) as Tokens;
  } catch {
    return {};
  }
}

export const limits = new Limits();
