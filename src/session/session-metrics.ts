import type { Timeline } from './timeline.ts';

/**
 * Numbers of a session by their CTA-2066 / CTA-5004-B definitions, as of the last fact. Times in s, bitrates in bits/s;
 * null where the session has nothing to define it by.
 */
export interface SessionMetrics {
  /** First request for playback to first frame moving, s (CTA-2066 initialStartupTime; CMCD `msd`). */
  readonly initialStartupTime: number | null;
  /** Unintended stops after start, neither start-up nor seek (CTA-2066 playbackStallCount; CMCD `bsa`). */
  readonly playbackStallCount: number;
  /** s, the stall going on included (CTA-2066 playbackStallDuration; CMCD `bsda`). */
  readonly playbackStallDuration: number;
  /** Share of watched time spent stalled, 0…1 (CTA-2066 average stalled time). */
  readonly rebufferRatio: number | null;
  /** Wall clock from the request on without pauses, s (CTA-2066 watched time). */
  readonly watchedTime: number;
  /** s in state playing. */
  readonly playedTime: number;
  /** s of media played: playing time times rate. */
  readonly mediaTime: number;
  readonly seekCount: number;
  /** s waiting for seeks. */
  readonly seekDuration: number;
  /** Declared bitrate of what was on screen, weighted by media time, bits/s. */
  readonly averageBitrate: number | null;
  /** Changes of the rendition on screen. */
  readonly switches: number;
  readonly switchesUp: number;
  readonly switchesDown: number;
  readonly droppedFrames: number;
  readonly totalFrames: number;
  /** Bytes of bodies received, aborted ones included. */
  readonly bytesLoaded: number;
  readonly liveLatency: number | null;
}

const sum = (values: Iterable<number>): number => {
  let total = 0;
  for (const value of values) total += value;
  return total;
};

/** The metrics of a timeline; pure, and valid for a session cut off anywhere. */
export function sessionMetrics(timeline: Timeline): SessionMetrics {
  const { requestedAt, startedAt, timeIn, stalls, seeks, spans, ladder, at } = timeline;
  const watchedTime = timeIn.starting + timeIn.playing + timeIn.seeking + timeIn.rebuffering;
  const stallDuration = sum(stalls.map(({ start, end }) => (end ?? at) - start));
  const shown = spans.filter(({ played }) => played > 0);
  const shownTime = sum(shown.map(({ played }) => played));
  const bits = sum(shown.map(({ rendition, played }) => (ladder[rendition]?.bitrate ?? 0) * played));
  const steps = shown.slice(1).map(({ rendition }, index) => rendition - (shown[index]?.rendition ?? rendition));
  return {
    initialStartupTime: requestedAt === null || startedAt === null ? null : startedAt - requestedAt,
    playbackStallCount: stalls.length,
    playbackStallDuration: stallDuration,
    rebufferRatio: watchedTime > 0 ? stallDuration / watchedTime : null,
    watchedTime,
    playedTime: timeIn.playing,
    mediaTime: timeline.mediaPlayed,
    seekCount: seeks.length,
    seekDuration: sum(seeks.map(({ start, end }) => (end ?? at) - start)),
    averageBitrate: shownTime > 0 ? bits / shownTime : null,
    switches: steps.filter((step) => step !== 0).length,
    switchesUp: steps.filter((step) => step > 0).length,
    switchesDown: steps.filter((step) => step < 0).length,
    droppedFrames: timeline.droppedFrames,
    totalFrames: timeline.totalFrames,
    bytesLoaded: sum(Object.values(timeline.transfer).map(({ bytes }) => bytes)),
    liveLatency: timeline.latency,
  };
}
