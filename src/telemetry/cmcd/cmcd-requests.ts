import type { RequestKind } from '../../media/playback-event.ts';
import type { HttpRequest, Middleware } from '../../net/http.ts';
import { encodeCmcd, toCmcdHeaders, withCmcd, withoutCmcd } from './cmcd-encode.ts';
import {
  CMCD_KEYS,
  type CmcdCustomKey,
  type CmcdData,
  type CmcdKey,
  type CmcdNumber,
  type CmcdObjectType,
  isReserved,
} from './cmcd-keys.ts';
import {
  bitrateData,
  type CmcdDestination,
  type CmcdView,
  ladderData,
  stateData,
  untoldData,
  untoldStart,
} from './cmcd-view.ts';

/** How requests are reported on. */
export interface CmcdRequestOptions {
  /** Default 2; 1 where the CDN reads nothing newer. */
  readonly version?: 1 | 2;
  /**
   * Default `query`. Headers keep URLs and with them caches as they are, but make every request to another origin ask for leave first
   * (CORS), and the CDN has to give it.
   */
  readonly mode?: 'query' | 'headers';
  /** Reserved keys to send (`extend` adds your own). Default all that are known but `tpb`, which helps to recognise a device. */
  readonly keys?: readonly (CmcdKey | CmcdCustomKey)[];
  /** What is reported on. Default manifests, playlists, init segments, segments and subtitles: not keys and licences. */
  readonly kinds?: readonly RequestKind[];
  /** Ask to be sent at no more than so many times the bitrate of what is asked for (`rtp`). Default null: not. */
  readonly throughputFactor?: number | null;
  /** More to say of a request: `nor`, `cs`, or keys of your own (`com.example-x`). */
  readonly extend?: ((request: HttpRequest) => CmcdData) | null;
}

/** Keys of event reports have no header, and `tpb` SHOULD NOT be sent by default (CTA-5004-B, Table 1). */
const DEFAULT_KEYS: readonly CmcdKey[] = (Object.keys(CMCD_KEYS) as CmcdKey[]).filter(
  (key) => CMCD_KEYS[key].header !== null && key !== 'tpb',
);

/** What is fetched to be played; licence servers are rarely the CDN's, and refuse what they do not know. */
export const CMCD_KINDS: readonly RequestKind[] = ['manifest', 'playlist', 'init', 'segment', 'subtitle'];

/**
 * Refuses options that cannot work.
 *
 * @throws TypeError or RangeError naming the option, what was expected and what came
 */
export function checkRequestOptions(options: CmcdRequestOptions): void {
  const { version = 2, mode = 'query', keys = [], throughputFactor = null } = options;
  if (version !== 1 && version !== 2) throw new RangeError(`version must be 1 or 2, got ${version}`);
  if (mode !== 'query' && mode !== 'headers') throw new TypeError(`mode must be query or headers, got "${mode}"`);
  const unknown = keys.find((key) => !isReserved(key) && !key.includes('-'));
  if (unknown !== undefined) throw new TypeError(`keys must be keys of CTA-5004-B, got "${unknown}"`);
  if (throughputFactor !== null && !(throughputFactor > 0)) {
    throw new RangeError(`throughputFactor must be > 0 or null, got ${throughputFactor}`);
  }
}

/** What a request is for, in CMCD's words. */
export function objectType({ kind, segment }: Pick<HttpRequest, 'kind' | 'segment'>): CmcdObjectType {
  if (kind === 'manifest' || kind === 'playlist') return 'm';
  if (kind === 'init') return 'i';
  if (kind === 'subtitle') return 'c';
  if (kind === 'key' || kind === 'licence') return 'k';
  if (kind !== 'segment' || segment === null) return 'o';
  return ({ video: 'v', audio: 'a', muxed: 'av', text: 'tt' } as const)[segment.track];
}

/** What is said of the object itself. A ladder's bitrates are of the picture; what sound has is not known. */
export function objectData(request: HttpRequest, view: CmcdView): CmcdData {
  const type = objectType(request);
  const { segment } = request;
  const picture = type === 'v' || type === 'av';
  return {
    ot: type,
    ...(segment !== null && segment.duration > 0 ? { d: segment.duration * 1000 } : {}),
    ...(picture ? bitrateData(view, segment?.rendition ?? null) : {}),
    ...(picture ? ladderData(view) : {}),
  };
}

/** The throughput that will do: so many times the bitrate of what is asked for. */
function wantedThroughput({ br }: CmcdData, factor: number | null): CmcdData {
  const [bitrate] = (br ?? []) as readonly CmcdNumber[];
  return bitrate === undefined || factor === null ? {} : { rtp: bitrate.value * factor };
}

/** Until when the object has to be there: as long as the buffer lasts. Nothing runs dry before playback does. */
function deadline(request: HttpRequest, { timeline }: CmcdView): CmcdData {
  if (request.kind !== 'segment' || !timeline.machine.started) return {};
  return { dl: (timeline.bufferLevel / Math.max(timeline.rate, 0.1)) * 1000 };
}

/** Version 1 means the buffer of the object asked for, so it is said of pictures only; version 2 says whose it is. */
function withoutOthersBuffer(data: CmcdData): CmcdData {
  if (data.ot === 'v' || data.ot === 'av') return data;
  const { bl: _, ...rest } = data;
  return rest;
}

const only = (data: CmcdData, keys: ReadonlySet<string>): CmcdData =>
  Object.fromEntries(Object.entries(data).filter(([key]) => keys.has(key) || key.includes('-'))) as CmcdData;

/** What a {@link cmcdMiddleware} takes from the session it reports on. */
export interface CmcdSession {
  readonly view: () => CmcdView;
  readonly destination: () => CmcdDestination;
  readonly contentId: () => string | null;
  readonly hidden: () => boolean;
}

/**
 * Reports on every request that media is played from, the same whichever engine asks. Belongs inside the retries, so that each
 * attempt is a report of its own.
 */
export function cmcdMiddleware(session: CmcdSession, options: CmcdRequestOptions = {}): Middleware {
  checkRequestOptions(options);
  const { version = 2, mode = 'query', kinds = CMCD_KINDS, throughputFactor = null, extend = null } = options;
  const keys = new Set<string>(options.keys ?? DEFAULT_KEYS);

  const reportOn = (request: HttpRequest): CmcdData => {
    const view = session.view();
    const destination = session.destination();
    const cid = session.contentId();
    const object = objectData(request, view);
    const data: CmcdData = {
      ...stateData(view),
      ...untoldData(view, destination),
      ...untoldStart(view, destination),
      ...object,
      ...wantedThroughput(object, throughputFactor),
      ...deadline(request, view),
      ...(session.hidden() ? { bg: true } : {}),
      ...(cid === null ? {} : { cid }),
      sid: view.timeline.sessionId ?? '',
      sn: destination.sn,
      ...extend?.(request),
    };
    destination.sn += 1;
    return only(version === 1 ? withoutOthersBuffer(data) : data, keys);
  };

  return (next) => async (request, signal) => {
    const reported = kinds.includes(request.kind) && /^https?:|^\/|^[^:]*$/i.test(request.url);
    if (!reported || session.view().timeline.sessionId === null) return next(request, signal);
    const data = reportOn(request);
    if (mode === 'headers') {
      return next({ ...request, headers: { ...request.headers, ...toCmcdHeaders(data, version) } }, signal);
    }
    const response = await next({ ...request, url: withCmcd(request.url, encodeCmcd(data, version)) }, signal);
    // What is resolved against the URL of a playlist must not see the report.
    return { ...response, url: withoutCmcd(response.url) };
  };
}
