import { startupTimeOf } from '../session/session-metrics.ts';
import type { ShownMedia } from '../session/shown-media.ts';
import type { Timeline } from '../session/timeline.ts';
import { foldShown } from './fold-shown.ts';
import { type LinearNormalisation, type LinearPenalties, linearScore } from './linear-qoe.ts';
import type { QoeScore, QoeScorer } from './qoe-scorer.ts';

/**
 * Measured quality of every segment of a presentation, carried beside it: s of media in a segment, and for each
 * rendition, by its `id`, `scores[segment]` from the first on.
 */
export interface QualityTable {
  readonly segmentDuration: number;
  readonly renditions: Readonly<Record<string, readonly number[]>>;
}

/** Most segments of a rendition: a day of 2 s segments. */
const MOST_SEGMENTS = 43_200;

/**
 * Reads a {@link QualityTable} from JSON: `{"segmentDuration": 4, "renditions": {"720p": [93.1, …], …}}`.
 *
 * @throws SyntaxError if the text is not JSON, TypeError naming the field, what was expected and what came
 */
export function parseQualityTable(text: string): QualityTable {
  const value: unknown = JSON.parse(text);
  const { segmentDuration, renditions } = (value ?? {}) as Partial<Record<keyof QualityTable, unknown>>;
  if (typeof segmentDuration !== 'number' || !(segmentDuration > 0)) {
    throw new TypeError(`segmentDuration must be a number > 0 s, got ${JSON.stringify(segmentDuration)}`);
  }
  if (typeof renditions !== 'object' || renditions === null || Array.isArray(renditions)) {
    throw new TypeError(`renditions must be an object of lists by rendition id, got ${JSON.stringify(renditions)}`);
  }
  for (const [id, scores] of Object.entries(renditions)) {
    const fine = Array.isArray(scores) && scores.length <= MOST_SEGMENTS && scores.every(Number.isFinite);
    if (!fine) throw new TypeError(`renditions["${id}"] must be a list of at most ${MOST_SEGMENTS} numbers`);
  }
  return { segmentDuration, renditions: renditions as QualityTable['renditions'] };
}

/** Options of {@link vmafQoe} and {@link ssimQoe}. */
export interface PictureQualityOptions {
  readonly table: QualityTable;
  /** What a second of stalling takes off, and a change of quality by one; default as the model's paper has it. */
  readonly penalties?: LinearPenalties;
  /** Default `perChunk`. */
  readonly normalise?: LinearNormalisation;
}

/** A model of this kind: how a measured score becomes quality, and what takes it off. */
interface Model {
  readonly name: string;
  readonly qualityOf: (score: number) => number;
  readonly penalties: LinearPenalties;
}

/** Weights by which Comyco fits VMAF to what viewers said: a switch up adds. @see Huang et al. (Comyco), ACM MM 2019 */
const COMYCO = { quality: 0.8469011, stall: 28.79591348, up: -0.29797156, down: 1.06099887 } as const;

/** What was added up so far; `segment` and `rendition` say which chunk the last one was. */
interface Sums {
  readonly segment: number;
  readonly rendition: string;
  readonly last: number | null;
  readonly quality: number;
  readonly chunks: number;
  readonly up: number;
  readonly down: number;
  /** s of media whose score the table does not have. */
  readonly missing: number;
}

const NONE: Sums = { segment: -1, rendition: '', last: null, quality: 0, chunks: 0, up: 0, down: 0, missing: 0 };
/** s by which the edges of segments and of what was shown may differ. */
const EDGE = 0.02;

function addPart(sums: Sums, quality: number, segment: number, rendition: string, share: number): Sums {
  const same = sums.segment === segment && sums.rendition === rendition;
  const change = same || sums.last === null ? 0 : quality - sums.last;
  return {
    segment,
    rendition,
    last: quality,
    quality: sums.quality + quality * share,
    chunks: sums.chunks + share,
    up: sums.up + Math.max(change, 0),
    down: sums.down + Math.max(-change, 0),
    missing: sums.missing,
  };
}

function addMedia(
  sums: Sums,
  media: ShownMedia,
  { ladder }: Timeline,
  table: QualityTable,
  qualityOf: Model['qualityOf'],
): Sums {
  const { segmentDuration, renditions } = table;
  const id = ladder[media.rendition ?? -1]?.id ?? '';
  const scores = Object.hasOwn(renditions, id) ? renditions[id] : undefined;
  const end = media.position + media.duration;
  let now = sums;
  let position = media.position;
  while (end - position > (position === media.position ? 0 : EDGE)) {
    const segment = Math.floor((position + EDGE) / segmentDuration);
    const score = scores?.[segment];
    const until = score === undefined ? end : Math.min(end, (segment + 1) * segmentDuration);
    const share = (until - position) / segmentDuration;
    now =
      score === undefined
        ? { ...now, missing: now.missing + until - position }
        : addPart(now, qualityOf(score), segment, id, share);
    position = until;
  }
  return now;
}

function pictureQuality(
  model: Model,
  { table, penalties = model.penalties, normalise = 'perChunk' }: PictureQualityOptions,
): QoeScorer {
  const sumsOf = foldShown(NONE, (sums, media, timeline) => addMedia(sums, media, timeline, table, model.qualityOf));
  const score = (timeline: Timeline): QoeScore => {
    const startup = startupTimeOf(timeline);
    const { quality, chunks, up, down, missing } = sumsOf(timeline);
    if (startup === null) return { value: null, terms: {} };
    const { segmentDuration: chunkDuration } = table;
    const totals = { quality, up, down, stall: timeline.timeIn.rebuffering, startup, chunks, chunkDuration };
    return {
      ...linearScore(totals, penalties, normalise),
      ...(normalise === 'sum' && timeline.ended === null ? { provisional: true } : {}),
      ...(missing > EDGE
        ? { notes: [`no quality known for ${missing.toFixed(1)} s of what was shown: left out`] }
        : {}),
    };
  };
  return { name: model.name, score };
}

/**
 * The linear family on VMAF, 0…100, for presentations that carry it: 0.847·Σ VMAF − 28.8·Σ T + 0.298·Σ rises −
 * 1.061·Σ falls, over chunks; T is s of stalling and start-up. `terms` add up to `value`.
 *
 * @see Huang et al. (Comyco), ACM Multimedia 2019; without its constant −2.66, so that a session without anything is 0
 */
export function vmafQoe(options: PictureQualityOptions): QoeScorer {
  const { quality, stall, up, down } = COMYCO;
  return pictureQuality(
    { name: 'vmaf', qualityOf: (vmaf) => quality * vmaf, penalties: { stall, up: up / quality, down: down / quality } },
    options,
  );
}

/**
 * The linear family on SSIM, 0…1, taken in decibels: −10·log10(1 − SSIM) held within 0…60; μ 20 a second of stalling or
 * start-up, λ 1.
 *
 * @see Yan et al. (Puffer, Fugu), NSDI 2020; μ as in its code, the paper has 100
 */
export function ssimQoe(options: PictureQualityOptions): QoeScorer {
  const decibels = (ssim: number): number => Math.min(Math.max(-10 * Math.log10(Math.max(1 - ssim, 1e-6)), 0), 60);
  return pictureQuality({ name: 'ssim', qualityOf: decibels, penalties: { stall: 20, up: 1, down: 1 } }, options);
}
