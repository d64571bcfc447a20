// Times as people read them.
import { words } from '$lib/words';
import { language } from '$lib/words/language';

const relative = new Intl.RelativeTimeFormat(language, { numeric: 'auto' });
const date = new Intl.DateTimeFormat(language, { dateStyle: 'medium' });
const moment = new Intl.DateTimeFormat(language, { dateStyle: 'full', timeStyle: 'short' });

/** 3 h 05 min, 4 min 09 s, 12 s. */
export function duration(ms: number | null | undefined): string {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return '–';
  const seconds = Math.round(ms / 1000);
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const two = (value: number) => String(value).padStart(2, '0');
  if (h > 0) return words.times.hours(h, two(m));
  return m > 0 ? words.times.minutes(m, two(s)) : words.times.seconds(s);
}

/** 2 minutes ago, yesterday, then the date. */
export function ago(ms: number, now = Date.now()): string {
  const seconds = (ms - now) / 1000;
  if (seconds > -45) return words.times.justNow;
  if (seconds > -3600) return relative.format(Math.round(seconds / 60), 'minute');
  if (seconds > -86_400) return relative.format(Math.round(seconds / 3600), 'hour');
  if (seconds > -7 * 86_400) return relative.format(Math.round(seconds / 86_400), 'day');
  return date.format(ms);
}

/** Today, yesterday, then the date. */
export function day(ms: number, now = Date.now()): string {
  const midnight = new Date(now).setHours(0, 0, 0, 0);
  if (ms >= midnight) return words.times.today;
  // A day of the clock's change has 23 or 25 hours.
  return ms >= new Date(midnight - 12 * 3_600_000).setHours(0, 0, 0, 0) ? words.times.yesterday : date.format(ms);
}

/** The date and the time, in full. */
export const fully = (ms: number): string => moment.format(ms);
