import type { EventOf, PlaybackEvent } from '../media/playback-event.ts';
import type { NetworkPeriod, NetworkTrace } from './network-trace.ts';

/** Options of {@link traceFromSession}. */
export interface SessionTraceOptions {
  /** Default the session's own id. */
  readonly id?: string;
  /** Bodies smaller than this tell of latency, not of bandwidth. Bytes, default 16 000. */
  readonly minBytes?: number;
}

/** One body on its way: steady from its first byte to its last. */
interface Transfer {
  readonly asked: number;
  readonly firstByte: number;
  readonly end: number;
  readonly bits: number;
  /** Too small to measure by. */
  readonly small: boolean;
}

/** A first byte this many times later than usual, and this many s at least, waited for a network that was away. */
const OUTAGE_FACTOR = 4;
const OUTAGE_LEAST = 1;
/** Shorter stretches, s, are joined to the one before: clocks are no finer. */
const SHORTEST = 0.001;

/**
 * The network that a viewer really had, as far as the session's downloads tell it. While bodies arrive, the bandwidth is what
 * all of them brought together. Between downloads nobody measured: the first half of such a gap is like what came before
 * it, the second like what came after. A first byte that came far later than usual is an outage, up to the usual
 * latency before it. Time 0 is the first request. A viewer's trace ends with the last download; a simulation that
 * takes longer starts over.
 *
 * What no trace made in this way can know: how a download went between its first byte and its last (a cliff in the middle of a
 * long one is levelled out, and what would have been given up there is not), and more than was asked for. Where a server or the engine held back, the link may have
 * been faster than it looks.
 *
 * @throws RangeError if nothing large enough was downloaded over the network
 */
export function traceFromSession(events: readonly PlaybackEvent[], options: SessionTraceOptions = {}): NetworkTrace {
  const { minBytes = 16_000 } = options;
  const id = options.id ?? sessionId(events);
  const transfers = events.flatMap((event) => transferOf(event, minBytes));
  if (!transfers.some(({ small }) => !small)) {
    throw new RangeError(
      `session '${id}' must have a download of at least ${minBytes} bytes over the network, got ${transfers.length} smaller ones`,
    );
  }
  const usual = median(transfers.map(({ asked, firstByte }) => firstByte - asked));
  const outages = transfers.flatMap(({ asked, firstByte }): Outage[] => {
    const late = firstByte - asked;
    if (late < OUTAGE_LEAST || late < usual * OUTAGE_FACTOR) return [];
    return [{ from: asked, to: firstByte - usual }];
  });
  const stretches = measured(transfers, outages);
  return { id, periods: joined(withLatency(filled(stretches), transfers, usual)) };
}

interface Outage {
  readonly from: number;
  readonly to: number;
}

/** bits/s between two times; null where nothing tells. */
interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly bandwidth: number | null;
}

/** A {@link Stretch} of which something is known, or was taken to be. */
interface KnownStretch {
  readonly from: number;
  readonly to: number;
  readonly bandwidth: number;
}

function sessionId(events: readonly PlaybackEvent[]): string {
  const start = events.find((event): event is EventOf<'sessionStart'> => event.type === 'sessionStart');
  return start?.sessionId ?? 'session';
}

function transferOf(event: PlaybackEvent, minBytes: number): Transfer[] {
  if (event.type !== 'request' || event.fromCache || event.firstByte === null) return [];
  const { start, firstByte, at, bytes } = event;
  if (!(at > firstByte) || firstByte < start || bytes === 0) return [];
  return [{ asked: start, firstByte, end: at, bits: bytes * 8, small: bytes < minBytes }];
}

/** Cut at every time at which something begins or ends; what arrived in each cut, together. */
function measured(transfers: readonly Transfer[], outages: readonly Outage[]): Stretch[] {
  const edges = new Set<number>();
  for (const { asked, firstByte, end } of transfers) edges.add(asked).add(firstByte).add(end);
  for (const { from, to } of outages) edges.add(from).add(to);
  const times = [...edges].sort((a, b) => a - b);
  const byFirstByte = transfers.toSorted((a, b) => a.firstByte - b.firstByte);
  let next = 0;
  let here: Transfer[] = [];
  return times.slice(1).map((to, index) => {
    const from = times[index] ?? 0;
    here = here.filter(({ end }) => end >= to);
    for (
      let transfer = byFirstByte[next];
      transfer !== undefined && transfer.firstByte <= from;
      transfer = byFirstByte[next]
    ) {
      if (transfer.end >= to) here.push(transfer);
      next += 1;
    }
    if (here.some(({ small }) => !small)) {
      const bandwidth = here.reduce((sum, { bits, firstByte, end }) => sum + bits / (end - firstByte), 0);
      return { from, to, bandwidth };
    }
    const away = here.length === 0 && outages.some((outage) => outage.from <= from && outage.to >= to);
    return { from, to, bandwidth: away ? 0 : null };
  });
}

/** Stretches of which nothing is known, joined and halved between their neighbours. */
function filled(stretches: readonly Stretch[]): KnownStretch[] {
  const known = stretches.flatMap(({ from, to, bandwidth }) => (bandwidth === null ? [] : [{ from, to, bandwidth }]));
  const all: KnownStretch[] = [];
  let at = stretches[0]?.from ?? 0;
  let before: number | null = null;
  for (const stretch of known) {
    if (stretch.from > at) {
      const middle = before === null ? at : (at + stretch.from) / 2;
      if (before !== null) all.push({ from: at, to: middle, bandwidth: before });
      const after = stretch.bandwidth > 0 ? stretch.bandwidth : (before ?? 0);
      all.push({ from: middle, to: stretch.from, bandwidth: after });
    }
    all.push(stretch);
    at = stretch.to;
    if (stretch.bandwidth > 0) before = stretch.bandwidth;
  }
  return all;
}

/** Each stretch with the wait of the request that was made last; before the first and in outages, the usual one. */
function withLatency(
  stretches: readonly KnownStretch[],
  transfers: readonly Transfer[],
  usual: number,
): NetworkPeriod[] {
  const byTime = transfers.toSorted((a, b) => a.asked - b.asked);
  const pieces = cutAtRequests(stretches, byTime);
  let next = 0;
  let latency = usual;
  return pieces.map(({ from, to, bandwidth }) => {
    for (let transfer = byTime[next]; transfer !== undefined && transfer.asked <= from; transfer = byTime[next]) {
      const late = transfer.firstByte - transfer.asked;
      latency = late >= OUTAGE_LEAST && late >= usual * OUTAGE_FACTOR ? usual : late;
      next += 1;
    }
    return { duration: to - from, bandwidth, latency };
  });
}

/** Stretches in pieces that begin where a request was made; both ascend. */
function cutAtRequests(stretches: readonly KnownStretch[], transfers: readonly Transfer[]): KnownStretch[] {
  const pieces: KnownStretch[] = [];
  let next = 0;
  for (const { from, to, bandwidth } of stretches) {
    let start = from;
    for (let transfer = transfers[next]; transfer !== undefined && transfer.asked < to; transfer = transfers[next]) {
      if (transfer.asked > start) {
        pieces.push({ from: start, to: transfer.asked, bandwidth });
        start = transfer.asked;
      }
      next += 1;
    }
    pieces.push({ from: start, to, bandwidth });
  }
  return pieces;
}

/** Neighbours of the same conditions are one, and slivers go to the one before them. */
function joined(periods: readonly NetworkPeriod[]): NetworkPeriod[] {
  const all: NetworkPeriod[] = [];
  for (const period of periods) {
    const last = all.at(-1);
    const same = last !== undefined && last.bandwidth === period.bandwidth && last.latency === period.latency;
    if (last !== undefined && (same || period.duration < SHORTEST)) {
      all[all.length - 1] = { ...last, duration: last.duration + period.duration };
    } else if (period.duration > 0) all.push(period);
  }
  return all;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? 0) + (sorted[Math.ceil(middle)] ?? 0)) / 2;
}
