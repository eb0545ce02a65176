import { beforeEach, describe, expect, it } from 'vitest';
import type { PlaybackEvent } from '../../media/playback-event.ts';
import { simulatedClock } from '../../media/simulated-clock.ts';
import { factWriter } from '../fact-writer.ts';
import { FakeMedia } from '../fake-media.ts';
import { shownRendition } from '../shown-rendition.ts';
import { reportBuffer } from './buffer-facts.ts';
import { fakeHls } from './fake-hls.ts';

function setUp(mainTrack: 'video' | 'muxed' = 'video') {
  const fake = fakeHls();
  const facts: PlaybackEvent[] = [];
  const shown = shownRendition(new FakeMedia().element, () => {});
  reportBuffer(
    fake.asHls,
    factWriter(simulatedClock(), (event) => facts.push(event)),
    {
      mainTrack: () => mainTrack,
      indexOf: (level) => level + 10,
      shown,
    },
  );
  const appended = (type: string, start: number, end: number, level = 0): void => {
    const stream = { startPTS: start, endPTS: end };
    const elementaryStreams = type === 'main' ? { video: stream, audio: null } : { audio: stream };
    fake.emit('hlsFragBuffered', {
      frag: { type, sn: 1, level, elementaryStreams },
      part: null,
      stats: { loaded: 5000 },
    });
  };
  const flushed = (type: string, start: number, end: number): void =>
    fake.emit('hlsBufferFlushed', { type, start, end });
  return { ...fake, facts, shown, appended, flushed };
}

let set: ReturnType<typeof setUp>;
beforeEach(() => {
  set = setUp();
});

describe('reportBuffer', () => {
  it('tells what was appended, pictures with their rung', () => {
    set.appended('main', 4, 8, 2);
    set.appended('audio', 4.01, 8.02);
    expect(set.facts).toEqual([
      { type: 'buffered', track: 'video', rendition: 12, start: 4, end: 8, bytes: 5000, at: 0 },
      { type: 'buffered', track: 'audio', rendition: null, start: 4.01, end: 8.02, bytes: 5000, at: 0 },
    ]);
    expect(set.shown.at(5)).toBe(12);
  });

  it('says nothing of a segment in which there was no media', () => {
    set.emit('hlsFragBuffered', {
      frag: { type: 'main', sn: 1, level: 0, elementaryStreams: {} },
      part: null,
      stats: { loaded: 1 },
    });
    expect(set.facts).toEqual([]);
  });

  it('tells what a flush really threw out, in numbers', () => {
    set.appended('main', 0, 4);
    set.appended('main', 4, 8);
    set.flushed('video', 0, 3);
    set.flushed('video', 0, 5);
    set.flushed('video', 6, Number.POSITIVE_INFINITY);
    set.flushed('video', 6, Number.POSITIVE_INFINITY);
    set.flushed('audio', 0, 3);
    const flushes = set.facts.filter(({ type }) => type === 'flushed');
    expect(flushes.map((fact) => (fact.type === 'flushed' ? [fact.start, fact.end] : []))).toEqual([
      [0, 3],
      [3, 5],
      [6, 8],
    ]);
    expect([set.shown.at(2), set.shown.at(5.5), set.shown.at(7)]).toEqual([null, 10, null]);
  });

  it('takes everything for gone when the element loses its source', () => {
    set.appended('main', 0, 4);
    set.appended('audio', 0, 4.01);
    set.emit('hlsMediaDetaching', {});
    expect(set.facts.slice(2)).toEqual([
      { type: 'flushed', track: 'video', start: 0, end: 4, at: 0 },
      { type: 'flushed', track: 'audio', start: 0, end: 4.01, at: 0 },
    ]);
    expect(set.shown.at(1)).toBeNull();
  });

  it('takes two source buffers of muxed segments for one', () => {
    const muxed = setUp('muxed');
    muxed.appended('main', 0, 8);
    muxed.flushed('audio', 0, 4);
    expect(
      muxed.facts.filter(({ type }) => type === 'flushed'),
      'the picture is still there',
    ).toEqual([]);
    muxed.flushed('video', 0, 4);
    expect(muxed.facts.filter(({ type }) => type === 'flushed')).toEqual([
      { type: 'flushed', track: 'muxed', start: 0, end: 4, at: 0 },
    ]);
  });
});
