import { stallCountOf, startupTimeOf, watchedTimeOf } from '../session/session-metrics.ts';
import { type PixelSize, upscalingOf } from '../session/shown-media.ts';
import type { Timeline } from '../session/timeline.ts';
import type { QoeScore, QoeScorer } from './qoe-scorer.ts';

/** Options of {@link experience}. */
export interface ExperienceOptions {
  /** Size of the player in device pixels where the session does not tell it; without one, picture quality has no say. */
  readonly playerSize?: PixelSize;
}

/** s of waiting for the first frame after which an exit says something about the service. */
const PATIENCE = 1;

/** 100 at once, 50 after 8 s. */
const startupScore = (seconds: number): number => (100 * 8) / (8 + seconds);

function smoothnessScore(count: number, fraction: number): number {
  const byCount = 100 / Math.sqrt(1 + (count / 2) ** 2);
  const byTime = 100 * Math.exp(-10 * fraction);
  return (byCount + byTime) / 2;
}

const qualityScore = (average: number, most: number): number => 100 * Math.exp(-0.33 * (0.15 * most + 0.85 * average));

/** Upscaling of what was shown, as the session told it or for a player of a given size; null if it cannot be known. */
function upscalingShown(
  { totals, ladder }: Timeline,
  playerSize: PixelSize | null,
): { average: number; most: number } | null {
  if (totals.upscaledTime > 0) {
    return { average: totals.upscaling / totals.upscaledTime, most: totals.mostUpscaled };
  }
  if (playerSize === null) return null;
  let [sum, time, most] = [0, 0, 0];
  for (const [index, shown] of totals.time.entries()) {
    const upscaling = shown > 0 ? upscalingOf(ladder[index], playerSize) : null;
    if (upscaling === null) continue;
    sum += upscaling * shown;
    time += shown;
    most = Math.max(most, upscaling);
  }
  return time > 0 ? { average: sum / time, most } : null;
}

/** 100 played, 50 given up before the start, 0 failed; null when it cannot be said (yet), or the exit was too quick to mean anything. */
function successOf(timeline: Timeline): number | null {
  if (timeline.machine.state === 'failed') return 0;
  if (timeline.startedAt !== null) return 100;
  const gaveUp = timeline.requestedAt !== null && timeline.ended !== null;
  return gaveUp && timeline.timeIn.starting >= PATIENCE ? 50 : null;
}

/**
 * How a viewer experienced a session, 0…100: success × the mean of start-up, smoothness and picture quality.
 *
 * - `startup` = 100·8 / (8 + s)
 * - `smoothness` = mean of 100 / √(1 + (stalls / 2)²) and 100·e^(−10·share of watched time stalled)
 * - `quality` = 100·e^(−0.33·(0.15·U_most + 0.85·U_average)), U being how far the picture was enlarged, as a fraction
 * - `success` = 100 if it played, 50 if the viewer gave up after waiting for a second at least, 0 if it failed
 *
 * The four follow Mux's published scores. Mux does not publish how it puts them together, so the whole is ours and not
 * a Mux score. A session that never started has only start-up (by the time waited) and success. Picture quality says
 * nothing of bitrate: a starved 1080p is as good as a rich one.
 *
 * @see Mux, "Understand viewer experience metrics"
 */
export function experience(options: ExperienceOptions = {}): QoeScorer {
  const { playerSize = null } = options;
  if (playerSize !== null && !(playerSize.width > 0 && playerSize.height > 0)) {
    throw new RangeError(`playerSize must be > 0 pixels, got ${playerSize.width}×${playerSize.height}`);
  }
  return { name: 'experience', score: (timeline) => scoreOf(timeline, playerSize) };
}

function scoreOf(timeline: Timeline, playerSize: PixelSize | null): QoeScore {
  const success = successOf(timeline);
  if (success === null) return { value: null, terms: {} };
  const startup = startupScore(startupTimeOf(timeline) ?? timeline.timeIn.starting);
  if (timeline.startedAt === null) return { value: (success / 100) * startup, terms: { success, startup } };
  const watched = watchedTimeOf(timeline);
  const smoothness = smoothnessScore(stallCountOf(timeline), watched > 0 ? timeline.timeIn.rebuffering / watched : 0);
  const upscaling = upscalingShown(timeline, playerSize);
  if (upscaling === null) {
    const notes = ['size of player or picture not known: picture quality has no say'];
    return { value: (success / 100) * ((startup + smoothness) / 2), terms: { success, startup, smoothness }, notes };
  }
  const quality = qualityScore(upscaling.average, upscaling.most);
  return {
    value: (success / 100) * ((startup + smoothness + quality) / 3),
    terms: { success, startup, smoothness, quality },
  };
}
