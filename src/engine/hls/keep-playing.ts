import type Hls from 'hls.js';
import { Events } from './hls-events.ts';

/**
 * Attaching the media anew resets the element, which pauses it and sets its rate back (HTML, "media element load algorithm"): what
 * the viewer had is restored. Must be made before hls.js's own controllers, to see the element before they reset it.
 */
export function keepPlaying(hls: Hls, media: HTMLMediaElement): void {
  let before: { readonly playing: boolean; readonly rate: number } | null = null;

  hls.on(Events.MEDIA_DETACHING, () => {
    // Detached again before it was attached: the element was reset already.
    before ??= { playing: !media.paused && !media.ended, rate: media.playbackRate };
  });

  hls.on(Events.MEDIA_ATTACHED, () => {
    if (before === null) return;
    media.playbackRate = before.rate;
    // A refusal is the browser's wish for a gesture: then the viewer sees a paused player.
    if (before.playing) media.play().catch(() => {});
    before = null;
  });
}
