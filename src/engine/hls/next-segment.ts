import type { AbrInput } from '../../abr/strategy.ts';

/** s by which the end of the buffer may miss the boundary of a segment (hls.js: maxFragLookUpTolerance). */
const TOLERANCE = 0.25;

/** What is read of an hls.js Fragment. */
export interface PlaylistSegment {
  readonly sn: number | 'initSegment';
  /** s. */
  readonly start: number;
  readonly duration: number;
}

/** What is read of an hls.js LevelDetails. */
export interface Playlist<S extends PlaylistSegment = PlaylistSegment> {
  readonly live: boolean;
  readonly startSN: number;
  readonly endSN: number;
  readonly fragments: readonly S[];
  /** The segment whose parts are being published (low-latency HLS). */
  readonly fragmentHint?: S | undefined;
}

/** The segment that media time `position` (the end of the buffer, s) is in; null when the playlist does not have it (yet). */
export function segmentAt<S extends PlaylistSegment>(playlist: Playlist<S>, position: number): S | null {
  const after = ({ start, duration }: PlaylistSegment): boolean =>
    start + duration - Math.min(TOLERANCE, duration / 2) > position;
  const found = playlist.fragments.find(after);
  if (found) return found;
  const { fragmentHint } = playlist;
  return fragmentHint && after(fragmentHint) ? fragmentHint : null;
}

/**
 * The segment as strategies see it. In a VOD presentation numbers count from 0 whatever the playlist starts at; live, they are
 * media sequence numbers.
 *
 * @param sizes bytes for each rung, null where not known
 */
export function describeSegment(
  playlist: Playlist,
  segment: PlaylistSegment,
  sizes: readonly (number | null)[] | null,
): AbrInput['segment'] {
  const { live, startSN, endSN } = playlist;
  const sn = segment.sn === 'initSegment' ? startSN : segment.sn;
  return {
    number: live ? sn : sn - startSN,
    start: segment.start,
    duration: segment.duration,
    sizes: sizes?.some((size) => size !== null) ? sizes : null,
    remaining: live ? null : endSN - sn + 1,
  };
}
