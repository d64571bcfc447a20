// How the curves of every run are looked at, kept over a reload.
import { axes, type Axis } from './run-history';

const key = 'tunesmith-chart';
/** Steps that the smoothed curve averages over; the first is none. */
export const windows = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512] as const;

interface Stored {
  axis: Axis;
  log: boolean;
  /** Null follows the length of the run. */
  window: number | null;
}

class ChartView {
  axis = $state<Axis>('step');
  log = $state(false);
  window = $state<number | null>(null);

  constructor() {
    const { axis, log, window } = stored();
    if (axis && axes.includes(axis)) this.axis = axis;
    this.log = log === true;
    this.window = windows.find((one) => one === window) ?? null;
  }

  change(change: Partial<Stored>): void {
    Object.assign(this, change);
    localStorage.setItem(key, JSON.stringify({ axis: this.axis, log: this.log, window: this.window }));
  }
}

function stored(): Partial<Stored> {
  try {
    return JSON.parse(localStorage.getItem(key) ?? '{}') as Partial<Stored>;
  } catch {
    return {};
  }
}

export const chartView = new ChartView();
