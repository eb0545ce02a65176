import { describe, expect, it } from 'vitest';
import type { PlaybackEvent } from '../media/playback-event.ts';
import { bufferCurve, waits } from './session-curves.ts';

const buffered = (at: number, start: number): PlaybackEvent => ({
  type: 'buffered',
  at,
  track: 'video',
  rendition: 0,
  start,
  end: start + 4,
  bytes: 1,
});
const element = (type: 'play' | 'playing' | 'waiting', at: number): PlaybackEvent => ({ type, at, position: 0 });

describe('curves of a session', () => {
  it('fills the buffer with each segment, drains it with playback, and shades what the viewer waited', () => {
    const events = [
      element('play', 0),
      buffered(1, 0),
      element('playing', 1),
      buffered(3, 4),
      element('waiting', 9),
      buffered(10, 8),
      element('playing', 10),
    ];
    expect(bufferCurve(events)).toEqual([
      [0, 0],
      [1, 0],
      [1, 4],
      [1, 4],
      [3, 2],
      [3, 6],
      [9, 0],
      [10, 0],
      [10, 4],
      [10, 4],
    ]);
    expect(waits(events)).toEqual([
      [0, 1],
      [9, 10],
    ]);
  });
});
