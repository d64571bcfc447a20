// Waiting for a fact instead of for a time. Limits are generous: two slow cores may be building beside the tests.
import { setTimeout as pause } from 'node:timers/promises';

export const LONG = 120_000;

/** Asks again and again until the answer is truthy, and returns it. Throws with the last answer or error. */
export async function until(what, ask, limit = LONG) {
  const end = Date.now() + limit;
  let last;
  do {
    try {
      last = await ask();
      if (last) return last;
    } catch (error) {
      last = error;
    }
    await pause(100);
  } while (Date.now() < end);
  throw new Error(`waited ${limit / 1000} s in vain: ${what}`, { cause: last });
}
