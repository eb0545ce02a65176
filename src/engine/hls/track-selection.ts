import type Hls from 'hls.js';
import type { FactWriter } from '../fact-writer.ts';
import { Events } from './hls-events.ts';
import { trackId } from './media-tracks.ts';

/** Audio and text tracks by our ids. */
export interface TrackSelection {
  selectAudio(id: string): void;
  selectText(id: string | null): void;
}

/** Tells which tracks are in use, and changes them. Subtitles are text tracks of the element, so the browser draws them. */
export function trackSelection(hls: Hls, facts: FactWriter): TrackSelection {
  let audio: string | null = null;
  let text: string | null = null;

  hls.on(Events.AUDIO_TRACK_SWITCHED, (_event, track) => {
    const id = trackId(track);
    if (id === audio) return;
    audio = id;
    facts.tell({ type: 'audioTrackChange', id });
  });

  hls.on(Events.SUBTITLE_TRACK_SWITCH, (_event, { id: at }) => {
    const track = hls.subtitleTracks[at];
    const id = track === undefined ? null : trackId(track);
    if (id === text) return;
    text = id;
    facts.tell({ type: 'textTrackChange', id });
  });

  return {
    selectAudio(id) {
      const at = hls.audioTracks.findIndex((track) => trackId(track) === id);
      // From the next segment on, without a break in what is heard.
      if (at >= 0) hls.nextAudioTrack = at;
      else {
        const elsewhere = hls.allAudioTracks.find((track) => trackId(track) === id);
        if (elsewhere) hls.setAudioOption(elsewhere);
      }
    },
    selectText(id) {
      const at = id === null ? -1 : hls.subtitleTracks.findIndex((track) => trackId(track) === id);
      if (at >= 0) hls.subtitleDisplay = true;
      hls.subtitleTrack = at;
    },
  };
}
