import type { LoaderCallbacks, LoaderConfiguration, LoaderContext } from 'hls.js';
import { describe, expect, it } from 'vitest';
import { PlayerError } from '../../media/player-error.ts';
import { simulatedClock } from '../../media/simulated-clock.ts';
import type { HttpHandler, HttpRequest, HttpResponse } from '../../net/http.ts';
import { type HttpLoad, httpLoaders } from './http-loader.ts';

/** A pipeline that waits to be told what the answer is. */
function fakePipeline() {
  const calls: {
    request: HttpRequest;
    signal: AbortSignal;
    answer: (response: Partial<HttpResponse>) => void;
    fail: (error: unknown) => void;
  }[] = [];
  const http: HttpHandler = (request, signal) =>
    new Promise((resolve, reject) => {
      const answer = (parts: Partial<HttpResponse>): void =>
        resolve({
          url: request.url,
          status: 200,
          headers: {},
          body: new ArrayBuffer(0),
          start: 0,
          firstByte: 0,
          end: 0,
          fromCache: false,
          ...parts,
        });
      calls.push({ request, signal, answer, fail: reject });
      signal.addEventListener('abort', () => reject(new PlayerError('ABORTED', 'aborted', { cause: signal.reason })));
    });
  return { http, calls };
}

function setUp() {
  const clock = simulatedClock();
  const { http, calls } = fakePipeline();
  const loaders = httpLoaders({ http, clock, describe: () => ({ kind: 'segment', segment: null }) });
  const events: unknown[][] = [];
  const loader = new loaders.Loader({} as never);
  const callbacks: LoaderCallbacks<LoaderContext> = {
    onSuccess: (response, stats, _context, details) => events.push(['success', response, { ...stats }, details]),
    onError: (error, _context, details) => events.push(['error', error, details]),
    onTimeout: (_stats, _context, details) => events.push(['timeout', details]),
    onAbort: (stats) => events.push(['abort', stats.aborted]),
  };
  const load = (context: Partial<LoaderContext> = {}, loadPolicy: object = {}): void =>
    loader.load(
      {
        url: 'https://a.example/s.m4s',
        responseType: 'arraybuffer',
        type: 'media-fragment',
        ...context,
      } as LoaderContext,
      { loadPolicy } as LoaderConfiguration,
      callbacks,
    );
  const call = () => {
    const [first] = calls;
    if (!first) throw new Error('nothing was asked for');
    return first;
  };
  return { clock, loaders, loader, load, calls, call, events, settled: () => loaders.idle() };
}

const bytes = (text: string): ArrayBuffer => new TextEncoder().encode(text).buffer as ArrayBuffer;

describe('httpLoaders', () => {
  it('asks the pipeline, and hands on body, URL after redirects and status', async () => {
    const { load, call, events, settled } = setUp();
    load();
    const body = bytes('abc');
    call().answer({ body, url: 'https://b.example/s.m4s', status: 206 });
    await settled();
    expect(events).toEqual([
      [
        'success',
        { url: 'https://b.example/s.m4s', data: body, code: 206 },
        expect.objectContaining({ loaded: 3, total: 3 }),
        null,
      ],
    ]);
    expect(call().request).toMatchObject({ kind: 'segment', method: 'GET', headers: {} });
  });

  it('gives text and JSON as hls.js asks for them', async () => {
    const text = setUp();
    text.load({ responseType: 'text' });
    text.call().answer({ body: bytes('#EXTM3U é') });
    await text.settled();
    expect(text.events[0]?.[1]).toMatchObject({ data: '#EXTM3U é' });

    const json = setUp();
    json.load({ responseType: 'json' });
    json.call().answer({ body: bytes('{"VERSION":1}') });
    await json.settled();
    expect(json.events[0]?.[1]).toMatchObject({ data: { VERSION: 1 } });
  });

  it('asks for the bytes from start to before end', () => {
    const { load, call } = setUp();
    load({ rangeStart: 100, rangeEnd: 200, headers: { 'X-A': '1' } });
    expect(call().request.headers).toEqual({ 'X-A': '1', Range: 'bytes=100-199' });
  });

  it('keeps one stats object that changes while bytes arrive, and starts over with a second attempt', () => {
    const { load, loader, call, clock } = setUp();
    const { stats } = loader;
    clock.advance(7);
    load();
    const { request } = call();
    expect(stats.loading.start).toBeGreaterThan(0);
    request.onHeaders?.({}, 200);
    expect(stats.loading.first).toBeGreaterThanOrEqual(stats.loading.start);
    request.onProgress?.({ bytes: 10, totalBytes: 100, start: 7, firstByte: 7.2 });
    expect(loader.stats).toBe(stats);
    expect(stats).toMatchObject({ loaded: 10, total: 100 });
    const own = loader as unknown as HttpLoad;
    expect(own).toMatchObject({ asked: 7, over: false, progress: { bytes: 10, firstByte: 7.2 } });
    request.onHeaders?.({}, 200);
    expect(stats.loaded).toBe(0);
    expect(own.progress).toBeNull();
  });

  it('passes failures on with their status, and the error of the pipeline behind them', async () => {
    const { load, call, events, settled } = setUp();
    const failure = new PlayerError('HTTP_STATUS', 'gone', { status: 404 });
    load();
    call().fail(failure);
    await settled();
    expect(events).toEqual([['error', { code: 404, text: 'gone' }, { failure }]]);
  });

  it('tells time-outs from errors, and no status is 0', async () => {
    for (const code of ['TIMEOUT_FIRST_BYTE', 'TIMEOUT_STALLED'] as const) {
      const { load, call, events, settled } = setUp();
      load();
      call().fail(new PlayerError(code, 'late'));
      await settled();
      expect(events[0]?.[0]).toBe('timeout');
    }
    const { load, call, events, settled } = setUp();
    load();
    call().fail(new TypeError('not even an error of ours'));
    await settled();
    expect(events[0]?.[1]).toMatchObject({ code: 0 });
    expect(events[0]?.[2]).toMatchObject({ failure: { code: 'NETWORK_FAILED' } });
  });

  it('aborts the request, says so once, and is silent afterwards', async () => {
    const { load, loader, call, events, settled } = setUp();
    load();
    loader.abort();
    expect(call().signal.aborted).toBe(true);
    loader.abort();
    loader.destroy();
    await settled();
    expect(events).toEqual([['abort', true]]);
    expect((loader as unknown as HttpLoad).over).toBe(true);
  });

  it('destroyed in mid-load, it aborts and calls nobody', async () => {
    const { load, loader, call, events, settled } = setUp();
    load();
    loader.destroy();
    call().answer({ body: bytes('late') });
    await settled();
    expect(events).toEqual([]);
    expect(call().signal.aborted).toBe(true);
  });

  it('an abort after the answer is none', async () => {
    const { load, loader, call, events, settled } = setUp();
    load();
    call().answer({});
    await settled();
    loader.destroy();
    expect(loader.stats.aborted).toBe(false);
    expect(events.map(([what]) => what)).toEqual(['success']);
  });

  it('loads once', () => {
    const { load } = setUp();
    load();
    expect(() => load()).toThrow('loads once');
  });

  it('takes the shorter limit to the first byte, and reads headers in any case', async () => {
    const { load, loader, call, settled } = setUp();
    load({}, { maxTimeToFirstByteMs: 3000 });
    expect(call().request.timeouts.firstByte).toBe(3);
    call().answer({ headers: { age: '12', 'retry-after': '30' } });
    await settled();
    expect(loader.getCacheAge?.()).toBe(12);
    expect(loader.getResponseHeader?.('Retry-After')).toBe('30');
    expect(loader.getResponseHeader?.('etag')).toBeNull();

    const unlimited = setUp();
    unlimited.load({}, { maxTimeToFirstByteMs: Number.POSITIVE_INFINITY });
    expect(unlimited.call().request.timeouts.firstByte).toBe(10);
  });

  it('is idle when no load is under way', async () => {
    const { load, call, loaders } = setUp();
    let idle = false;
    load();
    const waiting = loaders.idle().then(() => {
      idle = true;
    });
    await Promise.resolve();
    expect(idle).toBe(false);
    call().answer({});
    await waiting;
    expect(idle).toBe(true);
  });
});
