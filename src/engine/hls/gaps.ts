import type Hls from 'hls.js';
import type { Fragment, LevelDetails } from 'hls.js';
import { Events } from './hls-events.ts';

/** Segments that are nowhere to be had, played over as if the playlists had declared them missing (EXT-X-GAP). */
export interface Gaps {
  /** From now on this segment is not asked for, in any rendition of its kind. */
  leaveOut(frag: Fragment): void;
}

/** Must be made before hls.js's own controllers: playlists that arrive later are marked before they are used. */
export function createGaps(hls: Hls): Gaps {
  const missing = { main: new Set<number>(), audio: new Set<number>(), subtitle: new Set<number>() };

  const mark = (details: LevelDetails | undefined, numbers: ReadonlySet<number>): void => {
    for (const fragment of details?.fragments ?? []) {
      if (!numbers.has(fragment.sn) || fragment.gap) continue;
      fragment.gap = true;
      fragment.tagList.push(['GAP']);
    }
  };

  hls.on(Events.LEVEL_LOADED, (_event, { details }) => mark(details, missing.main));
  hls.on(Events.AUDIO_TRACK_LOADED, (_event, { details }) => mark(details, missing.audio));
  hls.on(Events.SUBTITLE_TRACK_LOADED, (_event, { details }) => mark(details, missing.subtitle));
  hls.on(Events.ERROR, (_event, { details, frag }) => {
    // hls.js takes a gap for a fault of the level it meets it in.
    const level = details === 'fragGap' && frag?.type === 'main' ? hls.levels[frag.level] : undefined;
    if (level && level.fragmentError === 0) level.loadError = 0;
  });

  return {
    leaveOut(frag) {
      if (frag.sn === 'initSegment') return;
      const numbers = missing[frag.type];
      numbers.add(frag.sn);
      const playlists = { main: hls.levels, audio: hls.allAudioTracks, subtitle: hls.allSubtitleTracks }[frag.type];
      for (const { details } of playlists) mark(details, numbers);
    },
  };
}
