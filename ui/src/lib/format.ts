// Numbers and sizes as people read them.
import { language } from '$lib/words/language';

const whole = new Intl.NumberFormat(language, { maximumFractionDigits: 0 });

export const count = (value: number): string => whole.format(value);

/** With a capital first letter. */
export const capitalised = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** 1.5 GB; decimal units, as disks are sold and file managers show. */
export function bytes(value: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** 4.2 M, 1.1 B: numbers of weights. */
export function short(value: number): string {
  const units: [number, string][] = [[1e9, 'B'], [1e6, 'M'], [1e3, 'k']];
  for (const [size, unit] of units) {
    if (value >= size) return `${trim((value / size).toFixed(value >= 100 * size ? 0 : 1))} ${unit}`;
  }
  return whole.format(value);
}

const trim = (text: string): string => text.replace(/\.0$/, '');

export function loss(value: number | null | undefined): string {
  if (value === null || value === undefined || Number.isNaN(value)) return '–';
  return value >= 100 ? value.toFixed(1) : value >= 0.1 ? value.toFixed(3) : value.toPrecision(3);
}

export function rate(value: number | null | undefined): string {
  if (value === null || value === undefined || Number.isNaN(value)) return '–';
  if (value === 0) return '0';
  return value.toExponential(2).replace(/\.?0+e/, 'e');
}

/** −67 %, +3 %. */
export function change(before: number, after: number): string {
  const percent = Math.round(((after - before) / before) * 100);
  return `${percent > 0 ? '+' : percent < 0 ? '−' : ''}${Math.abs(percent)} %`;
}
