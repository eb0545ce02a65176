import { describe, expect, it } from 'vitest';
import type { Fact, PlaybackEvent } from '../media/playback-event.ts';
import { sessionMetrics } from './session-metrics.ts';
import { replay } from './timeline.ts';

type Track = 'video' | 'audio' | 'muxed' | 'text';

let number = 0;
const request = (
  segment: { track: Track; rendition: number | null; start: number; duration?: number } | null,
  bytes: number,
  rest: Partial<Extract<Fact, { type: 'request' }>> = {},
): Fact => ({
  type: 'request',
  id: ++number,
  attempt: 1,
  kind: 'segment',
  url: 'https://cdn.example/a',
  segment: segment && { duration: 4, number: null, ...segment },
  start: 0,
  firstByte: 0,
  bytes,
  status: 200,
  outcome: 'ok',
  fromCache: false,
  error: null,
  ...rest,
});
const buffered = (
  rendition: number | null,
  start: number,
  bytes: number,
  track: Track = 'video',
  end = start + 4,
): Fact => ({
  type: 'buffered',
  track,
  rendition,
  start,
  end,
  bytes,
});
const flushed = (start: number, end: number, track: Track = 'video'): Fact => ({ type: 'flushed', track, start, end });
const playing: Fact = { type: 'playing', position: 0 };
const end: Fact = { type: 'sessionEnd', reason: 'quit' };
const shown: Fact = { type: 'renditionChange', index: 0, position: 0 };

/** Facts at 0 s, then played to a media time, then the rest. */
const bytesOf = (before: readonly Fact[], playTo: number, after: readonly Fact[] = []) => {
  const events = [
    ...before.map((fact) => ({ ...fact, at: 0 })),
    { ...playing, at: 0 },
    { type: 'pause', position: playTo, at: playTo },
    ...after.map((fact) => ({ ...fact, at: playTo })),
  ];
  const { wasted, bytesWasted, bytesAhead, bytesLoaded } = sessionMetrics(replay(events as PlaybackEvent[]));
  return { ...wasted, bytesWasted, bytesAhead, bytesLoaded };
};
const none = {
  abandoned: 0,
  failed: 0,
  replaced: 0,
  flushed: 0,
  forgotten: 0,
  unplayed: 0,
  bytesWasted: 0,
  bytesAhead: 0,
};

describe('bytes that were fetched', () => {
  it('and shown are not wasted', () => {
    expect(
      bytesOf(
        [
          shown,
          request({ track: 'video', rendition: 0, start: 0 }, 4000),
          buffered(0, 0, 4000),
          request({ track: 'audio', rendition: null, start: 0 }, 400),
          buffered(null, 0, 400, 'audio'),
        ],
        4,
        [end],
      ),
    ).toEqual({ ...none, bytesLoaded: 4400 });
  });

  it('and lie ahead are not wasted until the session ends', () => {
    const before = [shown, buffered(0, 0, 4000), buffered(0, 4, 8000)];
    // 3 of 4 s shown: 1000 B left of the first, 8000 B of the second.
    expect(bytesOf(before, 3)).toEqual({ ...none, bytesAhead: 9000, bytesLoaded: 0 });
    expect(bytesOf(before, 3, [end])).toEqual({ ...none, unplayed: 9000, bytesWasted: 9000, bytesLoaded: 0 });
  });

  it('and never reached the buffer are ahead, then unplayed', () => {
    const before = [shown, buffered(0, 0, 4000), request({ track: 'video', rendition: 3, start: 4 }, 9000)];
    expect(bytesOf(before, 4)).toMatchObject({ bytesAhead: 9000, bytesWasted: 0 });
    expect(bytesOf(before, 4, [end])).toMatchObject({ unplayed: 9000, bytesWasted: 9000 });
  });

  it('of a download given up are abandoned, of one that broke off failed', () => {
    expect(
      bytesOf(
        [
          request({ track: 'video', rendition: 5, start: 0 }, 700, { outcome: 'aborted' }),
          request({ track: 'video', rendition: 5, start: 0 }, 30, { outcome: 'failed' }),
        ],
        0,
        [end],
      ),
    ).toEqual({ ...none, abandoned: 700, failed: 30, bytesWasted: 730, bytesLoaded: 730 });
  });

  it('of playlists and keys are no media', () => {
    expect(
      bytesOf([request(null, 999, { kind: 'playlist' }), request(null, 9, { kind: 'key', outcome: 'aborted' })], 0, [
        end,
      ]),
    ).toEqual({ ...none, bytesLoaded: 1008 });
  });

  it('and fetched again in another rendition are replaced: only what was not shown', () => {
    const before = [shown, buffered(0, 0, 4000), buffered(0, 4, 4000), buffered(0, 8, 4000)];
    // Shown up to 5 s: 3/4 of the segment at 4 s and all of the one at 8 s are replaced.
    const after = [buffered(6, 4, 20_000), buffered(6, 8, 20_000)];
    expect(bytesOf(before, 5, after)).toMatchObject({ replaced: 7000, bytesWasted: 7000, bytesAhead: 40_000 });
  });

  it('and fetched again before they were appended are replaced', () => {
    const before = [
      shown,
      request({ track: 'video', rendition: 2, start: 0 }, 500),
      request({ track: 'video', rendition: 0, start: 0 }, 100),
      buffered(0, 0, 100),
    ];
    expect(bytesOf(before, 4, [end])).toMatchObject({ replaced: 500, unplayed: 0, bytesWasted: 500 });
  });

  it('and thrown out of the buffer are flushed: only what was not shown', () => {
    const before = [shown, buffered(0, 0, 4000), buffered(0, 4, 4000)];
    expect(bytesOf(before, 5, [flushed(0, 3)])).toMatchObject({ flushed: 0, bytesAhead: 3000 });
    expect(bytesOf(before, 5, [flushed(6, 100)])).toMatchObject({ flushed: 2000, bytesAhead: 1000 });
    expect(bytesOf(before, 5, [flushed(0, 100, 'audio')])).toMatchObject({ flushed: 0, bytesAhead: 3000 });
  });

  it('in two halves when the middle is thrown out', () => {
    const before = [shown, buffered(0, 0, 10_000, 'video', 10)];
    expect(bytesOf(before, 0, [flushed(4, 6)])).toMatchObject({ flushed: 2000, bytesAhead: 8000 });
    expect(bytesOf(before, 10, [flushed(4, 6)])).toMatchObject({ flushed: 0, bytesAhead: 0 });
  });

  it('overlap a little at seams (audio priming, rounded times) without being replaced', () => {
    expect(bytesOf([shown, buffered(0, 0, 4000, 'video', 4.04), buffered(0, 4, 4000)], 8, [end])).toMatchObject({
      replaced: 0,
    });
  });

  it('shown twice are shown once', () => {
    const again: Fact[] = [
      { type: 'seeking', position: 0 },
      { type: 'seeked', position: 0 },
    ];
    expect(bytesOf([shown, buffered(0, 0, 4000)], 2, [...again, end])).toMatchObject({ unplayed: 2000 });
  });

  it('of parts (low latency) are together the segment that is appended', () => {
    const part = (start: number): Fact => request({ track: 'video', rendition: 0, start, duration: 1 }, 1000);
    expect(bytesOf([shown, part(0), part(1), part(2), part(3), buffered(0, 0, 4000)], 4, [end])).toMatchObject({
      bytesLoaded: 4000,
      bytesWasted: 0,
    });
  });

  it('of picture and sound in one are counted once', () => {
    expect(
      bytesOf([shown, request({ track: 'muxed', rendition: 0, start: 0 }, 4000), buffered(0, 0, 4000, 'muxed')], 1, [
        end,
      ]),
    ).toMatchObject({ bytesLoaded: 4000, unplayed: 3000 });
  });

  it('of text are no waste', () => {
    expect(bytesOf([request({ track: 'text', rendition: null, start: 0 }, 50)], 0, [end])).toMatchObject({
      bytesLoaded: 50,
      bytesWasted: 0,
    });
  });
});

describe('a long session', () => {
  it('forgets what was shown and keeps what was not', () => {
    const events: PlaybackEvent[] = [
      { ...shown, at: 0 },
      { ...playing, at: 0 },
    ];
    for (let start = 0; start < 2000; start += 4) {
      events.push({ ...buffered(0, start, 4000), at: start });
      events.push({
        type: 'sample',
        at: start + 4,
        position: start + 4,
        bufferLevel: 0,
        droppedFrames: 0,
        totalFrames: 0,
        latency: null,
      });
    }
    const timeline = replay(events);
    // 30 s behind the playhead are kept.
    expect(timeline.ledger.picture.length).toBeLessThan(12);
    expect(sessionMetrics(timeline)).toMatchObject({ bytesWasted: 0, bytesAhead: 0, mediaTime: 2000 });
  });

  it('counts as lost what many seeks left behind', () => {
    const events = Array.from({ length: 400 }, (_, index): PlaybackEvent => ({ ...buffered(0, index * 4, 10), at: 0 }));
    const { wasted, bytesAhead } = sessionMetrics(replay(events));
    expect(wasted.forgotten).toBe(1000);
    expect(bytesAhead).toBe(3000);
  });
});
