import { beforeEach, describe, expect, it } from 'vitest';
import type { PlaybackEvent } from '../../media/playback-event.ts';
import { PlayerError } from '../../media/player-error.ts';
import { simulatedClock } from '../../media/simulated-clock.ts';
import { factWriter } from '../fact-writer.ts';
import { FakeMedia } from '../fake-media.ts';
import { handleErrors } from './error-handling.ts';
import { fakeHls } from './fake-hls.ts';

(globalThis as { MediaError?: unknown }).MediaError ??= { MEDIA_ERR_ABORTED: 1, MEDIA_ERR_DECODE: 3 };

const http = (status: number): PlayerError =>
  new PlayerError('HTTP_STATUS', `answered ${status}`, { status, url: 'https://a.example/s?token=1' });
const frag = (sn: number, type = 'main') => ({ type, sn, level: 0, url: '', elementaryStreams: { video: {} } });

function setUp() {
  const fake = fakeHls();
  const media = new FakeMedia();
  const clock = simulatedClock();
  const facts: PlaybackEvent[] = [];
  const leftOut: unknown[] = [];
  const failures: PlayerError[] = [];
  const state = { suspected: 0 };
  const stop = handleErrors(fake.asHls, {
    media: media.element,
    clock,
    facts: factWriter(clock, (event) => facts.push(event)),
    gaps: { leaveOut: ({ sn, type }) => leftOut.push(`${type} ${sn}`) },
    suspect: () => {
      state.suspected += 1;
    },
    failed: (error) => failures.push(error),
  });
  const error = (details: string, change: Record<string, unknown> = {}): void =>
    fake.emit('hlsError', { type: 'networkError', details, fatal: false, error: new Error(details), ...change });
  const loadError = (status: number, change: Record<string, unknown> = {}): void =>
    error('fragLoadError', { networkDetails: { failure: http(status) }, frag: frag(2), ...change });
  const briefly = (): string[] =>
    facts.map((fact) =>
      fact.type === 'error'
        ? `${fact.code}${fact.fatal ? ' fatal' : ''}`
        : fact.type === 'recovery'
          ? fact.action
          : fact.type,
    );
  return { ...fake, media, clock, facts, leftOut, failures, state, stop, error, loadError, briefly };
}

let set: ReturnType<typeof setUp>;
beforeEach(() => {
  set = setUp();
});

describe('handleErrors', () => {
  it('tells an error that hls.js copes with, with its URL redacted, and keeps quiet on what is none', () => {
    const { loadError, error, facts } = set;
    loadError(404);
    error('aborted');
    error('bufferStalledError', { type: 'mediaError' });
    error('fragGap', { type: 'mediaError' });
    expect(facts).toEqual([
      expect.objectContaining({
        type: 'error',
        code: 'SEGMENT_LOAD_FAILED',
        fatal: false,
        status: 404,
        url: 'https://a.example/s?token=…',
      }),
    ]);
  });

  it('tells one trouble once, though hls.js reports it again for the segment that waited for it', () => {
    const { error, briefly } = set;
    const failure = http(404);
    error('fragLoadError', { networkDetails: { failure }, frag: { ...frag(2), sn: 'initSegment' } });
    error('fragLoadError', { networkDetails: { failure }, frag: frag(2) });
    expect(briefly()).toEqual(['SEGMENT_LOAD_FAILED']);
  });

  it('says what became of a segment that failed', () => {
    const { loadError, emit, briefly } = set;
    loadError(404);
    loadError(404, { frag: frag(5) });
    emit('hlsFragBuffered', { frag: { ...frag(2), elementaryStreams: {} } });
    expect(briefly(), 'nothing arrived yet').toHaveLength(2);
    emit('hlsFragBuffered', { frag: frag(2) });
    emit('hlsFragBuffered', { frag: frag(6, 'audio') });
    emit('hlsFragBuffered', { frag: frag(6) });
    emit('hlsFragBuffered', { frag: frag(7) });
    expect(briefly().slice(2)).toEqual(['got segment 2 in the end (main)', 'went on without segment 5 (main)']);
  });

  it('leaves out a segment that is missing in every rendition, five in a minute at most', () => {
    const { loadError, clock, leftOut, done, briefly, failures } = set;
    loadError(404, { fatal: true });
    expect(leftOut, 'not from within the handling of hls.js').toEqual([]);
    clock.advance(0);
    expect(leftOut).toEqual(['main 2']);
    expect(done).toEqual(['startLoad']);
    expect(briefly()).toEqual(['SEGMENT_LOAD_FAILED', 'left segment 2 out (main)']);
    for (const sn of [3, 4, 5, 6]) {
      loadError(404, { fatal: true, frag: frag(sn) });
      clock.advance(1);
    }
    expect(leftOut).toHaveLength(5);
    loadError(404, { fatal: true, frag: frag(7) });
    expect(briefly().at(-1)).toBe('SEGMENT_LOAD_FAILED fatal');
    expect(failures).toEqual([expect.objectContaining({ code: 'SEGMENT_LOAD_FAILED', fatal: true, status: 404 })]);
    expect(done.at(-1)).toBe('stopLoad');
  });

  it('loads again after 1, 2, 4 and 8 s when the network was gone, then gives up', () => {
    const { loadError, clock, done, failures } = set;
    for (const [round, delay] of [1, 2, 4, 8].entries()) {
      loadError(503, { fatal: true });
      clock.advance(delay - 0.1);
      expect(done).toHaveLength(round);
      clock.advance(0.2);
      expect(done).toHaveLength(round + 1);
    }
    expect(failures).toEqual([]);
    loadError(503, { fatal: true });
    expect(failures).toEqual([expect.objectContaining({ status: 503 })]);
    expect(clock.waiting).toBe(0);
  });

  it('attaches the media anew, the second time with the other AAC profile, then gives up', () => {
    const { error, clock, done, failures, state } = set;
    const broken = { type: 'mediaError', fatal: true };
    error('bufferAppendError', broken);
    clock.advance(0);
    error('bufferAppendError', broken);
    clock.advance(0);
    expect(done).toEqual(['recoverMediaError', 'swapAudioCodec', 'recoverMediaError']);
    expect(state.suspected).toBe(2);
    error('bufferAppendError', broken);
    expect(failures).toEqual([expect.objectContaining({ code: 'MEDIA_APPEND_FAILED', fatal: true })]);
  });

  it('gives the attempts back when half a minute went well', () => {
    const { error, clock, failures } = set;
    for (let hour = 0; hour < 5; hour += 1) {
      error('bufferAppendError', { type: 'mediaError', fatal: true });
      clock.advance(31);
    }
    expect(failures).toEqual([]);
  });

  it.each([
    ['manifestLoadError', 'networkError', 'MANIFEST_LOAD_FAILED'],
    ['manifestParsingError', 'networkError', 'MANIFEST_PARSE_FAILED'],
    ['manifestIncompatibleCodecsError', 'mediaError', 'MANIFEST_NO_PLAYABLE_RENDITION'],
    ['bufferAddCodecError', 'mediaError', 'MEDIA_CODEC_UNSUPPORTED'],
    ['internalException', 'otherError', 'ENGINE_FAILED'],
  ])('nothing helps against %s', (details, type, code) => {
    const { error, failures, clock } = set;
    error(details, { type, fatal: true });
    expect(failures).toEqual([expect.objectContaining({ code, fatal: true })]);
    expect(clock.waiting).toBe(0);
  });

  it('does not try a manifest again that the pipeline has tried in vain', () => {
    const { error, failures } = set;
    error('manifestLoadError', { fatal: true, networkDetails: { failure: http(503) } });
    expect(failures).toHaveLength(1);
  });

  it('stops hls.js from attaching anew for ever over one segment: the second time it is left out', () => {
    const { error, clock, briefly, leftOut } = set;
    const reset = (sn: number): void => error('mediaSourceRequiresReset', { type: 'mediaError', frag: frag(sn) });
    reset(2);
    clock.advance(1);
    expect(leftOut).toEqual([]);
    reset(2);
    clock.advance(1);
    expect(leftOut).toEqual(['main 2']);
    reset(9);
    clock.advance(1);
    expect(leftOut, 'another segment begins anew').toEqual(['main 2']);
    expect(briefly().filter((what) => what === 'attached the media anew')).toHaveLength(3);
  });

  it('helps when the element itself gives up decoding, and not when hls.js has already', () => {
    const { media, clock, done, briefly, failures } = set;
    media.say('error', { error: null });
    media.say('error', { error: { code: 1, message: 'aborted' } });
    expect(briefly()).toEqual([]);
    media.say('error', { error: { code: 3, message: 'PIPELINE_ERROR_DECODE' } });
    clock.advance(0);
    expect(done).toEqual(['recoverMediaError']);
    expect(briefly()).toEqual(['MEDIA_DECODE_FAILED', 'attached the media anew']);
    media.say('error');
    clock.advance(0);
    media.say('error');
    expect(failures).toEqual([expect.objectContaining({ code: 'MEDIA_DECODE_FAILED', fatal: true })]);
  });

  it('tells of a moved playhead as what it is, an action', () => {
    const { error, facts } = set;
    error('bufferSeekOverHole', { type: 'mediaError' });
    expect(facts).toEqual([{ type: 'recovery', code: 'MEDIA_STUCK', action: 'skipped a hole in the buffer', at: 0 }]);
  });

  it('does nothing and says nothing once stopped, with a remedy still to come', () => {
    const { loadError, clock, done, facts, stop, media } = set;
    loadError(503, { fatal: true });
    stop();
    const told = facts.length;
    clock.advance(10);
    loadError(404);
    media.say('error', { error: { code: 3, message: 'late' } });
    expect(done).toEqual([]);
    expect(facts).toHaveLength(told);
    expect(clock.waiting).toBe(0);
  });
});
