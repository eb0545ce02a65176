import type { PlaybackEvent } from '../../media/playback-event.ts';
import type { FactSource } from '../beacons.ts';
import type { DeliveryEnvironment } from '../delivery/delivery-environment.ts';
import {
  recordViewing,
  replayViewings,
  resumeAt,
  type Viewing,
  type ViewingEvent,
  type ViewingRecorder,
} from './viewing.ts';
import type { ViewingLog } from './viewing-log.ts';

/** How to keep a viewing history. */
export interface ViewingHistoryOptions {
  /**
   * Names what is played by its source, credentials and query values taken out; null leaves it out of the history. Default: the
   * source without query and fragment.
   */
  readonly contentOf?: (src: string) => string | null;
  /** Address of a collector, `https://collector.example`: it is asked, too, how far the sessions of this log got. Default null. */
  readonly collector?: string | null;
  /**
   * Ids of sessions in which a content was watched elsewhere: in another browser, or in this one before its storage was cleared. What
   * an app keeps under its own account of the viewer (`viewing(content).sessions` of each device); nobody else knows who the viewer is.
   * The collector is asked about these, too. Default: none.
   */
  readonly sessionsOf?: (content: string) => readonly string[] | Promise<readonly string[]>;
  /** A profile's own log is for the viewer's convenience; where that is not wanted, nothing is written. Default true. */
  readonly enabled?: boolean;
}

/** What was watched in this browser profile, and how far. */
export interface ViewingHistory {
  /** Records a player, from what is in its log on. Returns what stops it. */
  attach(source: FactSource): () => void;
  /** How far a content was watched, by the log and the collector; null if it was not. */
  viewing(content: string): Promise<Viewing | null>;
  /** Where to go on with a content, s of media (for the player's `startPosition`); null to start from the beginning. */
  resumePosition(content: string): Promise<number | null>;
  /** What was watched of late, the newest first. */
  recent(options?: { readonly limit?: number; readonly within?: number }): Promise<readonly Viewing[]>;
  /** Called when something was recorded, in this page or another. Returns what stops it. */
  onChange(listener: () => void): () => void;
  /** Forgets one content, or everything. */
  forget(content?: string): Promise<void>;
  destroy(): void;
}

/** At most, and s: the newest hundred of the last day. */
const RECENT_LIMIT = 100;
const RECENT_WITHIN = 86_400;
/** s that the collector, and the app, have to answer; the log alone has to do then. */
const COLLECTOR_TIMEOUT = 3;
/** s: as long as the log itself is kept. */
const COLLECTOR_WITHIN = 90 * 86_400;
/** Sessions of a content that the collector is asked about. */
const COLLECTOR_SESSIONS = 20;

const withoutQuery = (src: string): string => src.replace(/[?#].*$/, '');

/** What the collector says of a session, if it says it as it should. */
interface RemoteViewing extends Pick<Viewing, 'startedAt' | 'lastAt' | 'state' | 'position' | 'duration'> {
  readonly sid: string;
}

function isRemote(value: unknown): value is RemoteViewing {
  const { sid, startedAt, lastAt, position, duration, state } = (value ?? {}) as Record<string, unknown>;
  return (
    typeof sid === 'string' &&
    [startedAt, lastAt, position].every(Number.isFinite) &&
    (duration === null || Number.isFinite(duration)) &&
    ['started', 'progress', 'paused', 'completed'].includes(String(state))
  );
}

/** The surroundings that a history needs. */
export type HistoryEnvironment = Pick<DeliveryEnvironment, 'clock' | 'epoch' | 'fetch' | 'watchPage'> & {
  readonly log: ViewingLog;
  /** Tells other pages, and hears of them; null where there is no BroadcastChannel. */
  readonly channel: BroadcastChannel | null;
};

/** Keeps a viewing history in a given environment; in a page, `createViewingHistory` gives it. */
export function viewingHistoryIn(env: HistoryEnvironment, options: ViewingHistoryOptions = {}): ViewingHistory {
  const { contentOf = withoutQuery, collector = null, sessionsOf = () => [], enabled = true } = options;
  const { log, channel } = env;
  const recorders = new Set<ViewingRecorder>();
  const listeners = new Set<() => void>();
  let pending: Promise<void> = Promise.resolve();

  const changed = (): void => {
    for (const listener of listeners) listener();
  };
  if (channel !== null) channel.onmessage = changed;

  const tell = (event: ViewingEvent): void => {
    if (!enabled) return;
    const written = log.append(event).then(
      () => {
        channel?.postMessage(null);
        changed();
      },
      // A profile that keeps nothing has no history.
      () => {},
    );
    pending = Promise.all([pending, written]).then(() => {});
  };

  const unwatch = env.watchPage?.((event) => {
    if (event === 'hidden' || event === 'exit') for (const recorder of recorders) recorder.flush();
    // An open connection would keep the page out of the back/forward cache.
    if (event === 'exit' || event === 'freeze') log.close();
  });

  /** What comes of `work`, or null when it fails or takes too long. */
  const inTime = async <T>(work: (signal: AbortSignal) => T | Promise<T>): Promise<T | null> => {
    const giveUp = new AbortController();
    let cancel = (): void => {};
    const late = new Promise<null>((resolve) => {
      cancel = env.clock.after(COLLECTOR_TIMEOUT, () => {
        giveUp.abort();
        resolve(null);
      });
    });
    const done = (async () => work(giveUp.signal))().catch(() => null);
    return Promise.race([done, late]).finally(cancel);
  };

  /** What the collector says of these sessions, the latest; null when it does not know them or does not answer. */
  const latestOf = async (sids: readonly string[]): Promise<RemoteViewing | null> => {
    if (sids.length === 0) return null;
    const named = sids.map((sid) => `sid=${encodeURIComponent(sid)}`).join('&');
    const answer = await inTime(async (signal): Promise<unknown> => {
      const { fetch } = env;
      const response = await fetch(`${collector}/v1/history?within=${COLLECTOR_WITHIN}&${named}`, {
        credentials: 'omit',
        signal,
      });
      return response.ok ? await response.json() : null;
    });
    const { viewings = [] } = (answer ?? {}) as { viewings?: unknown };
    const known = (Array.isArray(viewings) ? viewings : []).filter(isRemote).filter(({ sid }) => sids.includes(sid));
    return known.sort((a, b) => b.lastAt - a.lastAt)[0] ?? null;
  };

  /**
   * What the log knows of a content, and the collector where that is newer: the page may have gone before it could write, the log may have
   * been cleared, or the content was watched on another device.
   */
  const withCollector = async (content: string, viewing: Viewing | null): Promise<Viewing | null> => {
    const elsewhere = (await inTime(() => sessionsOf(content))) ?? [];
    const sessions = [...new Set([...elsewhere, ...(viewing?.sessions ?? [])])];
    const latest = await latestOf(sessions.slice(-COLLECTOR_SESSIONS));
    if (latest === null || (viewing !== null && latest.lastAt <= viewing.lastAt)) return viewing;
    const { lastAt, position, state } = latest;
    const { startedAt, duration } = viewing ?? latest;
    return { content, sessions, startedAt, duration, lastAt, position, state };
  };

  const viewingOf = async (content: string): Promise<Viewing | null> => {
    await pending;
    const events = await log.read(0, content).catch(() => []);
    const viewing = replayViewings(events).get(content) ?? null;
    return collector === null ? viewing : withCollector(content, viewing);
  };

  return {
    attach(source) {
      const recorder = recordViewing(contentOf, env.epoch, tell);
      recorders.add(recorder);
      const take = (event: PlaybackEvent): void => recorder.take(event);
      for (const event of [...source.events]) take(event);
      const subscription = source.events$.subscribe(take);
      return () => {
        subscription.unsubscribe();
        recorder.flush();
        recorders.delete(recorder);
      };
    },
    viewing: viewingOf,
    resumePosition: async (content) => resumeAt(await viewingOf(content)),
    async recent({ limit = RECENT_LIMIT, within = RECENT_WITHIN } = {}) {
      await pending;
      const events = await log.read(env.epoch() - within * 1000).catch(() => []);
      const viewings = [...replayViewings(events).values()];
      return viewings.sort((a, b) => b.lastAt - a.lastAt).slice(0, limit);
    },
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    async forget(content) {
      await pending;
      await log.forget(content);
      channel?.postMessage(null);
      changed();
    },
    destroy() {
      unwatch?.();
      channel?.close();
      log.close();
      listeners.clear();
    },
  };
}
