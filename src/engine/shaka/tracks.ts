import type shaka from 'shaka-player/dist/shaka-player.compiled-es2021.js';
import type { AudioTrack, TextTrack } from '../../media/rendition.ts';

/** What tells one sound from another in shaka's AudioTrack. */
export type Sound = Pick<
  shaka.extern.AudioTrack,
  'language' | 'originalLanguage' | 'label' | 'roles' | 'channelsCount'
>;

const languageOf = (track: { language: string; originalLanguage: string | null }): string | null => {
  const tag = track.originalLanguage ?? track.language;
  return tag === '' || tag === 'und' ? null : tag;
};

const labelOf = (track: { label: string | null; language: string; originalLanguage: string | null }): string =>
  track.label ?? languageOf(track) ?? 'unnamed';

/** What the viewer can tell apart; other bitrates and codecs of the same sound are the same track. */
export function audioTrackId(sound: Sound): string {
  const { label, roles, channelsCount } = sound;
  return [languageOf(sound) ?? 'und', label ?? '', roles.join('+'), channelsCount ?? ''].join('|');
}

/** The sounds among the variants, each once. Sound inside the picture's segments is no choice, so it is left out. */
export function audioTracks(variants: readonly shaka.extern.Track[]): readonly AudioTrack[] {
  const sounds = variants
    .filter(({ audioId }) => audioId !== null)
    .map(({ language, originalLanguage, label, audioRoles, channelsCount }) => ({
      language,
      originalLanguage,
      label,
      roles: audioRoles ?? [],
      channelsCount,
    }));
  const tracks = sounds.map((sound) => ({
    id: audioTrackId(sound),
    label: labelOf(sound),
    language: languageOf(sound),
  }));
  return [...new Map(tracks.map((track) => [track.id, track])).values()];
}

/** Subtitles and captions. */
export function textTracks(tracks: readonly shaka.extern.TextTrack[]): readonly TextTrack[] {
  return tracks.map((track) => ({
    id: String(track.id),
    label: labelOf(track),
    language: languageOf(track),
    kind: track.kind?.startsWith('caption') ? 'captions' : 'subtitles',
  }));
}
