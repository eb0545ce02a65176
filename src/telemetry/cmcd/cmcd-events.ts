import type { PlaybackEvent } from '../../media/playback-event.ts';
import type { Consent } from '../beacons.ts';
import { createDelivery, type Delivery, type DeliveryStats } from '../delivery/delivery.ts';
import type { DeliveryEnvironment } from '../delivery/delivery-environment.ts';
import type { DeliveryLimits } from '../delivery/delivery-limits.ts';
import type { Rank } from '../delivery/entry.ts';
import { randomId } from '../random-id.ts';
import type { CmcdEventName } from './cmcd-event-name.ts';
import { CMCD_KEYS, type CmcdCustomKey, type CmcdData, type CmcdKey, isReserved } from './cmcd-keys.ts';
import type { ReportedResponse, Reporting } from './cmcd-reporting.ts';
import type { CmcdView } from './cmcd-view.ts';

/** Where event reports go, and which. */
export interface CmcdEventTarget {
  readonly url: string;
  /** Default all but `ce`. */
  readonly events?: readonly CmcdEventName[];
  /** Keys to send, your own among them. Default all that are reserved but `tpb`. */
  readonly keys?: readonly (CmcdKey | CmcdCustomKey)[];
  /** Sent with each request, `Authorization` for example. */
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * Of what goes when the page goes. Default `application/cmcd`, as the standard has it; a target on another origin that takes
   * `text/plain` gets more of it, for it need not be asked for leave first.
   */
  readonly exitContentType?: string;
  /** Default: after 50 reports or 10 s; 12 KiB of them at exit. */
  readonly limits?: Partial<DeliveryLimits>;
}

/** How events are reported. */
export interface CmcdEventOptions {
  readonly targets: readonly CmcdEventTarget[];
  /** s between reports of event `t`. Default 30, as the standard has it; 0 for none. */
  readonly interval?: number;
}

const MIME = 'application/cmcd';
const EVENTS: readonly CmcdEventName[] = ['ps', 'pr', 'bc', 'b', 'e', 'rr', 't'];
const KEYS: readonly CmcdKey[] = (Object.keys(CMCD_KEYS) as CmcdKey[]).filter((key) => key !== 'tpb');
/** Beacons have most of the browser's 64 KiB. */
const EXIT_BYTES = 12 * 1024;
const RANKS: Readonly<Record<CmcdEventName, Rank>> = { t: 0, rr: 0, bc: 1, pr: 1, b: 1, ce: 2, ps: 2, e: 3 };
const INTERVAL = 30;
/** Reports that wait for the reporter's code to be fetched; a page that cannot fetch it must not collect them for ever. */
const MOST_WAITING = 2000;

/**
 * Refuses options that cannot work.
 *
 * @throws TypeError or RangeError naming the option, what was expected and what came
 */
export function checkEventOptions({ targets, interval = INTERVAL }: CmcdEventOptions): void {
  if (!(interval >= 0)) throw new RangeError(`interval must be >= 0 s, got ${interval}`);
  for (const { url, events = [], keys = [] } of targets) {
    if (typeof url !== 'string' || url === '')
      throw new TypeError(`targets must have a url, got ${JSON.stringify(url)}`);
    const event = events.find((name) => !Object.hasOwn(RANKS, name));
    if (event !== undefined) throw new TypeError(`events must be of ${Object.keys(RANKS).join(', ')}, got "${event}"`);
    const key = keys.find((name) => !isReserved(name) && !name.includes('-'));
    if (key !== undefined) throw new TypeError(`keys must be keys of CTA-5004-B, got "${key}"`);
  }
  const urls = targets.map(({ url }) => url);
  const twice = urls.find((url, index) => urls.indexOf(url) !== index);
  if (twice !== undefined) throw new TypeError(`targets must have different URLs, got "${twice}" twice`);
}

/** Reports events to their targets, over a delivery of its own for each. */
export interface CmcdEvents {
  fact(event: PlaybackEvent, before: CmcdView, after: CmcdView): void;
  response(response: ReportedResponse): void;
  custom(name: string, data: CmcdData): void;
  setConsent(consent: Consent): void;
  flush(): Promise<void>;
  /** By the URL of the target. */
  readonly stats: Readonly<Record<string, DeliveryStats>>;
  destroy(): Promise<void>;
}

/** A delivery for each target; each has a store of its own. */
function deliveriesOf(
  targets: readonly CmcdEventTarget[],
  environment: (name: string) => DeliveryEnvironment,
): readonly Delivery[] {
  return targets.map(({ url, headers = {}, exitContentType = MIME, limits }) => {
    const name = `sluice-cmcd ${url}`;
    const format = { contentType: MIME, exitContentType, headers, compress: false, lossLine: null };
    // Records are separated by LF; the last one has none after it (CTA-5004-B, 3.3).
    const body = (texts: readonly string[]): string => texts.join('\n');
    return createDelivery(name, { url, body, ...format }, environment(name), { exitBytes: EXIT_BYTES, ...limits });
  });
}

/** Makes {@link CmcdEvents}. Their code, and with it the reporter, is fetched when the first session starts. */
export function createCmcdEvents(
  env: Pick<DeliveryEnvironment, 'clock' | 'epoch' | 'hidden' | 'watchPage'>,
  environment: (name: string) => DeliveryEnvironment,
  contentId: () => string | null,
  options: CmcdEventOptions,
): CmcdEvents {
  checkEventOptions(options);
  const { targets, interval = INTERVAL } = options;
  const deliveries = deliveriesOf(targets, environment);
  const stream = randomId();
  const lines = targets.map(() => 0);
  let reporting: Reporting | null = null;
  let loading: Promise<void> | null = null;
  let waiting: ((made: Reporting) => void)[] = [];
  let view: CmcdView | null = null;
  let consent: Consent = 'granted';
  let stopped = false;
  let cancelTimer = (): void => {};

  const deliverTo =
    (index: number) =>
    (event: CmcdEventName, text: string): void => {
      const seq = lines[index] ?? 0;
      lines[index] = seq + 1;
      // An error and the end of a session may be the last that is heard of it.
      const urgent = event === 'e' || (view !== null && view.timeline.ended !== null);
      deliveries[index]?.add({ stream, seq, text, rank: RANKS[event], recordedAt: env.epoch() }, urgent);
    };

  const load = async (sid: string): Promise<void> => {
    const { createReporting } = await import('./cmcd-reporting.ts');
    const made = createReporting(
      sid,
      contentId,
      targets.map(({ url, events = EVENTS, keys = KEYS }, index) => ({ url, events, keys, deliver: deliverTo(index) })),
    );
    reporting = made;
    for (const tell of waiting.splice(0)) tell(made);
  };

  /** Now, or in their order when the reporter is there. */
  const tellLater = (tell: (made: Reporting) => void): void => {
    if (stopped || consent === 'denied') return;
    if (reporting !== null) tell(reporting);
    else if (waiting.length < MOST_WAITING) waiting.push(tell);
  };

  const withView = (tell: (made: Reporting, seen: CmcdView, ts: number) => void): void => {
    const seen = view;
    const ts = env.epoch();
    if (seen !== null && seen.timeline.ended === null) tellLater((made) => tell(made, seen, ts));
  };

  const startTimer = (): void => {
    cancelTimer();
    if (interval === 0 || stopped) return;
    cancelTimer = env.clock.after(interval, () => {
      withView((made, seen, ts) => made.tick(seen, ts));
      startTimer();
    });
  };

  const unwatch = env.watchPage?.((event) => {
    if (event === 'hidden' || event === 'visible') {
      withView((made, seen, ts) => made.visibility(seen, event === 'hidden', ts));
    }
  });

  const start = (sid: string): void => {
    loading ??= load(sid).catch(() => {
      // Without its code there is nothing to report with; the next session tries again.
      loading = null;
    });
    startTimer();
    if (env.hidden()) withView((made, seen, ts) => made.visibility(seen, true, ts));
  };

  return {
    fact(event, before, after) {
      view = after;
      tellLater((made) => made.fact(event, before, after));
      if (event.type === 'sessionStart') start(event.sessionId);
    },
    response: (response) => tellLater((made) => made.response(response)),
    custom: (name, data) => withView((made, seen, ts) => made.custom(seen, name, data, ts)),
    setConsent(next) {
      consent = next;
      if (next === 'denied') waiting = [];
      for (const delivery of deliveries) {
        delivery.hold(next !== 'granted');
        if (next === 'denied') void delivery.forget().catch(() => {});
      }
    },
    async flush() {
      await loading;
      await Promise.all(deliveries.map((delivery) => delivery.flush()));
    },
    get stats() {
      return Object.fromEntries(targets.map(({ url }, index) => [url, (deliveries[index] as Delivery).stats]));
    },
    async destroy() {
      await loading;
      stopped = true;
      cancelTimer();
      unwatch?.();
      await Promise.all(deliveries.map((delivery) => delivery.destroy()));
    },
  };
}
