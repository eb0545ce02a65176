import { expect, it } from 'vitest';
import type { Fact, SegmentReference } from '../../media/playback-event.ts';
import type { HttpResponse } from '../../net/http.ts';
import { bufferFacts } from './buffer-facts.ts';
import type { Range } from './buffer-ranges.ts';
import { fakeStream } from './fake-variant.ts';
import type { Presentation } from './presentation.ts';

function setUp() {
  const media = Object.assign(new EventTarget(), { currentTime: 0, readyState: 4, seeking: false });
  const told: Fact[] = [];
  let ranges: readonly Range[] = [];
  const stream = { pictureType: () => 'video', buffered: () => ranges } as unknown as Presentation;
  const buffer = bufferFacts(media as unknown as HTMLMediaElement, stream, {
    tell: (fact) => told.push(fact),
    close() {},
    closed: false,
  });
  const receive = (start: number, rendition: number | null, bytes: number, type = 'video'): void => {
    const reference: SegmentReference = {
      track: rendition === null ? 'audio' : 'video',
      rendition,
      number: 0,
      start,
      duration: 4,
    };
    buffer.received({ kind: 'segment', stream: fakeStream(1, { type }), segment: null, reference }, {
      body: new ArrayBuffer(bytes),
    } as HttpResponse);
  };
  const append = (start: number, now: readonly Range[], contentType = 'video'): void => {
    ranges = now;
    buffer.appended({ start, end: start + 4, contentType });
  };
  return { media, told, buffer, receive, append };
}

it('tells what was appended, with the bytes that were transferred, and what of it is on screen', () => {
  const { told, receive, append } = setUp();
  receive(0, 2, 5000);
  receive(0, null, 700, 'audio');
  append(0, [{ start: 0, end: 4 }]);
  append(0, [{ start: 0, end: 4 }], 'audio');
  expect(told).toEqual([
    { type: 'buffered', track: 'video', rendition: 2, start: 0, end: 4, bytes: 5000 },
    { type: 'renditionChange', index: 2, position: 0 },
    { type: 'buffered', track: 'audio', rendition: null, start: 0, end: 4, bytes: 700 },
  ]);
});

it('tells of another rendition when the playhead gets there, from where it begins', () => {
  const { told, receive, append, media } = setUp();
  receive(0, 0, 1000);
  append(0, [{ start: 0, end: 4 }]);
  receive(4, 5, 9000);
  append(4, [{ start: 0, end: 8 }]);
  media.currentTime = 3.9;
  media.dispatchEvent(new Event('timeupdate'));
  media.currentTime = 4.1;
  media.dispatchEvent(new Event('timeupdate'));
  expect(told.filter(({ type }) => type === 'renditionChange')).toEqual([
    { type: 'renditionChange', index: 0, position: 0 },
    { type: 'renditionChange', index: 5, position: 4 },
  ]);
});

it('tells what has left the buffer', () => {
  const { told, receive, append } = setUp();
  receive(0, 0, 1000);
  append(0, [{ start: 0, end: 20 }]);
  receive(20, 0, 1000);
  append(20, [{ start: 10, end: 24 }]);
  expect(told.filter(({ type }) => type === 'flushed')).toEqual([
    { type: 'flushed', track: 'video', start: 0, end: 10 },
  ]);
});

it('tells nothing of what stands for a segment that could not be had', () => {
  const { told, append } = setUp();
  append(8, [{ start: 0, end: 8 }]);
  expect(told).toEqual([]);
});

it('knows whether another rendition lies ahead', () => {
  const { buffer, receive, append } = setUp();
  receive(0, 0, 1000);
  append(0, [{ start: 0, end: 4 }]);
  receive(4, 5, 9000);
  append(4, [{ start: 0, end: 8 }]);
  expect(buffer.othersAhead(5)).toBe(false);
  expect(buffer.othersAhead(0)).toBe(true);
});
