import { describe, expect, it, vi } from 'vitest';
import { PlayerError } from '../../media/player-error.ts';
import { type SimulatedClock, simulatedClock } from '../../media/simulated-clock.ts';
import type { HttpHandler, HttpRequest, HttpResponse } from '../../net/http.ts';
import { fakeStream } from './fake-variant.ts';
import type { ShakaSegment } from './segment-facts.ts';
import { DIVERTED } from './shaka-request.ts';
import { type Transport, type TransportParts, transport } from './transport.ts';

vi.mock('shaka-player/dist/shaka-player.compiled-es2021.js', () => import('./fake-shaka.ts'));

type Route = Transport['route'];
type ShakaError = { readonly code: number; readonly category: number; readonly data: readonly unknown[] };

const response = (bytes: number, parts: Partial<HttpResponse> = {}): HttpResponse => ({
  url: 'https://cdn.example/after-redirect',
  status: 200,
  headers: { 'content-type': 'video/mp4' },
  body: new ArrayBuffer(bytes),
  start: 1,
  firstByte: 1.05,
  end: 1.5,
  fromCache: false,
  ...parts,
});

const segment = { getStartTime: () => 8, getEndTime: () => 12 } as ShakaSegment;
const MEDIA_SEGMENT = { type: 1, stream: fakeStream(3), segment };

function setUp(http: HttpHandler, parts: Partial<TransportParts> = {}) {
  const clock: SimulatedClock = simulatedClock();
  const calls: string[] = [];
  const made = transport({
    http,
    clock,
    refer: (stream, wanted) => ({
      track: 'video',
      rendition: stream.id,
      number: null,
      start: wanted?.getStartTime() ?? 0,
      duration: 4,
    }),
    admit: async () => {},
    sent: () => calls.push('sent'),
    over: () => calls.push('over'),
    received: () => calls.push('received'),
    failed: () => 'elsewhere',
    ...parts,
  });
  const progress = vi.fn();
  const headers = vi.fn();
  const request = {
    uris: ['https://cdn.example/2.m4s'],
    method: 'GET',
    headers: { Range: 'bytes=0-99' },
    body: null,
    allowCrossSiteCredentials: false,
  } as unknown as Parameters<Route>[1];
  const ask = (type = 1, context: object | null = MEDIA_SEGMENT) =>
    made.route('https://cdn.example/2.m4s', request, type, context as Parameters<Route>[3], progress, headers, {
      minBytesForProgressEvents: 1000,
    });
  return { ask, clock, calls, progress, headers, request, made };
}

const failing =
  (failure: unknown): HttpHandler =>
  () =>
    Promise.reject(failure);

describe('transport', () => {
  it('asks the pipeline with what the request is for, and answers in shaka’s words', async () => {
    const asked: HttpRequest[] = [];
    const { ask, calls, request } = setUp((own) => {
      asked.push(own);
      return Promise.resolve(response(2000));
    });
    const answer = await ask().promise;
    expect(asked[0]).toMatchObject({
      url: 'https://cdn.example/2.m4s',
      kind: 'segment',
      method: 'GET',
      headers: { Range: 'bytes=0-99' },
      credentials: 'same-origin',
      segment: { track: 'video', rendition: 3, start: 8 },
    });
    expect(answer).toMatchObject({
      uri: 'https://cdn.example/after-redirect',
      originalUri: 'https://cdn.example/2.m4s',
      status: 200,
      headers: { 'content-type': 'video/mp4' },
      timeMs: 500,
      originalRequest: request,
    });
    expect(calls).toEqual(['sent', 'over', 'received']);
  });

  it('tells of bytes truly: what came since, at most every 100 ms, and the rest at the end', async () => {
    const { ask, progress, headers, clock } = setUp(async (own) => {
      own.onHeaders?.({ age: '1' }, 200);
      const arrive = (bytes: number, at: number): void => {
        clock.advance(at - clock.now());
        own.onProgress?.({ bytes, totalBytes: 10_000, start: 0, firstByte: 0.05 });
      };
      arrive(1500, 0.05);
      arrive(4000, 0.2);
      arrive(4500, 0.35);
      arrive(9000, 0.5);
      clock.advance(0.1);
      return response(10_000);
    });
    await ask().promise;
    expect(headers).toHaveBeenCalledWith({ age: '1' });
    const told = progress.mock.calls.map(([ms, bytes, left]) => [Math.round(ms), bytes, left]);
    expect(told).toEqual([
      [200, 4000, 6000],
      [300, 5000, 1000],
      [100, 1000, 0],
    ]);
    expect(told.reduce((sum, [, bytes = 0]) => sum + bytes, 0)).toBe(10_000);
  });

  it('is an aborted operation to shaka when it asks again from elsewhere', async () => {
    const http = vi.fn();
    const { ask, calls } = setUp(http, { admit: () => Promise.reject(DIVERTED) });
    await expect(ask().promise).rejects.toMatchObject({ code: 7001 });
    expect(http).not.toHaveBeenCalled();
    expect(calls, 'it never left').toEqual([]);
  });

  it('aborts the pipeline when shaka aborts, and says so in its words', async () => {
    let signal: AbortSignal | null = null;
    const { ask, calls } = setUp((_own, given) => {
      signal = given;
      return new Promise((_, reject) =>
        given.addEventListener('abort', () => reject(new PlayerError('ABORTED', 'request aborted'))),
      );
    });
    const operation = ask();
    const failed = expect(operation.promise).rejects.toMatchObject({ code: 7001 });
    await Promise.resolve();
    await operation.abort();
    await failed;
    expect((signal as AbortSignal | null)?.aborted).toBe(true);
    expect(calls).toEqual(['sent', 'over']);
  });

  it.each([
    ['a status', new PlayerError('HTTP_STATUS', '404', { status: 404 }), 'elsewhere', 1001],
    ['a network that failed', new PlayerError('NETWORK_FAILED', 'reset'), 'elsewhere', 1002],
    [
      'a time-out, which shaka would otherwise not get over',
      new PlayerError('TIMEOUT_FIRST_BYTE', '10 s'),
      'elsewhere',
      1002,
    ],
    ['something to ask for again later', new PlayerError('NETWORK_FAILED', 'reset'), 'later', 1003],
  ] as const)('fails with what shaka understands: %s', async (_what, failure, answer, code) => {
    const { ask, made } = setUp(failing(failure), { failed: () => answer });
    const error = await ask().promise.then(
      () => null,
      (reason: ShakaError) => reason,
    );
    expect(error).toMatchObject({ code, category: 1 });
    if (code === 1001) expect(error?.data[1]).toBe(404);
    expect(made.failureBehind(error)).toEqual({ kind: 'segment', failure });
    expect(made.failureBehind(new Error('another'))).toBeNull();
  });

  it('gives shaka what stands for a segment that could not be had', async () => {
    const { ask } = setUp(failing(new PlayerError('HTTP_STATUS', '404', { status: 404 })), {
      failed: () => new ArrayBuffer(8),
    });
    const { data } = (await ask().promise) as { data: ArrayBuffer };
    expect(data.byteLength).toBe(8);
  });

  it('takes a segment that must not be appended for one that failed', async () => {
    const broken = new PlayerError('SEGMENT_PARSE_FAILED', 'it ends within a box');
    const failed = vi.fn<TransportParts['failed']>(() => 'elsewhere');
    const { ask } = setUp(() => Promise.resolve(response(100)), {
      received() {
        throw broken;
      },
      failed,
    });
    await expect(ask().promise).rejects.toMatchObject({ code: 1002 });
    expect(failed.mock.calls[0]?.[1]).toBe(broken);
  });

  it('asks for an initialization segment once', async () => {
    const http = vi.fn(() => Promise.resolve(response(600)));
    const { ask } = setUp(http);
    const init = { type: 0, stream: fakeStream(3) };
    await ask(1, init).promise;
    await expect(ask(1, init).promise).resolves.toMatchObject({ fromCache: true });
    expect(http).toHaveBeenCalledTimes(1);
  });
});
