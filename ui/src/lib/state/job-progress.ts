// What a job tells about itself, read in one place: how far it is, and whether it is over.
import type { Job, JobProgress } from '$lib/protocol';

/** An id for a job that is about to be asked for, so that it can be followed and cancelled from the first moment. */
export const newJobId = (): string => `job-${Date.now().toString(36)}-${Math.random().toString(36).slice(2, 8)}`;

/** From 0 to 1; null when the end is not known. */
export function fractionOf({ done, total }: Pick<JobProgress, 'done' | 'total'>): number | null {
  return total > 0 ? Math.min(1, done / total) : null;
}

/** Whether a job will tell nothing more. */
export const isOver = ({ state }: Job): boolean => ['done', 'failed', 'cancelled', 'interrupted'].includes(state.state);
