import type { Clock } from '../media/clock.ts';
import type { ElementFact, Report } from '../media/playback-event.ts';

/** What the sampler cannot read off the element itself; s. */
export interface ElementReadings {
  bufferLevel(): number;
  latency(): number | null;
}

const EVENTS: readonly ElementFact['type'][] = ['play', 'pause', 'playing', 'waiting', 'seeking', 'seeked', 'ended'];
/** s between samples while playing: fine enough for a plot, coarse enough for a log. */
const SAMPLE_INTERVAL = 1;

/** Frames dropped and shown since the element was made; zeros for audio. */
export function frameCounts(media: HTMLMediaElement): { readonly dropped: number; readonly total: number } {
  const quality = 'getVideoPlaybackQuality' in media ? (media as HTMLVideoElement).getVideoPlaybackQuality() : null;
  return { dropped: quality?.droppedVideoFrames ?? 0, total: quality?.totalVideoFrames ?? 0 };
}

/**
 * Reports what the element says (play, waiting, seeking …) as it says it, and a sample every second while anything moves.
 * Frame counts start at 0 with the session. Returns what stops it.
 */
export function reportElement(
  media: HTMLMediaElement,
  clock: Clock,
  report: Report,
  readings: ElementReadings,
): () => void {
  const listening = new AbortController();
  const { signal } = listening;
  const before = frameCounts(media);
  for (const type of EVENTS) {
    media.addEventListener(type, () => report({ at: clock.now(), type, position: media.currentTime }), { signal });
  }
  const tellRate = (): void =>
    report({ at: clock.now(), type: 'rateChange', position: media.currentTime, rate: media.playbackRate });
  media.addEventListener('ratechange', tellRate, { signal });
  if (media.playbackRate !== 1) tellRate();
  let last = '';
  const sample = (): void => {
    const frames = frameCounts(media);
    const reading = {
      position: media.currentTime,
      bufferLevel: readings.bufferLevel(),
      droppedFrames: Math.max(frames.dropped - before.dropped, 0),
      totalFrames: Math.max(frames.total - before.total, 0),
      latency: readings.latency(),
    };
    const now = JSON.stringify(reading);
    if (now !== last) report({ at: clock.now(), type: 'sample', ...reading });
    last = now;
  };
  let cancel = (): void => {};
  const tick = (): void => {
    sample();
    cancel = clock.after(SAMPLE_INTERVAL, tick);
  };
  tick();
  return () => {
    cancel();
    listening.abort();
  };
}
