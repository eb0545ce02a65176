/**
 * One rung of the ladder: hls.js Level, shaka Variant, DASH Representation, CTA-2066 rendition.
 * `bitrate` is bits/s, declared, audio included where the presentation declares it so (HLS BANDWIDTH);
 * `width`/`height` are pixels of the coded picture; `frameRate` is frames/s; `codecs` is RFC 6381.
 */
export interface Rendition {
  readonly id: string;
  readonly bitrate: number;
  readonly width?: number;
  readonly height?: number;
  readonly frameRate?: number;
  readonly codecs?: string;
}

/** Renditions ascending by bitrate; an index into it is the unit of every decision. Stable for a whole session. */
export type Ladder = readonly Rendition[];

/**
 * A ladder from renditions in any order: ascending by bitrate, then by height.
 *
 * @throws TypeError if there is no rendition, RangeError if a bitrate is not a positive finite number of bits/s
 */
export function toLadder(renditions: readonly Rendition[]): Ladder {
  if (renditions.length === 0) throw new TypeError('ladder must have at least one rendition, got none');
  for (const { id, bitrate } of renditions) {
    if (!(Number.isFinite(bitrate) && bitrate > 0)) {
      throw new RangeError(`bitrate of rendition "${id}" must be > 0 bits/s, got ${bitrate}`);
    }
  }
  return [...renditions].sort((a, b) => a.bitrate - b.bitrate || (a.height ?? 0) - (b.height ?? 0));
}

/** An audio rendition the viewer can choose. `id` is stable within a session; `language` is BCP 47. */
export interface AudioTrack {
  readonly id: string;
  readonly label: string;
  readonly language: string | null;
}

/** A text rendition the viewer can choose: subtitles or captions. `id` is stable within a session; `language` is BCP 47. */
export interface TextTrack {
  readonly id: string;
  readonly label: string;
  readonly language: string | null;
  readonly kind: 'subtitles' | 'captions';
}
