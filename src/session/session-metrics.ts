import { bytesAhead, type Waste } from './media-ledger.ts';
import type { Network } from './network.ts';
import type { Timeline } from './timeline.ts';

/** Bytes of media fetched and never shown, by cause. */
export interface WastedBytes extends Waste {
  /** In the buffer, or on the way there, when the session ended; 0 while it goes on. */
  readonly unplayed: number;
}

/**
 * Numbers of a session by their CTA-2066 (Streaming Quality of Experience Events, Properties and Metrics) and
 * CTA-5004-B (CMCD) definitions, as of the last fact. Times in s, bitrates in bits/s, bytes in bytes; null where the
 * session has nothing to define it by (such a session is left out of averages, it is not a zero).
 *
 * "Watched" is wall clock with start-up, stalls and seeks, without pauses (CTA-2066 Watched Time). "Media" is length of
 * media, not adjusted for playback rate (CTA-2066 Media Time).
 */
export interface SessionMetrics {
  /**
   * s watched from the first request for playback to the first frame moving. A pause before that is not counted. Null if
   * it never started.
   *
   * @see CTA-2066 initialStartupTime; CMCD `msd`; Mux Video Startup Time
   */
  readonly initialStartupTime: number | null;
  /**
   * A fatal error before the first frame, after playback was asked for or not, refusals included: Mux's and Conviva's
   * technical one (VSF-T) is `startFailure && !businessException`.
   *
   * @see Mux Video Startup Failure; Conviva VSF
   */
  readonly startFailure: boolean;
  /**
   * Playback was asked for, never started, and the session ended without a fatal error.
   *
   * @see Mux and Conviva Exits Before Video Start (as share of attempts); CMCD `sta=q` after `s`
   */
  readonly exitBeforeStart: boolean;
  /**
   * A fatal error at any time. Conviva counts only those after the start: `playbackFailure && !startFailure`.
   *
   * @see CTA-2066 playbackFailed; CMCD `sta=f`
   */
  readonly playbackFailure: boolean;
  /**
   * The fatal error looks like a rule and not like a fault: a server refused with 401, 402, 403 or 451 (RFC 9110 15.5,
   * RFC 7725: not signed in, not paid for, forbidden, for legal reasons) what playback cannot go on without. A sign, not
   * proof: an expired token, or a CDN that says 403 for what it does not have, looks the same, so failures count it too.
   *
   * @see Mux Playback Business Exception; Conviva VSF-B
   */
  readonly businessException: boolean;
  /** No end of the session was seen: it goes on, or its log was cut off (Mux View Dropped). */
  readonly viewDropped: boolean;

  /** Unintended stops after the start, neither start-up nor seek; the one going on included (CTA-2066 playbackStallCount; CMCD `bsa`; Mux Rebuffer Count). */
  readonly playbackStallCount: number;
  /** s in those stops, each until playback goes on, a pause, a seek or the end (CTA-2066 playbackStallDuration; CMCD `bsda`). */
  readonly playbackStallDuration: number;
  /** s, the longest of them; null if there was none. */
  readonly longestStall: number | null;
  /** Share of watched time spent stalled, 0…1 (CTA-2066 Average Stalled Time; Mux Rebuffer Percentage / 100). Conviva divides by stalls + playing instead. */
  readonly rebufferRatio: number | null;
  /** Stalls per minute watched (Mux Rebuffer Frequency). */
  readonly rebufferFrequency: number | null;

  /** s of wall clock since the request, start-up, stalls and seeks included, pauses not (CTA-2066 Watched Time). */
  readonly watchedTime: number;
  /** s in which media moved. */
  readonly playedTime: number;
  /** s paused after the start. */
  readonly pausedTime: number;
  /** s of media shown: the playhead's way, whatever the rate (CTA-2066 Media Time). */
  readonly mediaTime: number;

  /** Seeks; one that overtakes another is part of it (CMCD `sta=k`; Mux Seek Count). */
  readonly seekCount: number;
  /** s spent in them, until playback went on or, paused, the element had sought. */
  readonly seekDuration: number;
  /** Mean s of a seek that is over (Mux Seek Latency). */
  readonly seekLatency: number | null;

  /** Declared bitrate of what was on screen, weighted by media time, bits/s (CTA-2066 bitsPlayed / mediaTime; Mux Weighted Average Bitrate). */
  readonly averageBitrate: number | null;
  /** Bitrate of the bytes that were fetched for what was on screen, sound included, weighted by media time, bits/s (own; what P.1203 goes by). */
  readonly measuredBitrate: number | null;
  /** Coded size of the picture on screen, weighted by media time, pixels; null where the ladder declares none. */
  readonly averageWidth: number | null;
  readonly averageHeight: number | null;
  /** How far the picture was enlarged to fill the player, weighted by media time; 0 none, 1 sides doubled (Mux Average Upscale Percentage / 100). */
  readonly averageUpscaling: number | null;
  /** The most it ever was (Mux Max Upscale Percentage / 100). */
  readonly mostUpscaling: number | null;

  /** Changes of the rendition of media that was shown (CTA-2066 renditionUpdate; not CMCD `e=bc`, which tells of what was requested). */
  readonly switches: number;
  /** To a higher declared bitrate (Mux Rendition Upshift). */
  readonly switchesUp: number;
  /** To a lower one (Mux Rendition Downshift). */
  readonly switchesDown: number;
  /** Mean change of declared bitrate in a switch, either way, bits/s; null without a switch. */
  readonly switchMagnitude: number | null;

  /** Frames decoded in time to be shown and not shown, since the session's start (CMCD `dfa`; getVideoPlaybackQuality). */
  readonly droppedFrames: number;
  /** Frames shown or dropped. */
  readonly totalFrames: number;
  /** Dropped of total, 0…1. */
  readonly droppedFrameRatio: number | null;

  /** s behind the live edge as last seen (CMCD `ltc`; Mux Live Stream Latency). Null when not live. */
  readonly liveLatency: number | null;
  /** Mean of the samples taken while playing, s. */
  readonly averageLiveLatency: number | null;
  /** s that latency has grown (or, negative, shrunk) since the first sample while playing. */
  readonly liveLatencyDrift: number | null;

  /** Bytes of bodies received, those of requests that were given up or failed included, from cache included (own). */
  readonly bytesLoaded: number;
  /** The part of it that came from a cache, where that could be told. */
  readonly bytesFromCache: number;
  /** The part that was fetched as media, is lost and was never shown: the sum of `wasted`. */
  readonly bytesWasted: number;
  readonly wasted: WastedBytes;
  /** Media that has arrived and not been shown yet; what `wasted.unplayed` would be if the session ended now. */
  readonly bytesAhead: number;

  /** Bits/s of segments that came whole over the network, from request to last byte: Σ bits / Σ time (Mux Request Throughput; CMCD `mtp` is an estimate, this is not). */
  readonly throughput: number | null;
  /** Mean s from request to first byte, segments over the network (Mux Request Latency; CMCD `ttfb`). */
  readonly requestLatency: number | null;
  /** Attempts at requests of any kind. */
  readonly requests: number;
  /** Those that failed; giving one up is no failure. */
  readonly requestsFailed: number;
  /** Attempts beyond the first. */
  readonly retries: number;
  /** How often a segment came from another host than the one before (CMCD `e=h`). */
  readonly cdnSwitches: number;
  /** How often another engine took over. */
  readonly engineChanges: number;

  /** Errors told of, fatal or not. */
  readonly errors: number;
  /** Times the engine was helped over one. */
  readonly recoveries: number;
  /** Downloads given up for another rendition. */
  readonly abandonments: number;
}

/** Statuses with which a server says that it could and may not. */
const REFUSALS: readonly (number | null)[] = [401, 402, 403, 451];

/** Null where there is nothing to divide by, or so little that it is no number any more. */
function ratio(part: number, whole: number): number | null {
  const share = part / whole;
  return whole > 0 && Number.isFinite(share) ? share : null;
}

/** Mean of a property of what was on screen, weighted by media time; null unless every rendition shown declares it. */
function meanOf({ ladder, totals }: Timeline, property: 'bitrate' | 'width' | 'height'): number | null {
  let sum = 0;
  let time = 0;
  for (let index = 0; index < totals.time.length; index += 1) {
    const shown = totals.time[index] ?? 0;
    if (shown === 0) continue;
    const value = ladder[index]?.[property];
    if (value === undefined) return null;
    sum += value * shown;
    time += shown;
  }
  return ratio(sum, time);
}

/** Changes of the rendition on screen: how many each way, and Σ |change of declared bitrate| in bits/s. */
export interface Switches {
  readonly up: number;
  readonly down: number;
  readonly change: number;
}

/** The {@link Switches} of a timeline. */
export function switchesOf({ ladder, totals }: Timeline): Switches {
  let up = 0;
  let down = 0;
  let change = 0;
  for (const { from, to, count } of totals.switches) {
    if (to > from) up += count;
    else down += count;
    change += count * Math.abs((ladder[to]?.bitrate ?? 0) - (ladder[from]?.bitrate ?? 0));
  }
  return { up, down, change };
}

/** Declared bitrate of what was on screen, weighted by media time, bits/s; null before anything was shown. */
export function averageBitrateOf(timeline: Timeline): number | null {
  return meanOf(timeline, 'bitrate');
}

/** s of wall clock since the request without pauses (CTA-2066 Watched Time). */
export function watchedTimeOf({ timeIn }: Timeline): number {
  return timeIn.starting + timeIn.playing + timeIn.seeking + timeIn.rebuffering;
}

/** s watched before the first frame moved; null if playback never started, or never was asked for. */
export function startupTimeOf({ requestedAt, startedAt, timeIn }: Timeline): number | null {
  return requestedAt === null || startedAt === null ? null : timeIn.starting;
}

/** Stalls, the one going on included. */
export function stallCountOf({ stalls, stall }: Timeline): number {
  return stalls.length + (stall === null ? 0 : 1);
}

function longest({ stalls, stall, longestStall, at }: Timeline): number | null {
  if (stall !== null) return Math.max(longestStall, at - stall.start);
  return stalls.length === 0 ? null : longestStall;
}

function transferred({ kinds }: Network) {
  let [bytes, cached, requests, failed] = [0, 0, 0, 0];
  for (const kind in kinds) {
    const transfer = kinds[kind as keyof typeof kinds];
    if (transfer === undefined) continue;
    bytes += transfer.bytes;
    cached += transfer.cachedBytes;
    requests += transfer.requests;
    failed += transfer.failed;
  }
  return { bytes, cached, requests, failed };
}

/** The metrics of a timeline; pure, and valid for a session cut off anywhere. */
export function sessionMetrics(timeline: Timeline): SessionMetrics {
  const { timeIn, seeks, seek, totals, network, liveLatency, ended } = timeline;
  const failed = timeline.machine.state === 'failed';
  const started = timeline.startedAt !== null;
  const watchedTime = watchedTimeOf(timeline);
  const stallCount = stallCountOf(timeline);
  const openSeek = seek === null ? 0 : timeline.at - seek.start;
  const { up, down, change } = switchesOf(timeline);
  const transfer = transferred(network);
  const ahead = bytesAhead(timeline.ledger);
  const { abandoned, failed: brokenOff, replaced, flushed, forgotten } = timeline.ledger.waste;
  const unplayed = ended === null ? 0 : ahead;
  return {
    initialStartupTime: startupTimeOf(timeline),
    startFailure: failed && !started,
    exitBeforeStart: timeline.requestedAt !== null && !started && !failed && ended !== null,
    playbackFailure: failed,
    businessException: failed && REFUSALS.includes(timeline.errors.find(({ fatal }) => fatal)?.status ?? null),
    viewDropped: ended === null,

    playbackStallCount: stallCount,
    playbackStallDuration: timeIn.rebuffering,
    longestStall: longest(timeline),
    rebufferRatio: ratio(timeIn.rebuffering, watchedTime),
    rebufferFrequency: ratio(stallCount, watchedTime / 60),

    watchedTime,
    playedTime: timeIn.playing,
    pausedTime: timeIn.paused,
    mediaTime: timeline.mediaPlayed,

    seekCount: seeks.length + (seek === null ? 0 : 1),
    seekDuration: timeIn.seeking,
    seekLatency: ratio(timeIn.seeking - openSeek, seeks.length),

    averageBitrate: averageBitrateOf(timeline),
    measuredBitrate: ratio(totals.measuredBits, totals.measuredTime),
    averageWidth: meanOf(timeline, 'width'),
    averageHeight: meanOf(timeline, 'height'),
    averageUpscaling: ratio(totals.upscaling, totals.upscaledTime),
    mostUpscaling: totals.upscaledTime > 0 ? totals.mostUpscaled : null,

    switches: up + down,
    switchesUp: up,
    switchesDown: down,
    switchMagnitude: ratio(change, up + down),

    droppedFrames: timeline.droppedFrames,
    totalFrames: timeline.totalFrames,
    droppedFrameRatio: ratio(Math.min(timeline.droppedFrames, timeline.totalFrames), timeline.totalFrames),

    liveLatency: timeline.latency,
    averageLiveLatency: liveLatency === null ? null : liveLatency.sum / liveLatency.count,
    liveLatencyDrift: liveLatency === null ? null : liveLatency.last - liveLatency.first,

    bytesLoaded: transfer.bytes,
    bytesFromCache: transfer.cached,
    bytesWasted: abandoned + brokenOff + replaced + flushed + forgotten + unplayed,
    wasted: { abandoned, failed: brokenOff, replaced, flushed, forgotten, unplayed },
    bytesAhead: ended === null ? ahead : 0,

    throughput: ratio(network.timedBits, network.timedSeconds),
    requestLatency: ratio(network.firstByteSeconds, network.answered),
    requests: transfer.requests,
    requestsFailed: transfer.failed,
    retries: network.retries,
    cdnSwitches: network.hostSwitches,
    engineChanges: timeline.engineChanges,

    errors: timeline.errorCount,
    recoveries: timeline.recoveries,
    abandonments: timeline.abandonments,
  };
}
