/** A stretch of buffered media and its rendition; media time, s. */
interface Stretch {
  readonly start: number;
  readonly end: number;
  readonly rendition: number;
}

/** s by which the ends of neighbouring segments may miss each other. */
const TOLERANCE = 0.1;

/** Knows which rendition is at which media time of the buffer, and tells when another one comes on screen. */
export interface ShownRendition {
  /** Picture media of `rendition` was appended from `start` to `end`; it replaces what was there. */
  appended(start: number, end: number, rendition: number): void;
  flushed(start: number, end: number): void;
  /** What is buffered at `position`; null if nothing known is. */
  at(position: number): number | null;
  /** Whether a segment that begins after `position` is buffered in another rendition. */
  othersAfter(position: number, rendition: number): boolean;
  /** Looks at the element now; engines call it where they know more than the element's events say. */
  look(): void;
  stop(): void;
}

/**
 * Watches the element's position over the buffered stretches. `changed` is called with the rendition that came on screen and
 * the media time it is shown from: the start of its stretch in steady playback, the position itself after a seek.
 */
export function shownRendition(
  media: HTMLMediaElement,
  changed: (rendition: number, position: number) => void,
): ShownRendition {
  let stretches: readonly Stretch[] = [];
  let shown: number | null = null;
  /** Position of the last look; null when playback did not run from there to here. */
  let last: number | null = null;
  const cut = (start: number, end: number): Stretch[] =>
    stretches
      .flatMap((stretch) => [
        { ...stretch, end: Math.min(stretch.end, start) },
        { ...stretch, start: Math.max(stretch.start, end) },
      ])
      .filter((stretch) => stretch.end - stretch.start > TOLERANCE / 2);
  const find = (position: number): Stretch | undefined =>
    stretches.findLast((stretch) => position >= stretch.start && position < stretch.end) ??
    stretches.find((stretch) => position >= stretch.start - TOLERANCE && position < stretch.end);
  const look = (): void => {
    const position = media.currentTime;
    const here = find(position);
    const from = last;
    last = position;
    if (here === undefined || here.rendition === shown || media.readyState < 2 || media.seeking) return;
    shown = here.rendition;
    const crossed = from !== null && from <= here.start && here.start <= position;
    changed(here.rendition, crossed ? here.start : position);
  };
  const listening = new AbortController();
  for (const type of ['timeupdate', 'playing', 'seeked', 'loadeddata', 'canplay']) {
    media.addEventListener(type, look, { signal: listening.signal });
  }
  const onSeeking = (): void => {
    last = null;
  };
  media.addEventListener('seeking', onSeeking, { signal: listening.signal });
  return {
    appended(start, end, rendition) {
      stretches = [...cut(start, end), { start, end, rendition }].sort((a, b) => a.start - b.start);
    },
    flushed(start, end) {
      stretches = cut(start, end);
    },
    at: (position) => find(position)?.rendition ?? null,
    othersAfter: (position, rendition) =>
      stretches.some((stretch) => stretch.start > position && stretch.rendition !== rendition),
    look,
    stop: () => listening.abort(),
  };
}
