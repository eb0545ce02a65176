import type { EventStore } from './event-store.ts';
import type { SessionSummary } from './session-projection.ts';

/** Most entries of a history, and how far back it goes if nothing else is asked (s): the newest hundred of the last day. */
export const HISTORY_ENTRIES = 100;
export const HISTORY_WITHIN = 86_400;

/**
 * One viewing: what, how far (s of media), and when (ms since the epoch). `duration` is null when live or not known.
 * Nothing in it says who: whoever asks must know the session's id.
 */
export interface Viewing {
  readonly sid: string;
  readonly src: string;
  readonly startedAt: number;
  readonly lastAt: number;
  readonly state: 'started' | 'progress' | 'paused' | 'completed';
  readonly position: number;
  readonly duration: number | null;
}

function stateOf({ completed, state, metrics }: SessionSummary): Viewing['state'] {
  if (completed) return 'completed';
  if (state === 'paused') return 'paused';
  return metrics.playedTime > 0 ? 'progress' : 'started';
}

/** A session as a viewing. */
export function toViewing(summary: SessionSummary): Viewing {
  const { sid, src, startedAt, lastAt, position, duration } = summary;
  return { sid, src, startedAt, lastAt, state: stateOf(summary), position, duration };
}

/** The viewings of these sessions that started within the last `within` s, newest first. */
export async function viewingHistory(
  store: EventStore,
  sids: readonly string[],
  within: number,
  now: number,
): Promise<Viewing[]> {
  const window = { from: Math.max(now - within * 1000, 0), to: Number.MAX_SAFE_INTEGER };
  const summaries = await store.sessions({ ...window, order: 'newest', limit: HISTORY_ENTRIES, filter: {}, sids });
  return summaries.map(toViewing);
}
