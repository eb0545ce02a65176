import type { Ladder } from '../media/rendition.ts';
import { type MediaLedger, type MediaPiece, pieceAt, shown } from './media-ledger.ts';
import type { Series } from './series.ts';

/** Media shown in one rendition without a change: from session time `start`, `played` s of media from media time `position`. */
export interface PlayedSpan {
  readonly rendition: number;
  readonly start: number;
  readonly position: number;
  readonly played: number;
}

/** A size in device pixels. */
export interface PixelSize {
  readonly width: number;
  readonly height: number;
}

/**
 * Media of one segment (or of none that is known) that was shown in one go: `duration` s of it from media time `position`.
 * `bitrate` is that of the bytes that were fetched for it, bits/s, sound included if `muxed`; `soundBitrate` that of the
 * sound heard with it; `playerSize` that of the player it was shown in. Null where not known.
 */
export interface ShownMedia {
  readonly rendition: number | null;
  readonly position: number;
  readonly duration: number;
  readonly bitrate: number | null;
  readonly muxed: boolean;
  readonly soundBitrate: number | null;
  readonly playerSize: PixelSize | null;
}

/** How often one rendition followed another on screen. */
export interface SwitchCount {
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

/** What the viewer was shown so far; weighted by media time, so that anything averaged over it is one pass over the ladder. */
export interface ShownTotals {
  /** s of media shown in each rendition: `time[rendition]`. */
  readonly time: readonly number[];
  /** The rendition shown last, null before the first. */
  readonly rendition: number | null;
  readonly switches: readonly SwitchCount[];
  /** Bits fetched for `measuredTime` s of media that was shown, sound included. */
  readonly measuredBits: number;
  readonly measuredTime: number;
  /** Σ of upscaling (0 = none, 1 = twice the size) × s, over `upscaledTime` s in which player and picture size were known. */
  readonly upscaling: number;
  readonly upscaledTime: number;
  readonly mostUpscaled: number;
}

/** Nothing was shown. */
export const NOTHING_SHOWN: ShownTotals = {
  time: [],
  rendition: null,
  switches: [],
  measuredBits: 0,
  measuredTime: 0,
  upscaling: 0,
  upscaledTime: 0,
  mostUpscaled: 0,
};

/**
 * How much a picture is enlarged to fill a player, in the dimension that fits first: 0 when it is not, 1 when its sides
 * are doubled. Null when the picture's size is not known.
 *
 * @see Mux, "Understand metric definitions", upscaling
 */
export function upscalingOf(
  picture: { width?: number; height?: number } | undefined,
  player: PixelSize,
): number | null {
  const { width = 0, height = 0 } = picture ?? {};
  if (!(width > 0 && height > 0 && player.width > 0 && player.height > 0)) return null;
  return Math.max(Math.min(player.width / width, player.height / height) - 1, 0);
}

function countSwitch(counts: readonly SwitchCount[], from: number, to: number): readonly SwitchCount[] {
  const index = counts.findIndex((pair) => pair.from === from && pair.to === to);
  const known = counts[index];
  return known ? counts.with(index, { from, to, count: known.count + 1 }) : [...counts, { from, to, count: 1 }];
}

/** The part of a timeline that showing media changes; a draft of one's own, changed in place. */
export interface ShownDraft {
  readonly ladder: Ladder;
  readonly playerSize: PixelSize | null;
  ledger: MediaLedger;
  totals: ShownTotals;
  shown: Series<ShownMedia>;
  showing: ShownMedia | null;
}

const rateOf = (piece: MediaPiece | null): number | null =>
  piece === null || piece.bytes === 0 ? null : (piece.bytes * 8) / (piece.end - piece.start);

/** Where the piece that covers `position` ends, or (none covers it) where the next begins. */
function boundary(pieces: readonly MediaPiece[], piece: MediaPiece | null, position: number): number {
  if (piece !== null) return piece.end;
  let next = Number.POSITIVE_INFINITY;
  for (const { appended, start } of pieces) if (appended && start > position && start < next) next = start;
  return next;
}

/** s between two stretches that still are one. */
const SAME = 0.01;
/** s after which a stretch is closed although the media goes on alike: what works on the open one then has a bound. */
const LONGEST = 10;

const continues = (before: ShownMedia, next: ShownMedia): boolean =>
  before.duration < LONGEST &&
  Math.abs(before.position + before.duration - next.position) < SAME &&
  before.rendition === next.rendition &&
  before.bitrate === next.bitrate &&
  before.muxed === next.muxed &&
  before.playerSize === next.playerSize &&
  before.soundBitrate === next.soundBitrate;

function addMedia(draft: ShownDraft, next: ShownMedia): void {
  const { showing } = draft;
  if (showing !== null && continues(showing, next)) {
    draft.showing = { ...showing, duration: showing.duration + next.duration };
    return;
  }
  if (showing !== null) draft.shown = draft.shown.push(showing);
  draft.showing = next;
}

function addTotals(draft: ShownDraft, { rendition, duration, bitrate, soundBitrate, muxed }: ShownMedia): void {
  const { totals, ladder, playerSize } = draft;
  const known = rendition !== null && rendition < totals.time.length;
  const upscaling = known && playerSize !== null ? upscalingOf(ladder[rendition], playerSize) : null;
  const changed = known && totals.rendition !== null && totals.rendition !== rendition;
  const measured = bitrate === null ? 0 : bitrate + (muxed ? 0 : (soundBitrate ?? 0));
  draft.totals = {
    time: known ? totals.time.with(rendition, (totals.time[rendition] ?? 0) + duration) : totals.time,
    rendition: known ? rendition : totals.rendition,
    switches: changed ? countSwitch(totals.switches, totals.rendition, rendition) : totals.switches,
    measuredBits: totals.measuredBits + measured * duration,
    measuredTime: totals.measuredTime + (bitrate === null ? 0 : duration),
    upscaling: totals.upscaling + (upscaling ?? 0) * duration,
    upscaledTime: totals.upscaledTime + (upscaling === null ? 0 : duration),
    mostUpscaled: Math.max(totals.mostUpscaled, upscaling ?? 0),
  };
}

/** Media from media time `from` on for `duration` s was shown in `rendition`: entered segment by segment. */
export function showMedia(draft: ShownDraft, rendition: number | null, from: number, duration: number): void {
  const to = from + duration;
  const { picture, sound } = draft.ledger;
  let position = from;
  while (position < to) {
    const piece = pieceAt(picture, position);
    const audio = pieceAt(sound, position);
    const end = Math.min(to, boundary(picture, piece, position), boundary(sound, audio, position));
    const media: ShownMedia = {
      rendition,
      position,
      duration: end - position,
      bitrate: rateOf(piece),
      muxed: piece?.muxed ?? false,
      soundBitrate: rateOf(audio),
      playerSize: draft.playerSize,
    };
    addMedia(draft, media);
    addTotals(draft, media);
    position = end;
  }
  draft.ledger = shown(draft.ledger, from, to);
}
