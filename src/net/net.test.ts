import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { PlaybackEvent } from '../media/playback-event.ts';
import { PlayerError } from '../media/player-error.ts';
import { type SimulatedClock, simulatedClock } from '../media/simulated-clock.ts';
import { looksCached } from './cache-watch.ts';
import { fetchHandler } from './fetch-handler.ts';
import { compose, type HttpHandler, type HttpResponse, httpRequest, type Middleware } from './http.ts';
import { record } from './record.ts';
import { isRetryable, pause, retry } from './retry.ts';

const never = new AbortController().signal;

const okay = (clock: SimulatedClock, bytes = 4): HttpResponse => ({
  url: 'https://x/a',
  status: 200,
  headers: {},
  body: new ArrayBuffer(bytes),
  start: clock.now(),
  firstByte: clock.now(),
  end: clock.now(),
  fromCache: false,
});

/** Lets promise callbacks run without letting time pass. */
const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
};

describe('compose', () => {
  it('puts the first middleware outermost', async () => {
    const order: string[] = [];
    const named =
      (name: string): Middleware =>
      (next) =>
      async (request, signal) => {
        order.push(`${name} in`);
        const response = await next(request, signal);
        order.push(`${name} out`);
        return response;
      };
    const handler = compose(named('a'), named('b'))(async () => okay(simulatedClock()));
    await handler(httpRequest('https://x/a', 'segment'), never);
    expect(order).toEqual(['a in', 'b in', 'b out', 'a out']);
  });
});

describe('retry', () => {
  const failing = (
    errors: readonly PlayerError[],
    clock: SimulatedClock,
  ): { handler: HttpHandler; attempts: number[] } => {
    const attempts: number[] = [];
    return {
      attempts,
      handler: async (request) => {
        attempts.push(request.attempt);
        const error = errors[attempts.length - 1];
        if (error) throw error;
        return okay(clock);
      },
    };
  };
  const status = (code: number, retryAfter?: number): PlayerError =>
    new PlayerError('HTTP_STATUS', `answered ${code}`, {
      status: code,
      ...(retryAfter === undefined ? {} : { retryAfter }),
    });

  it('waits random · base · 2ⁿ between attempts and numbers them', async () => {
    const clock = simulatedClock();
    const { handler, attempts } = failing([status(503), status(503)], clock);
    const result = retry({ clock, random: () => 0.5, baseDelay: 1 })(handler)(
      httpRequest('https://x/a', 'segment'),
      never,
    );
    await settle();
    clock.advance(0.49);
    await settle();
    expect(attempts).toEqual([1]);
    clock.advance(0.01);
    await settle();
    expect(attempts).toEqual([1, 2]);
    clock.advance(1);
    await expect(result).resolves.toMatchObject({ status: 200 });
    expect(attempts).toEqual([1, 2, 3]);
  });

  it('never comes sooner than Retry-After', async () => {
    const clock = simulatedClock();
    const { handler, attempts } = failing([status(429, 7)], clock);
    const result = retry({ clock, random: () => 0 })(handler)(httpRequest('https://x/a', 'segment'), never);
    await settle();
    clock.advance(6.9);
    await settle();
    expect(attempts).toEqual([1]);
    clock.advance(0.2);
    await result;
    expect(attempts).toEqual([1, 2]);
  });

  it('gives a 404 back at once and the last error when attempts are used up', async () => {
    const clock = simulatedClock();
    const missing = failing([status(404)], clock);
    const options = { clock, random: () => 0, maxAttempts: 2 };
    await expect(retry(options)(missing.handler)(httpRequest('https://x/a', 'segment'), never)).rejects.toMatchObject({
      status: 404,
    });
    expect(missing.attempts).toEqual([1]);
    const down = failing([status(503), status(502)], clock);
    const result = retry(options)(down.handler)(httpRequest('https://x/a', 'segment'), never);
    result.catch(() => {});
    await settle();
    clock.advance(0);
    await expect(result).rejects.toMatchObject({ status: 502 });
  });

  it('stops waiting when aborted, and leaves no timer', async () => {
    const clock = simulatedClock();
    const controller = new AbortController();
    const { handler } = failing([status(503)], clock);
    const result = retry({ clock, random: () => 1 })(handler)(httpRequest('https://x/a', 'segment'), controller.signal);
    await settle();
    expect(clock.waiting).toBe(1);
    controller.abort(new Error('enough'));
    await expect(result).rejects.toMatchObject({ code: 'ABORTED' });
    expect(clock.waiting).toBe(0);
    await expect(pause(clock, 1, controller.signal)).rejects.toMatchObject({ code: 'ABORTED' });
  });

  it('knows what is worth another try', () => {
    for (const code of [408, 425, 429, 500, 502, 503, 504]) expect(isRetryable(status(code))).toBe(true);
    for (const code of [400, 401, 403, 404, 410, 501]) expect(isRetryable(status(code))).toBe(false);
    for (const code of ['NETWORK_FAILED', 'TIMEOUT_FIRST_BYTE', 'TIMEOUT_STALLED'] as const) {
      expect(isRetryable(new PlayerError(code, ''))).toBe(true);
    }
    expect(isRetryable(new PlayerError('ABORTED', ''))).toBe(false);
    expect(isRetryable(new Error('x'))).toBe(false);
  });

  it('names options that cannot work', () => {
    const clock = simulatedClock();
    expect(() => retry({ clock, random: Math.random, maxAttempts: 0 })).toThrow(
      'maxAttempts must be a whole number >= 1, got 0',
    );
    expect(() => retry({ clock, random: Math.random, baseDelay: -1 })).toThrow('delays must be >= 0 s, got -1');
  });
});

describe('record', () => {
  it('tells of every attempt: times, bytes, status and how it ended', async () => {
    const clock = simulatedClock();
    const facts: PlaybackEvent[] = [];
    const handler = record(clock, (event) => facts.push(event))(async (request) => {
      clock.advance(0.2);
      request.onHeaders?.({}, 200);
      clock.advance(1);
      if (request.attempt === 1) {
        request.onProgress?.({ bytes: 500, totalBytes: 1000, start: 0, firstByte: 0.2 });
        throw new PlayerError('TIMEOUT_STALLED', 'silence');
      }
      return { ...okay(clock, 1000), end: clock.now() };
    });
    const segment = { track: 'video', rendition: 2, number: 5, start: 20, duration: 4 } as const;
    const request = httpRequest('https://x/5.m4s?token=t', 'segment', { segment });
    await expect(handler(request, never)).rejects.toThrow('silence');
    await handler({ ...request, attempt: 2 }, never);
    expect(facts).toEqual([
      {
        at: 1.2,
        type: 'request',
        id: 1,
        attempt: 1,
        kind: 'segment',
        url: 'https://x/5.m4s?token=…',
        segment,
        start: 0,
        firstByte: 0.2,
        status: 200,
        outcome: 'failed',
        bytes: 500,
        linkBytes: 500,
        fromCache: false,
        error: 'TIMEOUT_STALLED',
      },
      {
        at: 2.4,
        type: 'request',
        id: 2,
        attempt: 2,
        kind: 'segment',
        url: 'https://x/5.m4s?token=…',
        segment,
        start: 1.2,
        firstByte: 1.4,
        status: 200,
        outcome: 'ok',
        bytes: 1000,
        linkBytes: 1000,
        fromCache: false,
        error: null,
      },
    ]);
  });
});

describe('record on a shared link', () => {
  /** Requests that the test moves on by hand. */
  function shared() {
    const clock = simulatedClock();
    const linkBytes: (readonly [string, number | undefined])[] = [];
    const seen: (number | undefined)[] = [];
    const inFlight = new Map<string, { head(): void; body(bytes: number): void; end(fromCache?: boolean): void }>();
    const handler = record(clock, (event) => {
      if (event.type === 'request') linkBytes.push([event.url, event.linkBytes]);
    })(
      (request) =>
        new Promise((resolve) => {
          let bytes = 0;
          inFlight.set(request.url, {
            head: () => request.onHeaders?.({}, 200),
            body(more) {
              bytes += more;
              request.onProgress?.({ bytes, totalBytes: null, start: 0, firstByte: 0 });
            },
            end: (fromCache = false) => resolve({ ...okay(clock, bytes), fromCache }),
          });
        }),
    );
    const ask = (url: string) =>
      void handler(httpRequest(url, 'segment', { onProgress: ({ linkBytes }) => seen.push(linkBytes) }), never);
    const of = (url: string) => inFlight.get(url) ?? expect.fail(`${url} was not asked for`);
    return { ask, of, linkBytes, seen };
  }

  it('counts all that came between first byte and end, of what is still on its way too', async () => {
    const { ask, of, linkBytes, seen } = shared();
    for (const url of ['https://x/sound', 'https://x/picture']) ask(url);
    of('https://x/sound').head();
    of('https://x/sound').body(300);
    of('https://x/picture').head();
    of('https://x/sound').body(500);
    of('https://x/picture').body(1000);
    of('https://x/sound').body(40);
    of('https://x/picture').end();
    await settle();
    of('https://x/sound').body(60);
    of('https://x/sound').end();
    await settle();
    expect(linkBytes).toEqual([
      ['https://x/picture', 1540],
      ['https://x/sound', 1900],
    ]);
    // 300 and 800 of the sound; 1500 since the picture's first byte; 1840 and 1900 since the sound's.
    expect(seen).toEqual([300, 800, 1500, 1840, 1900]);
  });

  it('does not take the cache for the link', async () => {
    const { ask, of, linkBytes } = shared();
    for (const url of ['https://x/cached', 'https://x/picture']) ask(url);
    of('https://x/picture').head();
    of('https://x/cached').head();
    of('https://x/cached').body(9000);
    of('https://x/cached').end(true);
    await settle();
    of('https://x/picture').body(1000);
    of('https://x/picture').end();
    await settle();
    expect(linkBytes.at(-1)).toEqual(['https://x/picture', 1000]);
  });
});

describe('looksCached', () => {
  it('takes only what no network can do for the cache', () => {
    expect(looksCached({ start: 0, firstByte: 0.001, end: 0.0011, bytes: 500_000 })).toBe(true);
    // 500 kB in 4 ms is 1 Gbit/s: a fast link.
    expect(looksCached({ start: 0, firstByte: 0.001, end: 0.005, bytes: 500_000 })).toBe(false);
    expect(looksCached({ start: 0, firstByte: 0.02, end: 0.0201, bytes: 500_000 })).toBe(false);
  });
});

describe('fetchHandler', () => {
  const servers: Server[] = [];
  const serve = async (listener: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> => {
    const server = createServer(listener);
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };
  afterEach(() => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      server.close();
    }
  });

  it('gives the whole body with progress up to its end', async () => {
    const origin = await serve((_, response) => {
      response.setHeader('content-length', '6');
      response.write('abc');
      response.end('def');
    });
    const { handler, destroy } = fetchHandler(simulatedClock());
    const progress: number[] = [];
    let announced = 0;
    const response = await handler(
      httpRequest(`${origin}/a`, 'segment', {
        onHeaders: (_, status) => {
          announced = status;
        },
        onProgress: ({ bytes, totalBytes }) => {
          progress.push(bytes);
          expect(totalBytes).toBe(6);
        },
      }),
      never,
    );
    expect(new TextDecoder().decode(response.body)).toBe('abcdef');
    expect(announced).toBe(200);
    expect(progress.at(-1)).toBe(6);
    destroy();
  });

  it('refuses a status that is no success, with Retry-After', async () => {
    const origin = await serve((_, response) => response.writeHead(503, { 'retry-after': '3' }).end('no'));
    const { handler, destroy } = fetchHandler(simulatedClock());
    await expect(handler(httpRequest(`${origin}/a?k=v`, 'segment'), never)).rejects.toMatchObject({
      code: 'HTTP_STATUS',
      status: 503,
      retryAfter: 3,
      message: `${origin}/a?k=… answered 503`,
    });
    destroy();
  });

  it('gives up when no header comes in time, and when the body falls silent', async () => {
    const clock = simulatedClock();
    let reached: () => void = () => {};
    const asked = new Promise<void>((resolve) => {
      reached = resolve;
    });
    const origin = await serve((request, response) => {
      if (request.url === '/silent') reached();
      else {
        response.setHeader('content-length', '100');
        response.write('abc');
      }
    });
    const { handler, destroy } = fetchHandler(clock);
    const silent = handler(httpRequest(`${origin}/silent`, 'segment', { timeouts: { firstByte: 2, stall: 1 } }), never);
    silent.catch(() => {});
    await asked;
    clock.advance(2);
    await expect(silent).rejects.toMatchObject({ code: 'TIMEOUT_FIRST_BYTE' });

    let first: () => void = () => {};
    const began = new Promise<void>((resolve) => {
      first = resolve;
    });
    const stalls = handler(
      httpRequest(`${origin}/stalls`, 'segment', { timeouts: { firstByte: 2, stall: 1 }, onProgress: () => first() }),
      never,
    );
    stalls.catch(() => {});
    await began;
    await settle();
    clock.advance(1);
    await expect(stalls).rejects.toMatchObject({ code: 'TIMEOUT_STALLED' });
    expect(clock.waiting).toBe(0);
    destroy();
  });

  it('aborts at once and says so, before and during the transfer', async () => {
    let closed: () => void = () => {};
    const gone = new Promise<void>((resolve) => {
      closed = resolve;
    });
    const origin = await serve((request, response) => {
      request.on('close', () => closed());
      response.setHeader('content-length', '100');
      response.write('abc');
    });
    const { handler, destroy } = fetchHandler(simulatedClock());
    const controller = new AbortController();
    const result = handler(
      httpRequest(`${origin}/a`, 'segment', { onProgress: () => controller.abort('enough') }),
      controller.signal,
    );
    await expect(result).rejects.toMatchObject({ code: 'ABORTED', cause: 'enough' });
    await gone;
    await expect(handler(httpRequest(`${origin}/a`, 'segment'), controller.signal)).rejects.toMatchObject({
      code: 'ABORTED',
    });
    destroy();
  });

  it('calls a refused connection a network failure and keeps the cause', async () => {
    const { handler, destroy } = fetchHandler(simulatedClock());
    const failure = await handler(httpRequest('http://127.0.0.1:1/a', 'segment'), never).catch((error) => error);
    expect(failure).toMatchObject({ code: 'NETWORK_FAILED', category: 'network' });
    expect(failure.cause).toBeInstanceOf(TypeError);
    destroy();
  });
});
