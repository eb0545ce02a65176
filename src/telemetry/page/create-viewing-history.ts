import { type ViewingHistory, type ViewingHistoryOptions, viewingHistoryIn } from '../history/viewing-history.ts';
import { indexedDbViewingLog } from '../history/viewing-log.ts';
import { pageClock } from './browser-environment.ts';
import { watchPage } from './page-lifecycle.ts';

const NAME = 'sluice-viewings';

/**
 * Keeps the viewing history of this browser profile: started, progress, paused, completed, with the position, for 90 days. It stays in
 * the browser; what a collector knows of the same sessions is asked for if its address is given.
 */
export function createViewingHistory(options: ViewingHistoryOptions = {}): ViewingHistory {
  const epoch = (): number => Date.now();
  return viewingHistoryIn(
    {
      clock: pageClock(),
      epoch,
      fetch: (...args) => globalThis.fetch(...args),
      watchPage,
      log: indexedDbViewingLog(indexedDB, NAME, epoch),
      channel: typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel(NAME),
    },
    options,
  );
}
