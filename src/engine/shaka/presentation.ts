import type shaka from 'shaka-player/dist/shaka-player.compiled-es2021.js';
import type { ManifestFact } from '../../media/playback-event.ts';
import type { Ladder } from '../../media/rendition.ts';
import { bufferAhead, type Range } from './buffer-ranges.ts';
import { audioTrackId, audioTracks, textTracks } from './tracks.ts';
import type { Stream } from './variants.ts';

/** Reads a shaka player: what it plays, and where it stands. Times in s. */
export interface Presentation {
  /** The type of the stream that decisions are about: the picture, or the sound where there is no picture. */
  pictureType(): 'video' | 'audio';
  /** Buffered ranges of a stream type, ascending. */
  buffered(content: 'video' | 'audio'): readonly Range[];
  /** Ahead of the playhead in the picture's buffer. */
  bufferLevel(): number;
  /** Longest segment; null before a playlist is known. */
  readonly segmentDuration: number | null;
  live(): { readonly latency: number; readonly target: number; readonly edge: number } | null;
  /** Everything is known that a manifest fact says. `streams` are those whose playlists are there. */
  known(ladder: Ladder, streams: readonly Stream[]): ManifestFact;
  /** Id of the sound in use; null where there is no choice. */
  audioTrack(): string | null;
  textTrack(): string | null;
  /** A segment of this stream was asked for, so its playlist is there. */
  indexed(stream: Stream | null): void;
  /** Whether the text in use has no playlist yet, so that a playlist that fails may be its. */
  textUnindexed(): boolean;
}

/** Where the last segment that a stream knows of ends. */
function endOf({ segmentIndex }: Stream): number {
  const count: number = segmentIndex === null ? 0 : segmentIndex.getNumEvicted() + segmentIndex.getNumReferences();
  const last: shaka.media.SegmentReference | null = count === 0 ? null : (segmentIndex?.get(count - 1) ?? null);
  return last?.getEndTime() ?? 0;
}

/**
 * Makes a {@link Presentation} of shaka's public API only. Its manifest object would say more, but is outside its promise
 * of compatibility and warns on the console.
 */
export function presentation(player: shaka.Player, media: HTMLMediaElement): Presentation {
  let segmentDuration: number | null = null;
  /** How far behind the live edge shaka lets one seek: as of the first playlist, when its live edge is the last segment's end. */
  let delay = 0;
  const indexedTexts = new Set<string>();

  let picture: 'video' | 'audio' | null = null;

  const pictureType = (): 'video' | 'audio' => {
    if (picture !== null) return picture;
    const tracks = player.getVariantTracks();
    const type = tracks.every(({ videoId }) => videoId === null) ? 'audio' : 'video';
    // It stays what it is; before there are tracks, most things have a picture.
    if (tracks.length > 0) picture = type;
    return tracks.length > 0 ? type : 'video';
  };
  const buffered = (content: 'video' | 'audio'): readonly Range[] => player.getBufferedInfo()[content];
  const live = (): ReturnType<Presentation['live']> => {
    if (!player.isLive()) return null;
    const edge = player.seekRange().end;
    return { latency: edge + delay - media.currentTime, target: delay, edge };
  };

  const textTrack = (): string | null => {
    const track = player.getTextTracks().find(({ active }) => active);
    return track === undefined ? null : String(track.id);
  };

  return {
    pictureType,
    buffered,
    bufferLevel: () => bufferAhead(buffered(pictureType()), media.currentTime),
    get segmentDuration() {
      return segmentDuration;
    },
    live,
    known(ladder, streams) {
      const { maxSegmentDuration } = player.getStats();
      segmentDuration = maxSegmentDuration > 0 ? maxSegmentDuration : null;
      const { end } = player.seekRange();
      const isLive = player.isLive();
      if (isLive) delay = Math.max(Math.max(0, ...streams.map(endOf)) - end, 0);
      return {
        type: 'manifest',
        presentation: isLive ? 'live' : 'vod',
        duration: isLive ? null : end,
        ladder,
        segmentDuration,
        targetLatency: isLive ? delay : null,
        audioTracks: audioTracks(player.getVariantTracks()),
        textTracks: textTracks(player.getTextTracks()),
      };
    },
    audioTrack() {
      const sound = player.getAudioTracks().find(({ active }) => active);
      const id = sound === undefined ? null : audioTrackId(sound);
      return audioTracks(player.getVariantTracks()).some((track) => track.id === id) ? id : null;
    },
    textTrack,
    indexed(stream) {
      if (stream?.type === 'text') indexedTexts.add(String(stream.id));
    },
    textUnindexed() {
      const id = textTrack();
      return id !== null && !indexedTexts.has(id);
    },
  };
}
