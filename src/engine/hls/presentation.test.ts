import { describe, expect, it } from 'vitest';
import type { PlaybackEvent } from '../../media/playback-event.ts';
import { simulatedClock } from '../../media/simulated-clock.ts';
import { factWriter } from '../fact-writer.ts';
import { fakeDetails, fakeHls, fakeLevel } from './fake-hls.ts';
import { mainTrackOf, targetLatencyOf, watchPresentation } from './presentation.ts';

function setUp() {
  const fake = fakeHls();
  Object.assign(fake.hls.config, { lowLatencyMode: true, liveSyncDurationCount: 3 });
  const facts: PlaybackEvent[] = [];
  const heard: string[] = [];
  const presentation = watchPresentation(
    fake.asHls,
    factWriter(simulatedClock(), (event) => facts.push(event)),
    {
      known: () => heard.push('known'),
      failed: (cause) => heard.push(`failed: ${cause}`),
    },
  );
  const parsed = (levels: readonly unknown[]): void =>
    fake.emit('hlsManifestParsed', {
      levels,
      audio: true,
      video: true,
      altAudio: true,
      audioTracks: [{ name: 'English', lang: 'en' }],
      subtitleTracks: [{ name: 'English', lang: 'en' }],
    });
  const loaded = (change: Record<string, unknown> = {}): void =>
    fake.emit('hlsLevelLoaded', {
      details: {
        ...fakeDetails(15),
        totalduration: 60,
        targetduration: 4,
        averagetargetduration: 3.9,
        holdBack: 0,
        partHoldBack: 0,
        ...change,
      },
    });
  return { facts, heard, presentation, parsed, loaded };
}

describe('watchPresentation', () => {
  it('tells the manifest once, when its first media playlist is there', () => {
    const { facts, heard, presentation, parsed, loaded } = setUp();
    expect(presentation.ladder()).toBeNull();
    parsed([fakeLevel(2_000_000, 720), fakeLevel(500_000, 360)]);
    expect(presentation.ladder()?.ladder.map(({ height }) => height)).toEqual([360, 720]);
    expect(facts).toEqual([]);
    loaded();
    loaded();
    expect(facts).toEqual([
      expect.objectContaining({
        type: 'manifest',
        presentation: 'vod',
        duration: 60,
        segmentDuration: 3.9,
        targetLatency: null,
        audioTracks: [{ id: 'en:English', label: 'English', language: 'en' }],
        textTracks: [{ id: 'en:English', label: 'English', language: 'en', kind: 'subtitles' }],
      }),
    ]);
    expect(heard).toEqual(['known']);
    expect(presentation.mainTrack()).toBe('video');
  });

  it('gives live presentations no duration and a target', () => {
    const { facts, parsed, loaded } = setUp();
    parsed([fakeLevel(500_000, 360)]);
    loaded({ live: true });
    expect(facts[0]).toMatchObject({ presentation: 'live', duration: null, targetLatency: 12 });
  });

  it('keeps the ladder of the session when content steering brings its levels again', () => {
    const { presentation, parsed } = setUp();
    parsed([fakeLevel(500_000, 360), fakeLevel(2_000_000, 720)]);
    const before = presentation.ladder();
    parsed([fakeLevel(2_000_000, 720)]);
    expect(presentation.ladder()).toBe(before);
  });

  it('hears of a ladder that cannot be made', () => {
    const { heard, parsed, loaded, facts } = setUp();
    parsed([]);
    loaded();
    expect(heard[0]).toMatch(/^failed: TypeError/);
    expect(facts).toEqual([]);
  });
});

describe('mainTrackOf', () => {
  it.each([
    [{ audio: true, video: true, altAudio: true }, 'video'],
    [{ audio: true, video: true, altAudio: false }, 'muxed'],
    [{ audio: false, video: true, altAudio: false }, 'video'],
    [{ audio: true, video: false, altAudio: false }, 'audio'],
    [{ audio: false, video: false, altAudio: false }, 'muxed'],
  ])('%j: %s', (declared, track) => {
    expect(mainTrackOf(declared)).toBe(track);
  });
});

describe('targetLatencyOf', () => {
  it('is the hold-back of parts, of segments, or three target durations', () => {
    const playlist = { holdBack: 18, partHoldBack: 3, targetduration: 6 };
    expect(targetLatencyOf(playlist, true, 3)).toBe(3);
    expect(targetLatencyOf(playlist, false, 3)).toBe(18);
    expect(targetLatencyOf({ ...playlist, holdBack: 0, partHoldBack: 0 }, true, 3)).toBe(18);
    expect(targetLatencyOf({ ...playlist, holdBack: 0, partHoldBack: 0 }, true, 2)).toBe(12);
  });
});
