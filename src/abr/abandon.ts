import type { AbrContext, AbrDecision, DownloadProgress } from './strategy.ts';

/** Seconds of download before the measured rate is trusted: TCP's start and timer noise are over by then. */
const MIN_OBSERVATION = 0.5;
/** Seconds of buffer that must be left when the replacement arrives. */
const RESERVE = 0.5;
/** Share of the measured rate that the replacement is planned with. */
const SAFETY = 0.8;

/** s without a first byte that are always borne, and how many times the usual wait for it. */
const MIN_SILENCE = 1;
const USUAL_WAITS = 3;
/** Share of the buffered time that may pass in silence: with half a minute in hand there is no hurry. */
const SILENT_SHARE = 0.25;

/** How long, in s, nothing at all may arrive. Links of long latency are silent at first, and not dead. */
function patience({ latency }: AbrContext, bufferTime: number): number {
  return Math.max(MIN_SILENCE, USUAL_WAITS * (latency ?? 0), SILENT_SHARE * bufferTime);
}

/**
 * Give up a download that would end after the buffer has run dry, if a lower rendition, measured at the rate of this
 * download, arrives sooner: the highest such rendition that arrives in time, else the lowest.
 *
 * Rate is what the link has carried over the time since the first byte, with what came beside the picture: sound is soon there, and
 * leaves its share. A download of which no byte has arrived has no rate: it is
 * given up, for the lowest, after a silence that is long against the usual wait and against what is buffered.
 * Nothing is given up for a rendition that is not clearly sooner than letting the download end.
 */
export function defaultAbandon(context: AbrContext, progress: DownloadProgress): AbrDecision | null {
  const { candidates, segment, ladder, bufferLevel, playbackRate } = context;
  if (progress.elapsed < MIN_OBSERVATION || progress.index <= (candidates[0] ?? 0)) return null;
  const bufferTime = bufferLevel / Math.max(playbackRate, 0.1);
  if (progress.bytes === 0 && progress.elapsed < patience(context, bufferTime)) return null;
  const sizeOf = (index: number): number =>
    (segment.sizes?.[index] ?? ((ladder[index]?.bitrate ?? 0) * segment.duration) / 8) * 8;
  const wait = progress.firstByte ?? progress.elapsed;
  const transfer = Math.max(progress.elapsed - wait, MIN_OBSERVATION);
  const rate = ((progress.linkBytes ?? progress.bytes) * 8) / transfer;
  const total = progress.totalBytes === null ? sizeOf(progress.index) : progress.totalBytes * 8;
  const left = Math.max(total - progress.bytes * 8, 0);
  const remaining = rate > 0 ? left / rate : Number.POSITIVE_INFINITY;
  if (remaining <= Math.max(bufferTime - RESERVE, 0) || remaining < MIN_OBSERVATION) return null;
  const arrival = (index: number): number =>
    rate > 0 ? sizeOf(index) / (rate * SAFETY) + (progress.firstByte ?? 0) : Number.POSITIVE_INFINITY;
  const lower = candidates.filter((index) => index < progress.index);
  const inTime = lower.filter((index) => arrival(index) < Math.max(bufferTime - RESERVE, 0));
  const index = inTime.at(-1) ?? lower[0];
  if (index === undefined || sizeOf(index) >= left) return null;
  return {
    index,
    reason:
      `${remaining === Number.POSITIVE_INFINITY ? 'nothing arrives' : `${remaining.toFixed(1)} s to go`}` +
      ` at ${(rate / 1e6).toFixed(2)} Mbit/s with ${bufferTime.toFixed(1)} s of buffer`,
  };
}
