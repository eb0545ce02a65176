import { describe, expect, it } from 'vitest';
import { PlayerError } from './player-error.ts';
import { redactUrl } from './redact-url.ts';
import { toLadder } from './rendition.ts';
import { simulatedClock } from './simulated-clock.ts';

describe('redactUrl', () => {
  it.each([
    ['https://cdn.example/a/b.mp4', 'https://cdn.example/a/b.mp4'],
    ['https://cdn.example/a.mp4?token=secret&sig=abc', 'https://cdn.example/a.mp4?token=…&sig=…'],
    ['https://user:pass@cdn.example/a.mp4#t=10', 'https://cdn.example/a.mp4'],
    ['//user:pass@cdn.example/a.mp4', '//cdn.example/a.mp4'],
    ['seg/1.m4s?secret', 'seg/1.m4s?…'],
    ['seg/1.m4s?', 'seg/1.m4s'],
    ['data:video/mp4;base64,AAAA', 'data:video/mp4…'],
    ['blob:https://cdn.example/0f0f-secret', 'blob:https://cdn.example…'],
    ['a.m4s?next=https://x/?y=z&b=1', 'a.m4s?next=…&b=…'],
  ])('makes %s fit for a log', (url, redacted) => {
    expect(redactUrl(url)).toBe(redacted);
  });
});

describe('toLadder', () => {
  it('sorts by bitrate, then by height', () => {
    const ladder = toLadder([
      { id: 'c', bitrate: 2e6, height: 720 },
      { id: 'a', bitrate: 1e6 },
      { id: 'b', bitrate: 2e6, height: 540 },
    ]);
    expect(ladder.map(({ id }) => id)).toEqual(['a', 'b', 'c']);
  });

  it('names what cannot be a ladder', () => {
    expect(() => toLadder([])).toThrow('ladder must have at least one rendition, got none');
    expect(() => toLadder([{ id: 'x', bitrate: 0 }])).toThrow('bitrate of rendition "x" must be > 0 bits/s, got 0');
    expect(() => toLadder([{ id: 'x', bitrate: Number.NaN }])).toThrow('got NaN');
  });
});

describe('PlayerError', () => {
  it('knows its category and keeps its cause', () => {
    const cause = new TypeError('boom');
    const error = new PlayerError('SEGMENT_LOAD_FAILED', 'no', { cause, status: 404, url: 'https://x/a' });
    expect(error).toMatchObject({
      category: 'network',
      fatal: false,
      status: 404,
      url: 'https://x/a',
      retryAfter: null,
    });
    expect(error.cause).toBe(cause);
    expect(error).toBeInstanceOf(Error);
  });
});

describe('simulatedClock', () => {
  it('runs what falls due in order of time, what was added on the way included, and forgets what was cancelled', () => {
    const clock = simulatedClock();
    const seen: string[] = [];
    clock.after(2, () => seen.push(`b@${clock.now()}`));
    clock.after(1, () => {
      seen.push(`a@${clock.now()}`);
      clock.after(0.5, () => seen.push(`c@${clock.now()}`));
    });
    const cancel = clock.after(1, () => seen.push('never'));
    cancel();
    clock.advance(3);
    expect(seen).toEqual(['a@1', 'c@1.5', 'b@2']);
    expect(clock.now()).toBe(3);
    expect(clock.waiting).toBe(0);
  });
});
