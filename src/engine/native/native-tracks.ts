import type { AudioTrack, TextTrack } from '../../media/rendition.ts';

/** What is read of the browser's audio and text tracks; `id` is often empty. */
export interface BrowserTrack {
  readonly id: string;
  readonly label: string;
  readonly language: string;
  readonly kind: string;
}

/** The browser's list of sounds (HTML, AudioTrackList), where it offers one. */
export interface BrowserAudioTracks extends EventTarget, ArrayLike<BrowserTrack & { enabled: boolean }> {}

/** The list, or nothing where the browser has none (Chromium and Firefox without flags). */
export function audioTracksOf(media: HTMLMediaElement): BrowserAudioTracks | null {
  return (media as { audioTracks?: BrowserAudioTracks }).audioTracks ?? null;
}

/** Stable within a session: the browser's own id, else the place in its list. */
export const trackId = ({ id }: BrowserTrack, index: number): string => (id === '' ? String(index) : id);

const languageOf = ({ language }: BrowserTrack): string | null =>
  language === '' || language === 'und' ? null : language;

const labelOf = (track: BrowserTrack): string => track.label || languageOf(track) || 'unnamed';

/** Sounds in our words. */
export function toAudioTracks(tracks: ArrayLike<BrowserTrack>): readonly AudioTrack[] {
  return Array.from(tracks).map((track, index) => ({
    id: trackId(track, index),
    label: labelOf(track),
    language: languageOf(track),
  }));
}

/** Whether it is text for the viewer: chapters and metadata are not. */
export const isForViewers = ({ kind }: BrowserTrack): boolean => kind === 'subtitles' || kind === 'captions';

/** Subtitles and captions in our words. */
export function toTextTracks(tracks: ArrayLike<BrowserTrack>): readonly TextTrack[] {
  return Array.from(tracks).flatMap((track, index) =>
    isForViewers(track)
      ? [
          {
            id: trackId(track, index),
            label: labelOf(track),
            language: languageOf(track),
            kind: track.kind === 'captions' ? ('captions' as const) : ('subtitles' as const),
          },
        ]
      : [],
  );
}

/** The first track in a language, regional variants included (`en` finds `en-GB`); null if there is none. */
export function inLanguage<T extends { readonly language: string | null }>(
  tracks: readonly T[],
  tag: string | null,
): T | null {
  if (tag === null) return null;
  const base = (language: string): string => language.toLowerCase().split('-')[0] ?? '';
  const exact = tracks.find(({ language }) => language?.toLowerCase() === tag.toLowerCase());
  return exact ?? tracks.find(({ language }) => language !== null && base(language) === base(tag)) ?? null;
}
