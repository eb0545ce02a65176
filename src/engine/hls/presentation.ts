import type Hls from 'hls.js';
import type { Level, LevelDetails, ManifestParsedData } from 'hls.js';
import type { TrackType } from '../../media/playback-event.ts';
import type { FactWriter } from '../fact-writer.ts';
import { type LadderMap, mapLadder } from '../ladder-map.ts';
import { checkDecoding } from './decoding-support.ts';
import { Events } from './hls-events.ts';
import { rungOfLevel } from './level-rung.ts';
import { audioTracksOf, textTracksOf } from './media-tracks.ts';

/** What is known of the presentation. */
export interface Presentation {
  /** Null until the multivariant playlist is parsed. */
  ladder(): LadderMap<Level> | null;
  /** What the segments of hls.js's levels carry. */
  mainTrack(): TrackType;
}

/** `video` where audio has playlists of its own; without declared codecs, segments are taken to hold both. */
export function mainTrackOf({
  audio,
  video,
  altAudio,
}: Pick<ManifestParsedData, 'audio' | 'video' | 'altAudio'>): TrackType {
  if (altAudio) return 'video';
  if (audio === video) return 'muxed';
  return video ? 'video' : 'audio';
}

/** Distance from the live edge that hls.js aims at, s: the server's hold-back, else three target durations (RFC 8216bis, 4.4.3.8). */
export function targetLatencyOf(
  { holdBack, partHoldBack, targetduration }: Pick<LevelDetails, 'holdBack' | 'partHoldBack' | 'targetduration'>,
  lowLatency: boolean,
  count: number,
): number {
  return (lowLatency && partHoldBack) || holdBack || count * targetduration;
}

/**
 * Tells the `manifest` fact when the first media playlist is there. Must be made before hls.js's own controllers, so that the fact,
 * and the caps that follow from it, come before the first segment is asked for. `failed` hears of a ladder that cannot be made.
 */
export function watchPresentation(
  hls: Hls,
  facts: FactWriter,
  hooks: { readonly known: () => void; readonly failed: (cause: unknown) => void },
): Presentation {
  let map: LadderMap<Level> | null = null;
  let track: TrackType = 'muxed';
  let parsed: ManifestParsedData | null = null;
  let told = false;

  hls.on(Events.MANIFEST_PARSED, (_event, data) => {
    if (map !== null) return;
    parsed = data;
    track = mainTrackOf(data);
    checkDecoding(hls, data.levels);
    try {
      map = mapLadder(data.levels, rungOfLevel);
    } catch (cause) {
      hooks.failed(cause);
    }
  });

  hls.on(Events.LEVEL_LOADED, (_event, { details }) => {
    if (told || map === null) return;
    told = true;
    const { lowLatencyMode, liveSyncDurationCount, liveSyncDuration } = hls.config;
    const target = liveSyncDuration ?? targetLatencyOf(details, lowLatencyMode, liveSyncDurationCount);
    facts.tell({
      type: 'manifest',
      presentation: details.live ? 'live' : 'vod',
      duration: details.live ? null : details.totalduration,
      ladder: map.ladder,
      segmentDuration: details.averagetargetduration ?? details.targetduration,
      targetLatency: details.live ? target : null,
      audioTracks: audioTracksOf(parsed?.audioTracks ?? []),
      textTracks: textTracksOf(parsed?.subtitleTracks ?? []),
    });
    hooks.known();
  });

  return { ladder: () => map, mainTrack: () => track };
}
