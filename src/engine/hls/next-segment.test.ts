import { describe, expect, it } from 'vitest';
import { describeSegment, type Playlist, segmentAt } from './next-segment.ts';

const playlist = (change: Partial<Playlist> = {}): Playlist => ({
  live: false,
  startSN: 10,
  endSN: 12,
  fragments: [0, 1, 2].map((at) => ({ sn: 10 + at, start: at * 4, duration: 4 })),
  ...change,
});

describe('segmentAt', () => {
  it('is the segment that the end of the buffer is in', () => {
    expect(segmentAt(playlist(), 0)?.sn).toBe(10);
    expect(segmentAt(playlist(), 5)?.sn).toBe(11);
  });

  it('takes a buffer that ends just short of a boundary to end at it', () => {
    expect(segmentAt(playlist(), 3.96)?.sn).toBe(11);
    expect(segmentAt(playlist(), 3.7)?.sn).toBe(10);
  });

  it('is null at the end of the playlist, unless the next segment is being published', () => {
    expect(segmentAt(playlist(), 11.99)).toBeNull();
    const fragmentHint = { sn: 13, start: 12, duration: 4 };
    expect(segmentAt(playlist({ fragmentHint }), 12.02)?.sn).toBe(13);
  });
});

describe('describeSegment', () => {
  it('counts VOD segments from 0 and says how many are left', () => {
    const [, second] = playlist().fragments;
    if (!second) throw new Error('no segment');
    expect(describeSegment(playlist(), second, [null, null])).toEqual({
      number: 1,
      start: 4,
      duration: 4,
      sizes: null,
      remaining: 2,
    });
  });

  it('keeps the media sequence number of live segments, which have no end', () => {
    const live = playlist({ live: true });
    const [first] = live.fragments;
    if (!first) throw new Error('no segment');
    expect(describeSegment(live, first, [1000, null])).toMatchObject({
      number: 10,
      remaining: null,
      sizes: [1000, null],
    });
  });
});
