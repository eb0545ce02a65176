import { describe, expect, it } from 'vitest';
import { PlayerError } from '../../media/player-error.ts';
import { simulatedClock } from '../../media/simulated-clock.ts';
import { fakeStream } from './fake-variant.ts';
import { EMPTY_MP4, lostSegments } from './lost-segments.ts';
import type { ShakaRequest } from './shaka-request.ts';

const request = (start: number, mimeType = 'video/mp4', kind: ShakaRequest['kind'] = 'segment'): ShakaRequest => ({
  kind,
  stream: fakeStream(1, { mimeType }),
  segment: null,
  reference: { track: 'video', rendition: 0, number: null, start, duration: 4 },
});

const missing = new PlayerError('HTTP_STATUS', 'answered 404', { status: 404 });
const unavailable = new PlayerError('HTTP_STATUS', 'answered 503', { status: 503 });
const unreachable = new PlayerError('NETWORK_FAILED', 'reset');

describe('a segment that could not be had', () => {
  it('is looked for elsewhere while there is an elsewhere, then left out; a broken one too', () => {
    const lost = lostSegments(simulatedClock());
    const broken = new PlayerError('SEGMENT_PARSE_FAILED', 'it ends within a box');
    expect(lost.judge(request(4), broken, true)).toBe('elsewhere');
    expect(lost.judge(request(4), broken, false)).toBe('leaveOut');
    expect(lost.judge(request(8), missing, true)).toBe('elsewhere');
    expect(lost.judge(request(8), missing, false)).toBe('leaveOut');
  });

  it('is not left out where an empty box could not stand for it', () => {
    const lost = lostSegments(simulatedClock());
    expect(lost.judge(request(8, 'video/mp2t'), missing, false)).toBe('elsewhere');
    expect(lost.judge(request(0, 'video/mp4', 'init'), missing, false)).toBe('elsewhere');
  });

  it('is left out five times a minute at most', () => {
    const clock = simulatedClock();
    const lost = lostSegments(clock);
    const fates = Array.from({ length: 6 }, (_, i) => lost.judge(request(i * 4), missing, false));
    expect(fates).toEqual(['leaveOut', 'leaveOut', 'leaveOut', 'leaveOut', 'leaveOut', 'elsewhere']);
    clock.advance(61);
    expect(lost.judge(request(100), missing, false)).toBe('leaveOut');
  });

  it('is asked for later when the network is gone; every third time another stream is tried', () => {
    const clock = simulatedClock();
    const lost = lostSegments(clock);
    const fates = Array.from({ length: 6 }, () => {
      clock.advance(3);
      return lost.judge(request(8), unreachable, true);
    });
    expect(fates).toEqual(['later', 'later', 'elsewhere', 'later', 'later', 'elsewhere']);
  });

  it('is looked for elsewhere when other things arrive meanwhile: then it is not the network', () => {
    const clock = simulatedClock();
    const lost = lostSegments(clock);
    const sound = { ...request(8), stream: fakeStream(2, { type: 'audio' }) };
    expect(lost.judge(request(8), unavailable, true)).toBe('later');
    clock.advance(1);
    lost.arrived(sound);
    expect(lost.judge(request(8), unavailable, true)).toBe('elsewhere');
    lost.arrived(request(8));
    clock.advance(1);
    expect(lost.judge(request(12), unreachable, true), 'a new streak').toBe('later');
  });
});

it('stands for a segment with one empty box', () => {
  const view = new DataView(EMPTY_MP4);
  expect(view.getUint32(0), 'size').toBe(EMPTY_MP4.byteLength);
  expect(new TextDecoder().decode(EMPTY_MP4.slice(4, 8))).toBe('free');
});
