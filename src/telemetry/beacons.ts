import type { PlaybackEvent } from '../media/playback-event.ts';
import {
  BEACON_CONTENT_TYPE,
  BEACON_EXIT_CONTENT_TYPE,
  type BeaconLine,
  beaconBody,
  encodeBeaconLine,
  isSessionId,
  MAX_LINE_LENGTH,
  tagsFault,
} from './beacon-format.ts';
import { createDelivery, type Delivery, type DeliveryStats } from './delivery/delivery.ts';
import type { DeliveryEnvironment } from './delivery/delivery-environment.ts';
import type { DeliveryLimits } from './delivery/delivery-limits.ts';
import type { Entry } from './delivery/entry.ts';
import { isUrgent, rankOf } from './fact-rank.ts';
import { unitHash } from './hash.ts';
import { redactFact } from './redact-fact.ts';

/** Where facts come from: a player, or anything else that has a log and a stream of them. */
export interface FactSource {
  /** The facts of the session so far, in order. */
  readonly events: readonly PlaybackEvent[];
  readonly events$: { subscribe(next: (event: PlaybackEvent) => void): { unsubscribe(): void } };
}

/**
 * What the viewer said: `granted`; `denied`, nothing is recorded and what was is forgotten; `pending`, facts wait in memory and are
 * neither stored nor sent.
 */
export type Consent = 'granted' | 'denied' | 'pending';

/** Names that the app gives a session, at most 16. */
export type SessionTags = Readonly<Record<string, string>>;

/** How to make beacons. Only `endpoint` is needed. */
export interface BeaconOptions {
  /** Where to post; a collector takes them at `/v1/events`. */
  readonly endpoint: string;
  /** The collector's write key: not a secret, it is in the page. */
  readonly key?: string | null;
  /** Share of the sessions that are recorded, over 0 and at most 1; which ones follows from their ids. Default 1. */
  readonly sampleRate?: number;
  /** Record a session after all, from its beginning, when it fails fatally. Default true. */
  readonly keepFailed?: boolean;
  /** Names of a session, told once with its first fact; A/B variants as `ab.<experiment>`. No viewer is known, so none is named. */
  readonly tags?: SessionTags | ((sessionId: string) => SessionTags) | null;
  /** Changes a fact before it leaves, after URLs were redacted; its type and time have to stay. */
  readonly redact?: ((fact: PlaybackEvent) => PlaybackEvent) | null;
  /** Default `granted`, or `denied` where the browser says so (Global Privacy Control). */
  readonly consent?: Consent;
  /** Bodies of 1 KiB and more go as gzip, but for those of the page's last moment. Default true; not every proxy lets it through. */
  readonly compress?: boolean;
  readonly limits?: Partial<DeliveryLimits>;
}

/** How beacons do: numbers since they were made. */
export interface BeaconStats extends DeliveryStats {
  /** Facts recorded. */
  readonly recorded: number;
  /** Facts not recorded: their session was not in the sample, or not consented to. */
  readonly muted: number;
}

/** Records the facts of players and gets them to a collector, whatever becomes of network and page. */
export interface Beacons {
  /**
   * Records what the source has in its log and everything that follows, until the result is called or its stream ends. The sources' later
   * end, `destroy()` included, is recorded too.
   */
  attach(source: FactSource): () => void;
  readonly consent: Consent;
  /** Takes effect at once; a session that was denied is not recorded any more, whatever is said later. */
  setConsent(consent: Consent): void;
  /** Sends what waits; resolves when it arrived or an attempt failed. */
  flush(): Promise<void>;
  readonly stats: BeaconStats;
  /** Sends or stores what waits, and stops. Idempotent. Not needed when the page goes. */
  destroy(): Promise<void>;
}

interface Recording {
  readonly sid: string;
  /** Null while the session is not recorded; then the number of the next fact. */
  seq: number | null;
  started: boolean;
  denied: boolean;
}

function checkOptions({ endpoint, sampleRate = 1, tags = null, consent = 'granted' }: BeaconOptions): void {
  if (typeof endpoint !== 'string' || endpoint === '') {
    throw new TypeError(`endpoint must be a URL, got ${JSON.stringify(endpoint)}`);
  }
  if (!(sampleRate > 0 && sampleRate <= 1)) {
    throw new RangeError(`sampleRate must be over 0 and at most 1, got ${sampleRate}`);
  }
  const fault = typeof tags === 'function' || tags === null ? null : tagsFault(tags);
  if (fault !== null) throw new TypeError(fault);
  if (!['granted', 'denied', 'pending'].includes(consent)) {
    throw new TypeError(`consent must be granted, denied or pending, got ${JSON.stringify(consent)}`);
  }
}

const urlOf = ({ endpoint, key }: BeaconOptions): string =>
  key ? `${endpoint}${endpoint.includes('?') ? '&' : '?'}key=${encodeURIComponent(key)}` : endpoint;

/**
 * Makes beacons in a given environment; in a page, `createBeacons` gives it.
 *
 * @throws TypeError or RangeError naming the option that cannot work
 */
export function beaconsIn(env: DeliveryEnvironment, options: BeaconOptions): Beacons {
  checkOptions(options);
  const { sampleRate = 1, keepFailed = true, tags = null, redact = null } = options;
  let consent = options.consent ?? 'granted';
  const sources = new Map<FactSource, () => void>();
  const recordings = new Set<Recording>();
  const counts = { recorded: 0, muted: 0 };

  const delivery: Delivery = createDelivery(
    `sluice-beacons ${options.endpoint}`,
    {
      url: urlOf(options),
      body: beaconBody,
      contentType: BEACON_CONTENT_TYPE,
      exitContentType: BEACON_EXIT_CONTENT_TYPE,
      compress: options.compress ?? true,
      lossLine: ({ stream, ranges, reason }) => encodeBeaconLine({ sid: stream, lost: ranges, reason }),
    },
    env,
    options.limits,
  );

  const applyConsent = (): void => {
    delivery.hold(consent !== 'granted');
    if (consent !== 'denied') return;
    for (const recording of recordings) recording.denied = true;
    void delivery.forget().catch(() => {});
  };

  /** What stands on the first line of a session besides the fact. */
  const about = (sid: string): Pick<BeaconLine, 'rate' | 'tags'> => {
    const own = typeof tags === 'function' ? tags(sid) : tags;
    const usable = own !== null && tagsFault(own) === null && Object.keys(own).length > 0;
    return { ...(sampleRate < 1 ? { rate: sampleRate } : {}), ...(usable ? { tags: own } : {}) };
  };

  /** The entry of a fact; null if it is lost here. */
  const toEntry = (sid: string, seq: number, fact: PlaybackEvent): Entry | null => {
    counts.recorded += 1;
    try {
      const safe = redactFact(fact);
      const told = redact === null ? safe : redact(safe);
      const text = encodeBeaconLine({ sid, seq, fact: told, ...(seq === 0 ? about(sid) : {}) });
      if (text.length <= MAX_LINE_LENGTH) {
        return { stream: sid, seq, text, rank: rankOf(fact), recordedAt: env.epoch() };
      }
      delivery.lose({ stream: sid, seq }, 'size');
    } catch {
      delivery.lose({ stream: sid, seq }, 'redaction');
    }
    return null;
  };

  function* entriesOf(sid: string, events: readonly PlaybackEvent[], first: number): Generator<Entry> {
    for (const [index, fact] of events.entries()) {
      const entry = toEntry(sid, first + index, fact);
      if (entry !== null) yield entry;
    }
  }

  const record = (recording: Recording, fact: PlaybackEvent): void => {
    if (recording.seq === null) return;
    const seq = recording.seq;
    recording.seq += 1;
    const entry = toEntry(recording.sid, seq, fact);
    const firstFrame = fact.type === 'playing' && !recording.started;
    if (firstFrame) recording.started = true;
    if (entry !== null) delivery.add(entry, firstFrame || isUrgent(fact));
  };

  /** The whole log of a session so far, taken as it can be sent: it stays where it is until then. */
  const recordLog = (recording: Recording, events: readonly PlaybackEvent[]): void => {
    recording.seq = events.length;
    recording.started = events.some(({ type }) => type === 'playing');
    delivery.feed(entriesOf(recording.sid, [...events], 0));
  };

  const open = (fact: Extract<PlaybackEvent, { type: 'sessionStart' }>): Recording => {
    const sid = fact.sessionId;
    const sampled = isSessionId(sid) && unitHash(sid) < sampleRate;
    const recording = { sid, seq: sampled ? 0 : null, started: false, denied: consent === 'denied' };
    recordings.add(recording);
    return recording;
  };

  const isFatal = (fact: PlaybackEvent): boolean => fact.type === 'error' && fact.fatal;

  const follow = (source: FactSource): (() => void) => {
    let current: Recording | null = null;
    const take = (fact: PlaybackEvent): void => {
      // Another engine that takes over starts, too, but no session.
      if (fact.type === 'sessionStart' && fact.sessionId !== current?.sid) {
        if (current !== null) recordings.delete(current);
        current = open(fact);
      }
      if (current === null || current.denied) counts.muted += 1;
      else if (current.seq !== null) record(current, fact);
      else if (keepFailed && isFatal(fact) && isSessionId(current.sid)) recordLog(current, source.events);
      else counts.muted += 1;
    };
    const { events } = source;
    const start = events.find((fact) => fact.type === 'sessionStart');
    if (start !== undefined) {
      current = open(start);
      const wanted = current.seq !== null || (keepFailed && events.some(isFatal) && isSessionId(current.sid));
      if (wanted && !current.denied) recordLog(current, events);
      else counts.muted += events.length;
    }
    const subscription = source.events$.subscribe(take);
    return () => {
      subscription.unsubscribe();
      if (current !== null) recordings.delete(current);
      sources.delete(source);
    };
  };

  applyConsent();

  return {
    attach(source) {
      const stop = sources.get(source) ?? follow(source);
      sources.set(source, stop);
      return stop;
    },
    get consent() {
      return consent;
    },
    setConsent(next) {
      consent = next;
      applyConsent();
    },
    flush: () => delivery.flush(),
    get stats() {
      return { ...delivery.stats, ...counts };
    },
    async destroy() {
      for (const stop of [...sources.values()]) stop();
      await delivery.destroy();
    },
  };
}
