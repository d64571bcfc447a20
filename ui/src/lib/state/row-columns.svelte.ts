// How wide the columns of rows are, kept over a restart: the question's share of what question and answer have together.
const key = 'tunesmith-row-columns';
const usual = 0.5;
const [least, most] = [0.2, 0.8];

class RowColumns {
  share = $state(usual);

  /** Takes the width of the last time. */
  restore(): void {
    const stored = localStorage.getItem(key);
    if (stored !== null) this.share = within(Number(stored));
  }

  set(share: number): void {
    this.share = within(share);
    localStorage.setItem(key, String(this.share));
  }

  reset = (): void => this.set(usual);
}

/** No column is made so narrow that it shows nothing. */
const within = (share: number): number => (Number.isFinite(share) ? Math.min(most, Math.max(least, Math.round(share * 100) / 100)) : usual);

export const rowColumns = new RowColumns();
