import type { MediaPlaylist } from 'hls.js';
import type { AudioTrack, TextTrack } from '../../media/rendition.ts';

/** What of an hls.js track names it. The same audio in another group (other codec, more channels) is the same track to a viewer. */
export type NamedTrack = Pick<MediaPlaylist, 'name' | 'lang'>;

/** Stable within a session, the same in every rendition group: EXT-X-MEDIA's NAME is unique in a group (RFC 8216, 4.3.4.1). */
export function trackId({ name, lang }: NamedTrack): string {
  return lang ? `${lang}:${name}` : name;
}

const label = ({ name, lang }: NamedTrack): string => name || lang || 'unnamed';

/** The first of each, in their order. */
const distinct = <T extends NamedTrack>(tracks: readonly T[]): readonly T[] =>
  tracks.filter((track, at) => tracks.findIndex((other) => trackId(other) === trackId(track)) === at);

/** Audio renditions of all groups, each once. */
export function audioTracksOf(tracks: readonly NamedTrack[]): readonly AudioTrack[] {
  return distinct(tracks).map((track) => ({ id: trackId(track), label: label(track), language: track.lang ?? null }));
}

/** Subtitle renditions of all groups, each once; those that transcribe dialogue and sound are captions (RFC 8216, CHARACTERISTICS). */
export function textTracksOf(
  tracks: readonly (NamedTrack & Pick<MediaPlaylist, 'characteristics'>)[],
): readonly TextTrack[] {
  return distinct(tracks).map((track) => ({
    id: trackId(track),
    label: label(track),
    language: track.lang ?? null,
    kind: /transcribes-spoken-dialog/i.test(track.characteristics ?? '') ? 'captions' : 'subtitles',
  }));
}
