import type { PlaybackEvent } from '../media/playback-event.ts';

/** Start-up and stalls of a session: from and to, s on its clock. */
export function waits(events: readonly PlaybackEvent[]): [number, number][] {
  const spans: [number, number][] = [];
  let since: number | null = null;
  for (const event of events) {
    if (event.type === 'play' || event.type === 'waiting') since ??= event.at;
    else if (event.type === 'playing' && since !== null) {
      spans.push([since, event.at]);
      since = null;
    }
  }
  return spans;
}

/** Forward buffer over time, as points of `[at, level]` in s: up with each segment, down with playback at normal speed. */
export function bufferCurve(events: readonly PlaybackEvent[]): [number, number][] {
  const curve: [number, number][] = [[0, 0]];
  let level = 0;
  let at = 0;
  let playing = false;
  const advance = (to: number): void => {
    if (playing) level = Math.max(0, level - (to - at));
    at = to;
    curve.push([at, level]);
  };
  for (const event of events) {
    if (event.type === 'buffered') {
      advance(event.at);
      level += event.end - event.start;
      curve.push([at, level]);
    } else if (event.type === 'playing' || event.type === 'waiting' || event.type === 'ended') {
      advance(event.at);
      playing = event.type === 'playing';
    }
  }
  return curve;
}
