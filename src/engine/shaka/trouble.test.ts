import { describe, expect, it, vi } from 'vitest';
import type { Fact, RequestKind } from '../../media/playback-event.ts';
import { PlayerError } from '../../media/player-error.ts';
import { simulatedClock } from '../../media/simulated-clock.ts';
import type { PipelineFailure } from './transport.ts';
import { type TroubleParts, trouble } from './trouble.ts';

const RECOVERABLE = 1;
const CRITICAL = 2;

function setUp(parts: Partial<TroubleParts> = {}) {
  const clock = simulatedClock();
  const told: Fact[] = [];
  const behind = new WeakMap<object, PipelineFailure>();
  const calls = { retry: vi.fn(), failed: vi.fn(), dropText: vi.fn(), appendFailed: vi.fn() };
  const problems = trouble({
    clock,
    facts: { tell: (fact) => told.push(fact), close() {}, closed: false },
    failureBehind: (error) => behind.get(error as object) ?? null,
    nameOf: (code) => `CODE_${code}`,
    parsed: () => true,
    loading: () => false,
    textUnindexed: () => false,
    ...calls,
    ...parts,
  });
  /** A shaka error, with what the pipeline said behind it if a request failed. */
  const error = (code: number, severity: number, request?: { kind: RequestKind; failure: PlayerError }, more = {}) => {
    const made = { code, category: Math.floor(code / 1000), severity, data: [] as unknown[], ...more };
    if (request) behind.set(made, request);
    return made;
  };
  const words = (): readonly string[] =>
    told.map((fact) => {
      if (fact.type === 'error') return `${fact.fatal ? 'fatal' : 'error'} ${fact.code}`;
      return fact.type === 'recovery' ? `recovery ${fact.code}: ${fact.action}` : fact.type;
    });
  return { clock, told, words, calls, problems, error };
}

const missing = new PlayerError('HTTP_STATUS', 'answered 404', { status: 404, url: 'https://cdn.example/a?token=x' });
const reset = new PlayerError('NETWORK_FAILED', 'reset');

describe('trouble', () => {
  it('tells of a failed request at once, and not again when shaka reports what it made of it', () => {
    const { problems, words, told, error } = setUp();
    problems.requestFailed('segment', missing);
    problems.avoided(9, 8);
    expect(problems.shakaReported(error(1001, RECOVERABLE, { kind: 'segment', failure: missing }))).toBe(true);
    expect(words()).toEqual([
      'error SEGMENT_LOAD_FAILED',
      'recovery SEGMENT_LOAD_FAILED: plays rendition 8 instead of 9',
    ]);
    expect(told[0]).toMatchObject({ status: 404, url: 'https://cdn.example/a?token=…' });
  });

  it('leaves a missing manifest to load(), which rejects with it', () => {
    const { problems, words, error } = setUp();
    problems.requestFailed('manifest', missing);
    expect(words()).toEqual([]);
    const failure = problems.loadFailed(error(1001, CRITICAL, { kind: 'manifest', failure: missing }));
    expect(failure).toMatchObject({ code: 'MANIFEST_LOAD_FAILED', fatal: true, status: 404, cause: missing });
  });

  it('asks again when the network comes back: after 1, 2, 4 and 8 s, then it is over', () => {
    const { problems, words, calls, clock, error } = setUp();
    for (const delay of [1, 2, 4, 8]) {
      problems.shakaReported(error(1003, CRITICAL, { kind: 'segment', failure: reset }));
      clock.advance(delay - 0.01);
      const before = calls.retry.mock.calls.length;
      clock.advance(0.02);
      expect(calls.retry.mock.calls.length).toBe(before + 1);
    }
    expect(words().filter((word) => word.startsWith('fatal'))).toEqual([]);
    problems.shakaReported(error(1003, CRITICAL, { kind: 'segment', failure: reset }));
    expect(words().at(-1)).toBe('fatal SEGMENT_LOAD_FAILED');
    expect(calls.failed).toHaveBeenCalledTimes(1);
    problems.shakaReported(error(1003, CRITICAL, { kind: 'segment', failure: reset }));
    expect(
      words().filter((word) => word.startsWith('fatal')),
      'the end is told once',
    ).toHaveLength(1);
  });

  it('waits once for all streams that stopped', () => {
    const { problems, calls, words, clock, error } = setUp();
    for (let round = 0; round < 4; round += 1) {
      problems.shakaReported(error(1003, CRITICAL, { kind: 'segment', failure: reset }));
      problems.shakaReported(error(1003, CRITICAL, { kind: 'playlist', failure: reset }));
      clock.advance(10);
    }
    expect(calls.retry).toHaveBeenCalledTimes(4);
    expect(words().some((word) => word.startsWith('fatal'))).toBe(false);
  });

  it('says nothing of an exception inside shaka in the wake of a failure, but of one out of the blue', () => {
    const { problems, words, clock } = setUp();
    problems.requestFailed('playlist', reset);
    problems.shakaReported(new TypeError('Cannot read properties of null'));
    expect(words()).toEqual(['error PLAYLIST_LOAD_FAILED']);
    clock.advance(5);
    problems.shakaReported(new TypeError('Cannot read properties of undefined'));
    expect(words().at(-1)).toBe('error ENGINE_FAILED');
  });

  it('does not ask again for what is not there, nor without a key', () => {
    const first = setUp();
    first.problems.shakaReported(first.error(1001, CRITICAL, { kind: 'segment', failure: missing }));
    expect(first.words()).toEqual(['fatal SEGMENT_LOAD_FAILED']);
    const second = setUp();
    second.problems.shakaReported(second.error(6007, CRITICAL));
    expect(second.words()).toEqual(['fatal DRM_FAILED']);
    // Shaka keeps the failure of a key for good (hls_parser.js, aesKeyMap_), whatever becomes of the network.
    const third = setUp();
    third.problems.shakaReported(third.error(1001, CRITICAL, { kind: 'key', failure: reset }));
    expect(third.words()).toEqual(['fatal DRM_FAILED']);
  });

  it('tells each error once, however often shaka reports it, and none that is somebody’s wish', () => {
    const { problems, words, error } = setUp();
    const once = error(3014, RECOVERABLE, undefined, { handled: true });
    problems.shakaReported(once);
    problems.shakaReported(once);
    problems.shakaReported(error(7001, CRITICAL));
    problems.shakaReported(error(7000, CRITICAL));
    expect(words()).toEqual(['error MEDIA_APPEND_FAILED', 'recovery MEDIA_APPEND_FAILED: plays another rendition']);
  });

  it('hears that the same error, got over for one stream, is critical for the next', () => {
    // Shaka keeps the failure of a key and gives it to every stream that waits for it, one after the other.
    const { problems, words, error } = setUp();
    problems.requestFailed('key', missing);
    const shared = error(1001, RECOVERABLE, { kind: 'key', failure: missing }, { handled: true });
    problems.shakaReported(shared);
    problems.shakaReported(shared);
    expect(words(), 'the picture is tried at another rung').toEqual(['error DRM_FAILED']);
    problems.shakaReported(Object.assign(shared, { severity: CRITICAL, handled: false }));
    expect(words(), 'there is no other sound').toEqual(['error DRM_FAILED', 'fatal DRM_FAILED']);
    problems.shakaReported(shared);
    expect(words()).toHaveLength(2);
  });

  it('is not misled by the severity that another stream wrote into the failure of a key', () => {
    const { problems, words, error } = setUp();
    problems.requestFailed('key', missing);
    // Sound failed, the picture found another rung while shaka paused before it told of the sound.
    problems.shakaReported(error(1001, RECOVERABLE, { kind: 'key', failure: missing }, { handled: false }));
    expect(words()).toEqual(['error DRM_FAILED', 'fatal DRM_FAILED']);
  });

  it('goes on after a recoverable error that has nothing to do with keys', () => {
    const { problems, words, error } = setUp();
    problems.requestFailed('playlist', missing);
    problems.shakaReported(error(1001, RECOVERABLE, { kind: 'playlist', failure: missing }, { handled: false }));
    expect(words()).toEqual(['error PLAYLIST_LOAD_FAILED']);
  });

  it('takes an error of the element for the same trouble as the append that shaka then gets over', () => {
    const { problems, words, clock, error } = setUp();
    problems.shakaReported(error(3016, CRITICAL, undefined, { data: [3, '', 'parsing failed'] }));
    clock.advance(0.1);
    problems.shakaReported(error(3014, RECOVERABLE, undefined, { handled: true }));
    clock.advance(10);
    expect(words()).toEqual(['error MEDIA_APPEND_FAILED', 'recovery MEDIA_APPEND_FAILED: plays another rendition']);
  });

  it('helps over an error of the element that nothing explains', () => {
    const { problems, words, clock, calls, error } = setUp();
    problems.shakaReported(error(3016, CRITICAL, undefined, { data: [3, '', 'decoder'] }));
    clock.advance(2);
    expect(words()).toEqual(['error MEDIA_DECODE_FAILED', 'recovery MEDIA_DECODE_FAILED: asks again after 1 s']);
    expect(calls.retry).toHaveBeenCalledTimes(1);
  });

  it('says when shaka has disabled a rung that could not be appended', () => {
    const { problems, calls, error } = setUp();
    problems.shakaReported(error(3014, RECOVERABLE, undefined, { handled: true }));
    expect(calls.appendFailed).toHaveBeenCalledTimes(1);
  });

  it('calls a segment that arrived broken broken, not missing', () => {
    const { problems, words } = setUp();
    problems.requestFailed('segment', new PlayerError('SEGMENT_PARSE_FAILED', 'it ends within a box'));
    problems.avoided(9, 8);
    expect(words()).toEqual([
      'error SEGMENT_PARSE_FAILED',
      'recovery SEGMENT_PARSE_FAILED: plays rendition 8 instead of 9',
    ]);
  });

  it('goes on without text that fails, its playlist included', () => {
    const parsing = setUp();
    parsing.problems.shakaReported(parsing.error(2001, CRITICAL));
    expect(parsing.words()).toEqual(['error TEXT_FAILED', 'recovery TEXT_FAILED: plays on without text']);
    expect(parsing.calls.dropText).toHaveBeenCalledTimes(1);
    const playlist = setUp({ textUnindexed: () => true });
    playlist.problems.shakaReported(playlist.error(1001, CRITICAL, { kind: 'playlist', failure: missing }));
    expect(playlist.words()).toEqual(['error TEXT_FAILED', 'recovery TEXT_FAILED: plays on without text']);
  });

  it('leaves what is critical to load() while that is under way', () => {
    const { problems, words, error } = setUp({ loading: () => true });
    expect(problems.shakaReported(error(4032, CRITICAL))).toBe(false);
    expect(words()).toEqual([]);
  });

  it('does nothing more when it is stopped', () => {
    const { problems, calls, clock, error } = setUp();
    problems.shakaReported(error(1003, CRITICAL, { kind: 'segment', failure: reset }));
    problems.stop();
    clock.advance(60);
    expect(calls.retry).not.toHaveBeenCalled();
    expect(clock.waiting).toBe(0);
  });
});
