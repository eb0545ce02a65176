import type { LoaderContext } from 'hls.js';
import { describe, expect, it } from 'vitest';
import { describeLoad, type LevelKnowledge } from './load-description.ts';

const known: LevelKnowledge = { mainTrack: () => 'video', indexOf: (level) => 9 - level, firstNumber: () => 100 };
const fragment = (change: Record<string, unknown>): LoaderContext =>
  ({
    type: 'media-fragment',
    url: 'https://a.example/s',
    frag: { type: 'main', level: 2, sn: 103, start: 12, duration: 4, ...change },
  }) as unknown as LoaderContext;

describe('describeLoad', () => {
  it('refers to the segment: track, rung, number from 0, and time', () => {
    expect(describeLoad(fragment({}), known)).toEqual({
      kind: 'segment',
      segment: { track: 'video', rendition: 7, number: 3, start: 12, duration: 4 },
    });
    expect(describeLoad(fragment({}), { ...known, firstNumber: () => null }).segment?.number, 'live').toBe(103);
  });

  it('knows audio and text, which are no rungs', () => {
    expect(describeLoad(fragment({ type: 'audio' }), known)).toMatchObject({
      kind: 'segment',
      segment: { track: 'audio', rendition: null },
    });
    expect(describeLoad(fragment({ type: 'subtitle' }), known)).toMatchObject({
      kind: 'subtitle',
      segment: { track: 'text', rendition: null },
    });
  });

  it('refers an initialisation segment to its rung alone', () => {
    expect(describeLoad(fragment({ sn: 'initSegment' }), known)).toEqual({
      kind: 'init',
      segment: { track: 'video', rendition: 7, number: null, start: 0, duration: 0 },
    });
  });

  it.each([
    ['manifest', 'manifest'],
    ['level', 'playlist'],
    ['audioTrack', 'playlist'],
    ['subtitleTrack', 'playlist'],
    ['key', 'key'],
    ['server-certificate', 'licence'],
    ['steering-manifest', 'other'],
  ])('%s is a %s', (type, kind) => {
    expect(describeLoad({ type, url: '' } as unknown as LoaderContext, known)).toEqual({ kind, segment: null });
  });
});
