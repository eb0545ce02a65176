import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Fact, PlaybackEvent } from '../media/playback-event.ts';
import { checkFact, excerpt } from './fact-schema.ts';
import { BRIEF_LADDER } from './made-up-session.ts';
import { sessionMetrics } from './session-metrics.ts';
import { advance, EMPTY_TIMELINE } from './timeline.ts';

const segment = { track: 'video', rendition: 3, number: 7, start: 28, duration: 4 } as const;

/** One fact of every type. */
const EXAMPLES: readonly Fact[] = [
  {
    type: 'sessionStart',
    sessionId: 'a',
    startedAt: 1.7e12,
    engine: 'hls',
    strategy: 'bola',
    src: 'https://cdn.example/a',
  },
  { type: 'playbackRequest' },
  {
    type: 'manifest',
    presentation: 'vod',
    duration: 60,
    ladder: BRIEF_LADDER,
    segmentDuration: 4,
    targetLatency: null,
    audioTracks: [{ id: 'en', label: 'English', language: 'en' }],
    textTracks: [{ id: 'fr', label: 'Français', language: null, kind: 'subtitles' }],
  },
  ...(['play', 'pause', 'playing', 'waiting', 'seeking', 'seeked', 'ended'] as const).map(
    (type): Fact => ({ type, position: 3 }),
  ),
  { type: 'rateChange', position: 3, rate: 1.5 },
  { type: 'sample', position: 3, bufferLevel: 9, droppedFrames: 0, totalFrames: 72, latency: null },
  {
    type: 'request',
    id: 1,
    attempt: 1,
    kind: 'segment',
    url: 'https://cdn.example/7.mp4',
    segment,
    start: 1,
    firstByte: 1.1,
    bytes: 1000,
    status: 200,
    outcome: 'ok',
    fromCache: false,
    error: null,
  },
  {
    type: 'decision',
    trigger: 'next',
    strategy: 'bola',
    segment: { number: 7, start: 28 },
    from: null,
    index: 3,
    candidates: [0, 1, 2, 3],
    reason: 'why not',
    inputs: { throughput: 3e6, latency: null, bufferLevel: 9, bufferTarget: 30, playbackRate: 1 },
  },
  { type: 'buffered', track: 'video', rendition: 3, start: 28, end: 32, bytes: 1000 },
  { type: 'flushed', track: 'audio', start: 0, end: 28 },
  { type: 'renditionChange', index: 3, position: 28 },
  { type: 'selection', index: null },
  { type: 'cap', source: 'playerSize', index: 5 },
  { type: 'audioTrackChange', id: 'en' },
  { type: 'textTrackChange', id: null },
  { type: 'playerResize', width: 1280, height: 720 },
  { type: 'edge', load: 0.5, peakHour: null, maxBitrate: 5e6, throughput: null, roundTripTime: 0.02 },
  { type: 'error', category: 'network', code: 'HTTP_STATUS', message: 'no', fatal: false, url: null, status: 503 },
  { type: 'recovery', code: 'HTTP_STATUS', action: 'again' },
  { type: 'sessionEnd', reason: 'quit' },
];
const asJson = (fact: object): Record<string, unknown> => JSON.parse(JSON.stringify(fact));

describe.each(EXAMPLES.map((fact) => [fact.type, fact] as const))('%s', (type, fact) => {
  const whole = asJson({ ...fact, at: 1 });

  it('is a fact', () => {
    expect(checkFact(whole)).toBe(whole);
  });

  const fields = Object.keys(whole).filter((field) => field !== 'type');

  it.each(fields)('without %s is none', (field) => {
    const { [field]: _, ...rest } = whole;
    expect(() => checkFact(rest)).toThrow(new RegExp(`^${type}\\.${field} must be .*, got nothing$`));
  });

  it.each(fields)('with a %s of another kind is none', (field) => {
    const others: readonly unknown[] = [{}, [{}], '', null, -1];
    const refused = others.filter((other) => {
      try {
        checkFact({ ...whole, [field]: other });
        return false;
      } catch {
        return true;
      }
    });
    // Text may be any text, and what may be null may be null: of five odd values at least two are refused.
    expect(refused.length).toBeGreaterThanOrEqual(2);
  });
});

describe('checkFact', () => {
  it('whatever JSON can hold is a fact that folds take, or is refused with a message', () => {
    const mutated = fc
      .record({ fact: fc.constantFrom(...EXAMPLES), field: fc.nat(), other: fc.jsonValue() })
      .map(({ fact, field, other }) => {
        const whole = asJson({ ...fact, at: 1 });
        const names = Object.keys(whole);
        return { ...whole, [names[field % names.length] ?? 'at']: other };
      });
    fc.assert(
      fc.property(fc.array(fc.oneof(mutated, fc.jsonValue()), { maxLength: 20 }), (values) => {
        let timeline = EMPTY_TIMELINE;
        for (const value of values) {
          let event: PlaybackEvent;
          try {
            event = checkFact(JSON.parse(JSON.stringify(value)));
          } catch (refusal) {
            expect(refusal).toBeInstanceOf(TypeError);
            expect((refusal as Error).message.length).toBeLessThan(400);
            continue;
          }
          timeline = advance(timeline, event);
          sessionMetrics(timeline);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('reads no further than it must into what is much too long', () => {
    const candidates = Array.from({ length: 1001 }, () => 0);
    const [decision] = EXAMPLES.filter(({ type }) => type === 'decision');
    expect(() => checkFact({ ...decision, at: 1, candidates })).toThrow(
      'decision.candidates must be a list of at most 1000 indices',
    );
  });

  it('refuses a ladder that does not ascend: indices would mean something else', () => {
    const [manifest] = EXAMPLES.filter(({ type }) => type === 'manifest');
    expect(() => checkFact({ ...manifest, at: 1, ladder: BRIEF_LADDER.toReversed() })).toThrow('ascending by bitrate');
  });
});

it('excerpt is short, whatever it is of', () => {
  expect(excerpt('x'.repeat(1000))).toHaveLength(61);
  expect(excerpt(undefined)).toBe('nothing');
  expect(excerpt({ a: 1 })).toBe('{"a":1}');
});
