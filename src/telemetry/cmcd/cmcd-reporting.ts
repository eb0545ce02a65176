import { CMCD_REQUEST_PROVENANCE, type Cmcd, CmcdReporter, type CmcdKey as CmlKey } from '@svta/cml-cmcd';
import { SfItem } from '@svta/cml-structured-field-values';
import type { PlaybackEvent } from '../../media/playback-event.ts';
import type { CmcdEventName } from './cmcd-event-name.ts';
import {
  CMCD_KEYS,
  type CmcdCustomKey,
  type CmcdData,
  type CmcdKey,
  type CmcdNumber,
  type CmcdValue,
  isReserved,
} from './cmcd-keys.ts';
import {
  bitrateData,
  type CmcdDestination,
  type CmcdView,
  ladderData,
  newDestination,
  startDelay,
  stateData,
  untoldData,
} from './cmcd-view.ts';

/** A target of event reports: what it wants, and where its lines go. */
export interface ReportingTarget {
  readonly url: string;
  readonly events: readonly CmcdEventName[];
  readonly keys: readonly (CmcdKey | CmcdCustomKey)[];
  readonly deliver: (event: CmcdEventName, line: string) => void;
}

/** A response to one of the session's requests, or that none came. */
export interface ReportedResponse {
  readonly sid: string;
  /** Absolute, without anything that is secret. */
  readonly url: string;
  readonly data: CmcdData;
}

/** Turns what happens into the lines of `application/cmcd`. */
export interface Reporting {
  fact(event: PlaybackEvent, before: CmcdView, after: CmcdView): void;
  response(response: ReportedResponse): void;
  /** At the interval; `ts` is ms since the epoch, like all of them. */
  tick(view: CmcdView, ts: number): void;
  visibility(view: CmcdView, hidden: boolean, ts: number): void;
  custom(view: CmcdView, name: string, data: CmcdData, ts: number): void;
}

const STEPS: Readonly<Record<string, number>> = { hundreds: 100, hundred: 100, decimal: 0.001 };

const rounded = (value: number, key: CmcdKey): number => {
  const step = STEPS[CMCD_KEYS[key].kind] ?? 1;
  return step < 1 ? Math.round(value / step) / (1 / step) : Math.round(value / step) * step;
};

/** A value in cml's form: numbers rounded as their key wants them, lists of items with their object type as parameter. */
function toCml(key: string, value: CmcdValue): unknown {
  if (!isReserved(key)) return value;
  if (typeof value === 'number') return Number.isFinite(value) ? rounded(value, key) : undefined;
  if (!Array.isArray(value) || typeof value[0] === 'string') return value;
  return (value as readonly CmcdNumber[])
    .filter((item) => Number.isFinite(item.value))
    .map((item) =>
      item.type === null ? rounded(item.value, key) : new SfItem(rounded(item.value, key), { [item.type]: true }),
    );
}

const toReport = (data: CmcdData): Cmcd =>
  Object.fromEntries(Object.entries(data).map(([key, value]) => [key, toCml(key, value)])) as Cmcd;

/** The event of a fact and what it is about; null if it is none. */
function eventOf(event: PlaybackEvent, before: CmcdView, after: CmcdView): readonly [CmcdEventName, CmcdData] | null {
  if (event.type === 'error') return ['e', { ec: [event.code] }];
  if (after.timeline.machine.state !== before.timeline.machine.state) return ['ps', {}];
  if (event.type === 'rateChange') return ['pr', { pr: event.rate }];
  if (event.type === 'renditionChange') return ['bc', bitrateData(after, event.index)];
  return null;
}

/**
 * One reporter for all targets, which writes lines and numbers them. It sends nothing: each line goes to its target's `deliver`, and the
 * reporter is told that it arrived, for its own way to try again knows neither time nor limit.
 */
export function createReporting(
  sid: string,
  contentId: () => string | null,
  targets: readonly ReportingTarget[],
): Reporting {
  let event: CmcdEventName = 't';
  let view: CmcdView | null = null;
  let delayOf: string | null = null;
  let destinations = new Map<ReportingTarget, CmcdDestination>();

  const untold = (target: ReportingTarget): CmcdData => {
    if (view === null) return {};
    const destination = destinations.get(target) ?? newDestination();
    destinations.set(target, destination);
    return untoldData(view, destination);
  };

  const reporter = new CmcdReporter(
    {
      sid,
      eventTargets: targets.map((target) => ({
        url: target.url,
        events: [...target.events],
        enabledKeys: [...target.keys] as CmlKey[],
        interval: 0,
        // What happened since this target's last report is added for it alone.
        transform: (data: Cmcd) => ({ ...toReport(untold(target)), ...data }),
      })),
    },
    async ({ url, body }) => {
      targets.find((target) => target.url === url)?.deliver(event, String(body));
      return { status: 204 };
    },
  );

  const see = (seen: CmcdView): void => {
    if (seen.timeline.sessionId !== null && seen.timeline.sessionId !== view?.timeline.sessionId) {
      destinations = new Map();
      reporter.update({ sid: seen.timeline.sessionId, cid: contentId() ?? undefined } as Partial<Cmcd>);
    }
    view = seen;
    const delay = delayOf === seen.timeline.sessionId ? null : startDelay(seen);
    if (delay === null) return;
    delayOf = seen.timeline.sessionId;
    reporter.update({ msd: delay });
  };

  const record = (type: CmcdEventName, seen: CmcdView, ts: number, data: CmcdData): void => {
    see(seen);
    event = type;
    reporter.recordEvent(type, toReport({ ...stateData(seen), ...ladderData(seen), ...data, ts }));
  };

  return {
    fact(fact, before, after) {
      const found = eventOf(fact, before, after);
      if (found === null) return see(after);
      record(found[0], after, after.epoch + fact.at * 1000, found[1]);
      // An error that ends playback changes the state besides.
      if (found[0] === 'e' && after.timeline.machine.state !== before.timeline.machine.state) {
        record('ps', after, after.epoch + fact.at * 1000, {});
      }
    },
    response({ sid: of, url, data }) {
      event = 'rr';
      const request = { url, customData: { [CMCD_REQUEST_PROVENANCE]: { sid: of } } };
      reporter.recordResponseReceived({ request, status: 0 }, toReport({ ...data, url }));
    },
    tick: (seen, ts) => record('t', seen, ts, {}),
    visibility: (seen, hidden, ts) => record('b', seen, ts, { bg: hidden }),
    custom: (seen, name, data, ts) => record('ce', seen, ts, { ...data, cen: name }),
  };
}
