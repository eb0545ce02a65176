import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PlaybackEvent } from '../media/playback-event.ts';
import {
  beaconBody,
  encodeBeaconLine,
  isSessionId,
  MAX_LINE_LENGTH,
  parseBeacon,
  parseRefusal,
  refusalOf,
} from './beacon-format.ts';

const start: PlaybackEvent = {
  type: 'sessionStart',
  at: 0,
  sessionId: 's1',
  startedAt: 1_764_000_000_000,
  engine: 'hls',
  strategy: 'bola',
  src: 'https://cdn.example/main.m3u8',
};

/** One of each kind of fact, so that none is refused on the way. */
const FACTS: readonly PlaybackEvent[] = [
  start,
  { type: 'playbackRequest', at: 0.1 },
  {
    type: 'manifest',
    at: 0.2,
    presentation: 'vod',
    duration: 60,
    ladder: [
      { id: '0', bitrate: 235_000 },
      { id: '1', bitrate: 4e6, width: 1920, height: 1080, codecs: 'avc1' },
    ],
    segmentDuration: null,
    targetLatency: null,
    audioTracks: [{ id: 'a', label: 'English', language: 'en' }],
    textTracks: [{ id: 't', label: 'English', language: null, kind: 'captions' }],
  },
  { type: 'waiting', at: 1, position: 0 },
  { type: 'rateChange', at: 1, position: 0, rate: 2 },
  { type: 'sample', at: 1, position: 1, bufferLevel: 4, droppedFrames: 0, totalFrames: 25, latency: null },
  {
    type: 'request',
    at: 1.5,
    id: 3,
    attempt: 1,
    kind: 'segment',
    url: 'https://cdn.example/3.m4s',
    segment: { track: 'video', rendition: 1, number: 3, start: 6, duration: 2 },
    start: 1,
    firstByte: 1.1,
    bytes: 900,
    status: 200,
    outcome: 'ok',
    fromCache: false,
    error: null,
  },
  {
    type: 'decision',
    at: 2,
    trigger: 'next',
    strategy: 'bola',
    segment: { number: 4, start: 8 },
    from: null,
    index: 1,
    candidates: [0, 1],
    reason: 'fits',
    inputs: { throughput: 5e6, latency: 0.03, bufferLevel: 4, bufferTarget: 30, playbackRate: 1 },
  },
  { type: 'buffered', at: 2, track: 'video', rendition: 1, start: 6, end: 8, bytes: 900 },
  { type: 'flushed', at: 2, track: 'video', start: 6, end: 8 },
  { type: 'renditionChange', at: 2, index: 1, position: 2 },
  { type: 'selection', at: 2, index: null },
  { type: 'cap', at: 2, source: 'playerSize', index: 0 },
  { type: 'textTrackChange', at: 2, id: null },
  { type: 'edge', at: 2, load: null, peakHour: null, maxBitrate: 6e6, throughput: 96_000, roundTripTime: 0.008 },
  {
    type: 'error',
    at: 3,
    category: 'network',
    code: 'HTTP_STATUS',
    message: 'gone',
    fatal: false,
    url: null,
    status: 404,
  },
  { type: 'recovery', at: 3, code: 'MEDIA_STUCK', action: 'nudged' },
  { type: 'sessionEnd', at: 4, reason: 'quit' },
];

describe('the beacon format', () => {
  it('carries every kind of fact there and back', () => {
    const lines = FACTS.map((fact, seq) => ({ sid: 's1', seq, fact }));
    const { facts, losses, faults } = parseBeacon(beaconBody(lines.map(encodeBeaconLine)));
    expect(faults).toEqual([]);
    expect(losses).toEqual([]);
    expect(facts).toEqual(lines);
  });

  it('carries the rate and the tags of a session, and what is lost', () => {
    const first = { sid: 's1', seq: 0, fact: start, rate: 0.1, tags: { 'ab.start': 'low' } };
    const loss = {
      sid: 's1',
      lost: [
        [3, 3],
        [5, 9],
      ] as const,
      reason: 'memory' as const,
    };
    const parsed = parseBeacon(beaconBody([encodeBeaconLine(first), encodeBeaconLine(loss)]));
    expect(parsed).toEqual({ facts: [first], losses: [loss], faults: [] });
  });

  it('says of each bad line why, and answers with their numbers', () => {
    const good = encodeBeaconLine({ sid: 's1', seq: 0, fact: start });
    const body = [
      good,
      '{"sid":"s1","seq":1,"fact":{"type":"playing","at":1}}',
      '',
      'nonsense',
      '{"sid":"s1","seq":-1,"fact":{"type":"playbackRequest","at":1}}',
      '{"sid":"s1","seq":1,"fact":{"type":"constructor","at":1}}',
      '{"sid":"","seq":1,"fact":{"type":"playbackRequest","at":1}}',
      '{"sid":"s1","lost":[[4,3]],"reason":"memory"}',
      '{"sid":"s1","seq":1,"fact":{"type":"playbackRequest","at":-1}}',
      '[1]',
    ].join('\n');
    const { facts, faults } = parseBeacon(body);
    expect(facts).toHaveLength(1);
    expect(faults.map(({ line }) => line)).toEqual([2, 4, 5, 6, 7, 8, 9, 10]);
    expect(faults[0]?.error).toBe('playing.position must be a number, got nothing');
    expect(faults[3]?.error).toBe('type must be a known fact, got "constructor"');
    const refusal = refusalOf(faults);
    expect(parseRefusal(JSON.stringify(refusal))).toEqual(refusal);
    expect(refusal.error).toContain('line 2: playing.position');
  });

  it('takes a session id that is text, and nothing that could not be a name', () => {
    expect(isSessionId('5b0e4d1c-…')).toBe(true);
    expect(isSessionId('')).toBe(false);
    expect(isSessionId('a\nb')).toBe(false);
    expect(isSessionId('a\ud800b')).toBe(false);
    expect(isSessionId('a😀b')).toBe(true);
    expect(isSessionId('a'.repeat(129))).toBe(false);
    expect(isSessionId(5)).toBe(false);
  });

  it('refuses a line that is longer than any real one', () => {
    const long = `{"sid":"s1","seq":0,"fact":{"type":"playbackRequest","at":0,"pad":"${'x'.repeat(MAX_LINE_LENGTH)}"}}`;
    expect(parseBeacon(long).faults).toHaveLength(1);
  });

  it('refuses what is nested deeper than anything real, by objects, by lists and by both', () => {
    const nested = (open: string, close: string, depth: number): string =>
      `{"sid":"s","seq":0,"fact":{"type":"playbackRequest","at":0,"x":${open.repeat(depth)}1${close.repeat(depth)}}}`;
    // The line and the fact are two of the 32.
    for (const [open, close, each] of [
      ['{"a":', '}', 1],
      ['[', ']', 1],
      ['[{"a":', '}]', 2],
    ] as const) {
      expect(parseBeacon(nested(open, close, 30 / each)).faults, open).toEqual([]);
      expect(parseBeacon(nested(open, close, 30 / each + 1)).faults).toEqual([
        { line: 1, error: 'nested deeper than 32' },
      ]);
    }
    // Many brackets beside each other are not deep.
    expect(parseBeacon(nested('[],'.repeat(40).replace(/^/, '['), ']', 1)).faults).toEqual([]);
  });

  it('never throws, whatever the text', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.array(fc.json()).map((lines) => lines.join('\n')),
        ),
        (body) => {
          const { facts, losses, faults } = parseBeacon(body);
          const lines = body.split('\n').filter((line) => line.trim() !== '').length;
          expect(facts.length + losses.length + faults.length).toBe(lines);
        },
      ),
    );
    const nested = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;
    expect(parseBeacon(`{"sid":"s","seq":0,"fact":${nested}}`).faults).toHaveLength(1);
  });

  it('reads a refusal from whatever a server answers', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => void parseRefusal(text)));
    expect(parseRefusal('<html>')).toBeNull();
    expect(parseRefusal('{"lines":[]}')).toBeNull();
    expect(parseRefusal('{"error":"x","lines":[2,"3",-1]}')).toEqual({ error: 'x', lines: [2] });
  });
});
