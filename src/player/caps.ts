import type { Clock } from '../media/clock.ts';
import type { CapSource } from '../media/playback-event.ts';
import type { Ladder } from '../media/rendition.ts';
import { frameCounts } from './element-facts.ts';
import type { PlayerSize } from './player-size.ts';

/** A limit from above: pixels of height, bits/s, or an index into the ladder. */
export type RenditionLimit = { readonly height: number } | { readonly bitrate: number } | { readonly index: number };

/** Whether a value from outside is a limit. */
export function isLimit(value: unknown): value is RenditionLimit {
  if (typeof value !== 'object' || value === null) return false;
  return ['height', 'bitrate', 'index'].some((name) => typeof (value as Record<string, unknown>)[name] === 'number');
}

/** The highest rendition within the limit; the lowest if none is. */
export function indexWithin(ladder: Ladder, limit: RenditionLimit): number {
  if ('index' in limit) return Math.min(Math.max(limit.index, 0), ladder.length - 1);
  const within = ladder.findLastIndex((rendition) =>
    'height' in limit ? (rendition.height ?? 0) <= limit.height : rendition.bitrate <= limit.bitrate,
  );
  return Math.max(within, 0);
}

/**
 * The lowest rendition that fills a box of `width` × `height` device pixels in the dimension that is met first, as a
 * picture of that shape is shown; everything above it would be scaled down. Null when none is larger than the box.
 */
export function indexForSize(ladder: Ladder, width: number, height: number): number | null {
  if (!(width > 0 && height > 0)) return null;
  const filling = ladder.findIndex((rendition) => (rendition.width ?? 0) >= width || (rendition.height ?? 0) >= height);
  if (filling < 0 || filling === ladder.length - 1) return null;
  const size = ladder[filling]?.height;
  // Several rungs may share a resolution: the box justifies all of them.
  return ladder.findLastIndex(({ height: own }) => own !== undefined && own === size);
}

/** What data saver allows: 480 lines, about 0.7 GB an hour. */
const DATA_SAVER_HEIGHT = 480;
/** Share of frames dropped in a window that is too many, and the frames a window must have to say so. */
const DROPPED_SHARE = 0.15;
const WINDOW_FRAMES = 60;
/** s for which the rendition that dropped frames is left out. */
const BAN_TIME = 30;

/** Which of the automatic caps are on. */
export interface CapOptions {
  readonly playerSize: boolean;
  readonly droppedFrames: boolean;
  /** `auto` follows the browser's own setting (navigator.connection.saveData). */
  readonly dataSaver: boolean | 'auto';
}

/** Tells of a cap that appeared, moved or (null) went away. */
export type CapChange = (source: CapSource, index: number | null) => void;

/** Caps below the rendition on screen for half a minute when the machine drops too many of its frames. */
function watchFrames(media: HTMLMediaElement, clock: Clock, shown: () => number | null, change: CapChange): () => void {
  let before = frameCounts(media);
  let lift = (): void => {};
  let cancel = (): void => {};
  const look = (): void => {
    const counts = frameCounts(media);
    const frames = counts.total - before.total;
    if (frames >= WINDOW_FRAMES) {
      const share = (counts.dropped - before.dropped) / frames;
      before = counts;
      const index = shown();
      if (share > DROPPED_SHARE && index !== null && index > 0 && document.visibilityState === 'visible') {
        lift();
        change('droppedFrames', index - 1);
        lift = clock.after(BAN_TIME, () => change('droppedFrames', null));
      }
    }
    cancel = clock.after(1, look);
  };
  look();
  return () => {
    cancel();
    lift();
  };
}

const savesData = (): boolean =>
  (globalThis.navigator as { connection?: { saveData?: boolean } } | undefined)?.connection?.saveData === true;

/** The automatic caps of one session at work. */
export interface Caps {
  /** The picture area has this size now, device pixels. */
  resize(size: PlayerSize): void;
  stop(): void;
}

/** Starts the caps that are on. */
export function watchCaps(
  parts: { media: HTMLMediaElement; ladder: Ladder; clock: Clock; shown: () => number | null },
  options: CapOptions,
  change: CapChange,
): Caps {
  const { media, ladder, clock, shown } = parts;
  const last = new Map<CapSource, number | null>();
  const changed: CapChange = (source, index) => {
    if ((last.get(source) ?? null) === index) return;
    last.set(source, index);
    change(source, index);
  };
  if (options.dataSaver === true || (options.dataSaver === 'auto' && savesData())) {
    changed('dataSaver', indexWithin(ladder, { height: DATA_SAVER_HEIGHT }));
  }
  const stop = options.droppedFrames ? watchFrames(media, clock, shown, changed) : () => {};
  return {
    resize({ width, height }) {
      if (options.playerSize) changed('playerSize', indexForSize(ladder, width, height));
    },
    stop,
  };
}
