import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import type { PlaybackEvent } from '../media/playback-event.ts';
import { parseNdjson } from '../session/parse-ndjson.ts';
import { beaconBody, encodeBeaconLine } from '../telemetry/beacon-format.ts';
import { type CollectorOptions, createCollector } from './collector.ts';
import type { EventStore } from './event-store.ts';
import { memoryStore } from './memory-store.ts';
import { madeLines, seededRandom } from './node/made-session.ts';

// Busy machines are slow; what is waited for ends by itself.
vi.setConfig({ testTimeout: 60_000 });

const NOW = Date.UTC(2026, 3, 14, 12);

const START: PlaybackEvent = {
  type: 'sessionStart',
  at: 0,
  sessionId: 's1',
  startedAt: NOW - 60_000,
  engine: 'hls',
  strategy: 'bola',
  src: 'https://cdn.example/main.m3u8',
};
const line = (seq: number, fact: PlaybackEvent = { type: 'playbackRequest', at: seq }, sid = 's1'): string =>
  encodeBeaconLine({ sid, seq, fact });
const BODY = beaconBody([line(0, START), line(1), line(2)]);

const setUp = (options: Partial<CollectorOptions> = {}) => {
  const store = options.store ?? memoryStore();
  return { store, collector: createCollector({ store, now: () => NOW, ...options }) };
};

type Body = string | Uint8Array | ReadableStream<Uint8Array>;
const post = (body: Body, headers: Record<string, string> = {}, query = ''): Request =>
  new Request(`http://collector.example/v1/events${query}`, {
    method: 'POST',
    body: body as BodyInit,
    headers: { 'content-type': 'application/x-ndjson', ...headers },
    duplex: 'half',
  } as RequestInit);
const get = (path: string, headers: Record<string, string> = {}): Request =>
  new Request(`http://collector.example${path}`, { headers });
const seqs = async (store: EventStore, sid = 's1'): Promise<number[]> =>
  ((await store.session(sid))?.facts ?? []).map(({ seq }) => seq);

describe('taking facts in', () => {
  it('keeps a body and answers 204, and again to the same body, which it holds already', async () => {
    const { store, collector } = setUp();
    expect((await collector.handle(post(BODY))).status).toBe(204);
    expect((await collector.handle(post(BODY))).status).toBe(204);
    expect(await seqs(store)).toEqual([0, 1, 2]);
    expect((await collector.status()).ingest).toMatchObject({ requests: 2, stored: 3, duplicates: 3, refused: {} });
  });

  it('keeps the first to come where two lines have one number', async () => {
    const { store, collector } = setUp();
    await collector.handle(post(line(0, START)));
    await collector.handle(post(beaconBody([line(0, { ...START, engine: 'shaka' }), line(1)])));
    const session = await store.session('s1');
    expect(session?.facts.map(({ fact }) => fact)).toEqual([START, { type: 'playbackRequest', at: 1 }]);
  });

  it('takes gzip, and the plain text that sendBeacon sends', async () => {
    const { store, collector } = setUp();
    expect((await collector.handle(post(gzipSync(BODY), { 'content-encoding': 'gzip' }))).status).toBe(204);
    const beacon = post(line(3), { 'content-type': 'text/plain;charset=UTF-8' });
    expect((await collector.handle(beacon)).status).toBe(204);
    expect(await seqs(store)).toEqual([0, 1, 2, 3]);
  });

  it('keeps nothing of a body with one bad line, and names the line', async () => {
    const { store, collector } = setUp();
    const response = await collector.handle(post(beaconBody([line(0, START), '{"sid":"s1","seq":1}', line(2)])));
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ lines: [2], error: expect.stringContaining('line 2') });
    expect(await store.session('s1')).toBeNull();
  });

  it.each<[string, Request, number, string]>([
    ['an empty body', post(''), 400, 'no facts'],
    ['bytes that are not UTF-8', post(new Uint8Array([0x7b, 0xff, 0xfe])), 400, 'the body must be UTF-8'],
    ['what is not gzip', post(BODY, { 'content-encoding': 'gzip' }), 400, 'is not gzip or is cut off'],
    ['gzip cut off', post(gzipSync(BODY).subarray(0, 40), { 'content-encoding': 'gzip' }), 400, 'is cut off'],
    [
      'another packing',
      post(BODY, { 'content-encoding': 'br' }),
      415,
      'content-encoding must be gzip or absent, got br',
    ],
    ['gzip in gzip', post(BODY, { 'content-encoding': 'gzip, gzip' }), 415, 'got gzip, gzip'],
    ['another type', post(BODY, { 'content-type': 'text/html' }), 415, 'got text/html'],
    ['half a character in a session id', post(line(0, START, 'a\ud800')), 400, 'line 1: sid must be'],
    ['a session that never ends', post(line(1_000_000)), 410, 'has reached the 1000000 facts'],
  ])('refuses %s and says why', async (_, request, status, why) => {
    const { store, collector } = setUp();
    const response = await collector.handle(request);
    expect(response.status).toBe(status);
    expect(((await response.json()) as { error: string }).error).toContain(why);
    expect((await store.size()).facts).toBe(0);
  });

  it('refuses what is too large before reading it all: as sent, unpacked, and by lines', async () => {
    const { store, collector } = setUp({ limits: { wireBytes: 1000, bytes: 2000, lines: 3 } });
    let pulled = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        pulled += 1;
        controller.enqueue(new Uint8Array(400));
      },
    });
    expect((await collector.handle(post(endless))).status).toBe(413);
    expect(pulled).toBeLessThan(6);
    const bomb = gzipSync(new Uint8Array(500_000).fill(0x20));
    expect(bomb.byteLength).toBeLessThan(1000);
    expect((await collector.handle(post(bomb, { 'content-encoding': 'gzip' }))).status).toBe(413);
    expect((await collector.handle(post(beaconBody([line(0), line(1), line(2), line(3)])))).status).toBe(413);
    expect((await store.size()).facts).toBe(0);
    expect((await collector.handle(post(beaconBody([line(0), line(1), line(2)])))).status).toBe(204);
  });

  it('knows write keys: none, wrong, right, and no longer in use', async () => {
    const { collector } = setUp({ keys: ['right'], retiredKeys: ['old'] });
    const statuses = ['', '?key=wrong', '?key=right', '?key=old'].map(
      async (query) => (await collector.handle(post(BODY, {}, query))).status,
    );
    expect(await Promise.all(statuses)).toEqual([401, 401, 204, 410]);
  });

  it('asks an address that sends too much to wait until that has leaked away, and no other', async () => {
    let now = NOW;
    const { collector } = setUp({ now: () => now, limits: { perAddress: { rate: 100, burst: 200 } } });
    const send = (address: string) => collector.handle(post(BODY), { address });
    expect((await send('a')).status).toBe(204);
    const refused = await send('a');
    // BODY is charged in full; what is over the burst leaks at 100 bytes a second.
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([
      429,
      String(Math.ceil((BODY.length - 200) / 100)),
    ]);
    expect((await send('b')).status).toBe(204);
    now += 1000 * Math.ceil((BODY.length - 200) / 100);
    expect((await send('a')).status).toBe(204);
  });

  it('lets no address take all the requests there are by sending slowly', async () => {
    const { collector } = setUp({ limits: { requests: 10, addressRequests: 3 } });
    const ends: (() => void)[] = [];
    const slow = (): Request =>
      post(
        new ReadableStream<Uint8Array>({
          start(controller) {
            ends.push(() => {
              controller.enqueue(new TextEncoder().encode(BODY));
              controller.close();
            });
          },
        }),
      );
    const held = [1, 2, 3].map(() => collector.handle(slow(), { address: 'a' }));
    const refused = await collector.handle(post(BODY), { address: 'a' });
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '1']);
    expect((await collector.handle(post(BODY), { address: 'b' })).status).toBe(204);
    for (const end of ends) end();
    expect((await Promise.all(held)).map(({ status }) => status)).toEqual([204, 204, 204]);
    expect((await collector.handle(post(BODY), { address: 'a' })).status).toBe(204);
  });

  it('asks to come later while the store is behind or cannot write, and keeps nothing then', async () => {
    const behind = setUp({ store: { ...memoryStore(), pending: 11 }, limits: { pending: 10 } });
    const answer = await behind.collector.handle(post(BODY));
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '2']);
    const full = setUp({ store: { ...memoryStore(), append: () => Promise.reject(new Error('disk full')) } });
    const failed = await full.collector.handle(post(BODY));
    expect([failed.status, failed.headers.get('retry-after')]).toEqual([503, '5']);
    expect((await failed.text()).includes('disk')).toBe(false);
  });

  it('lets pages of other origins send with credentials, as beacons do, and see how long to wait', async () => {
    const { collector } = setUp({ origins: ['https://player.example'], limits: { perAddress: null } });
    const asked = new Request('http://collector.example/v1/events', {
      method: 'OPTIONS',
      headers: { origin: 'https://player.example', 'access-control-request-headers': 'content-encoding' },
    });
    const allowed = await collector.handle(asked);
    expect(allowed.status).toBe(204);
    expect(Object.fromEntries(allowed.headers)).toMatchObject({
      'access-control-allow-origin': 'https://player.example',
      'access-control-allow-credentials': 'true',
      'access-control-allow-headers': 'content-type, content-encoding, authorization',
      'access-control-allow-methods': 'POST, GET',
      'access-control-max-age': '7200',
      vary: 'Origin',
    });
    const sent = await collector.handle(post('', { origin: 'https://player.example' }));
    expect(sent.headers.get('access-control-allow-origin')).toBe('https://player.example');
    expect(sent.headers.get('access-control-expose-headers')).toBe('Retry-After');
    const stranger = await collector.handle(post(BODY, { origin: 'https://evil.example' }));
    expect(stranger.headers.get('access-control-allow-origin')).toBeNull();
  });

  it('never fails and never writes, whatever the body: bytes, JSON, and lines nearly right', async () => {
    const { store, collector } = setUp({ limits: { perAddress: null } });
    const nearly = fc
      .record(
        { sid: fc.jsonValue(), seq: fc.jsonValue(), fact: fc.jsonValue(), lost: fc.jsonValue() },
        { requiredKeys: [] },
      )
      .map((value) => JSON.stringify(value));
    const mutated = fc
      .record({ at: fc.nat(BODY.length), cut: fc.nat(8), put: fc.string() })
      .map(({ at, cut, put }) => BODY.slice(0, at) + put + BODY.slice(at + cut));
    const bodies = fc.oneof(
      fc.uint8Array(),
      fc.json(),
      nearly,
      fc.array(nearly).map((all) => all.join('\n')),
      fc
        .nat(3000)
        .map((depth) =>
          line(0, { type: 'playbackRequest', at: 0, x: 0 } as PlaybackEvent).replace(
            '"x":0',
            `"x":${'[{"a":'.repeat(depth)}0${'}]'.repeat(depth)}`,
          ),
        ),
      mutated,
    );
    const headers = fc.record({
      'content-encoding': fc.constantFrom('', 'gzip', 'identity', 'deflate'),
      'content-type': fc.constantFrom('text/plain', 'application/x-ndjson', 'image/png'),
    });
    await fc.assert(
      fc.asyncProperty(bodies, headers, async (body, header) => {
        const before = (await store.size()).facts;
        const response = await collector.handle(post(body, header));
        expect([204, 400, 410, 413, 415]).toContain(response.status);
        if (response.status === 204) return;
        expect((await response.json()) as { error: string }).toHaveProperty('error');
        expect((await store.size()).facts).toBe(before);
      }),
      { numRuns: 500 },
    );
  });
});

/** Bodies that have broken other parsers. */
const CORPUS: readonly (readonly [name: string, body: string])[] = [
  ['deep arrays', `{"sid":"s","seq":0,"fact":${'['.repeat(30_000)}${']'.repeat(30_000)}}`],
  ['deep objects', `{"sid":"s","seq":0,"fact":${'{"a":'.repeat(9000)}1${'}'.repeat(9000)}}`],
  [
    'deep objects beside the fields of a fact',
    `{"sid":"s","seq":0,"fact":{"type":"playbackRequest","at":0,"x":${'{"a":'.repeat(9000)}1${'}'.repeat(9000)}}}`,
  ],
  [
    'deep arrays beside the fields of a line',
    `{"sid":"s","seq":0,"fact":{"type":"playbackRequest","at":0},"x":${'['.repeat(30_000)}${']'.repeat(30_000)}}`,
  ],
  ['a prototype', '{"sid":"s","seq":0,"__proto__":{"fact":{"type":"playbackRequest","at":0}}}'],
  ['a fact of the prototype', '{"sid":"s","seq":0,"fact":{"type":"toString","at":0}}'],
  ['a kind of the prototype', line(1, { type: 'selection', index: 0, at: 1 }).replace('selection', '__proto__')],
  ['a number too large', '{"sid":"s","seq":9007199254740993,"fact":{"type":"playbackRequest","at":0}}'],
  ['a number of 64 bits', '{"sid":"s","seq":18446744073709551615,"fact":{"type":"playbackRequest","at":0}}'],
  ['a number below nothing', '{"sid":"s","seq":-1,"fact":{"type":"playbackRequest","at":0}}'],
  ['a number given twice', '{"sid":"s","seq":0,"seq":-5,"fact":{"type":"playbackRequest","at":0}}'],
  ['a NUL among the text', '{"sid":"s\0","seq":0,"fact":{"type":"playbackRequest","at":0}}'],
  ['a time too large', '{"sid":"s","seq":1,"fact":{"type":"playbackRequest","at":1e999}}'],
  ['a time before the start', '{"sid":"s","seq":1,"fact":{"type":"playbackRequest","at":-0.001}}'],
  ['half a number', '{"sid":"s","seq":0.5,"fact":{"type":"playbackRequest","at":0}}'],
  ['a number as text', '{"sid":"s","seq":"0","fact":{"type":"playbackRequest","at":0}}'],
  ['a line feed in the id', '{"sid":"s\\n1","seq":0,"fact":{"type":"playbackRequest","at":0}}'],
  ['a NUL in the id', '{"sid":"s\\u0000","seq":0,"fact":{"type":"playbackRequest","at":0}}'],
  ['a list', '[{"sid":"s","seq":0,"fact":{"type":"playbackRequest","at":0}}]'],
  ['a comma too many', '{"sid":"s","seq":0,"fact":{"type":"playbackRequest","at":0},}'],
  ['NaN', '{"sid":"s","seq":NaN,"fact":{"type":"playbackRequest","at":0}}'],
  ['nothing but line feeds', '\n'.repeat(100)],
  ['CR for LF', `${line(0)}\r${line(1)}`],
  ['a loss the wrong way round', '{"sid":"s","lost":[[4,3]],"reason":"memory"}'],
  ['a loss for no reason', '{"sid":"s","lost":[[3,4]],"reason":"because"}'],
  ['a million losses', `{"sid":"s","lost":[${'[1,1],'.repeat(4000)}[1,1]],"reason":"memory"}`],
  [
    'an error code in a list',
    line(1, { type: 'recovery', code: 'MEDIA_STUCK', action: 'x', at: 1 }).replace('"MEDIA_STUCK"', '["MEDIA_STUCK"]'),
  ],
  ['a byte order mark inside', `\n\ufeff${line(0)}`],
];

describe('the corpus of hostile bodies', () => {
  it.each(CORPUS)('refuses %s', async (_, body) => {
    const { store, collector } = setUp();
    const response = await collector.handle(post(body));
    expect(response.status).toBe(400);
    expect(((await response.json()) as { error: string }).error.length).toBeLessThan(300);
    expect((await store.size()).sessions).toBe(0);
  });
});

describe('asking', () => {
  const withSessions = async (options: Partial<CollectorOptions> = {}) => {
    const made = setUp({ limits: { perAddress: null }, ...options });
    const random = seededRandom(7);
    for (let index = 0; index < 12; index += 1) {
      const startedAt = NOW - 1_800_000 + index * 60_000;
      const lines = madeLines({ sid: `s${index}`, startedAt, random, length: 60, variant: index % 2 ? 'a' : 'b' });
      expect((await made.collector.handle(post(beaconBody(lines.map(encodeBeaconLine))))).status).toBe(204);
    }
    while ((await made.collector.project()) > 0);
    return made;
  };
  const answer = async (collector: ReturnType<typeof createCollector>, path: string) => {
    const response = await collector.handle(get(path));
    return { status: response.status, body: (await response.json()) as unknown };
  };

  it('sums up a window, and only it', async () => {
    const { collector } = await withSessions();
    const { body } = await answer(collector, '/v1/overview');
    expect(body).toMatchObject({ total: { sums: { started: 12 }, score: { n: 12 } }, width: 60_000 });
    const half = await answer(collector, `/v1/overview?from=${NOW - 1_800_000}&to=${NOW - 1_800_000 + 6 * 60_000}`);
    expect(half.body).toMatchObject({ total: { sums: { started: 6 } } });
    const engines = (body as { byEngine: { name: string; sums: { started: number } }[] }).byEngine;
    expect(engines.reduce((sum, { sums }) => sum + sums.started, 0)).toBe(12);
    const [first] = engines;
    const one = await answer(collector, `/v1/overview?engine=${first?.name}`);
    expect(one.body).toMatchObject({ total: { sums: first?.sums } });
  });

  it('lists sessions, the worst or the newest first', async () => {
    const { collector } = await withSessions();
    const worst = await answer(collector, '/v1/sessions?order=worst&limit=5');
    const scores = (worst.body as { sessions: { normalised: number }[] }).sessions.map(({ normalised }) => normalised);
    expect(scores).toHaveLength(5);
    expect(scores).toEqual([...scores].sort((a, b) => a - b));
    const newest = await answer(collector, '/v1/sessions?limit=3');
    expect((newest.body as { sessions: { sid: string }[] }).sessions.map(({ sid }) => sid)).toEqual([
      's11',
      's10',
      's9',
    ]);
  });

  it('gives back a session fact for fact, in the format of the log, also when it is long', async () => {
    const { collector } = setUp({ limits: { perAddress: null } });
    const lines = madeLines({ sid: 'long', startedAt: NOW, random: seededRandom(2), length: 8000 });
    expect(lines.length).toBeGreaterThan(10_000);
    for (let at = 0; at < lines.length; at += 500) {
      const body = beaconBody(lines.slice(at, at + 500).map(encodeBeaconLine));
      expect((await collector.handle(post(body))).status).toBe(204);
    }
    const response = await collector.handle(get('/v1/sessions/long/events'));
    expect(response.headers.get('content-type')).toContain('application/x-ndjson');
    expect(parseNdjson(await response.text())).toEqual(lines.map(({ fact }) => fact));
  });

  it('tells how far was watched to whoever knows the sessions, newest first, and needs no read key for it', async () => {
    const { collector } = await withSessions({ readKeys: ['secret'] });
    const { body } = await answer(collector, '/v1/history?sid=s3&sid=s5&sid=nobody');
    const { viewings } = body as { viewings: { sid: string; position: number; state: string }[] };
    expect(viewings.map(({ sid }) => sid)).toEqual(['s5', 's3']);
    expect(viewings[0]?.position).toBe(60);
    expect((await answer(collector, '/v1/history')).status).toBe(400);
    expect((await answer(collector, '/v1/history?sid=s3&within=1')).body).toEqual({ viewings: [] });
    expect((await answer(collector, '/v1/history?sid=s3&within=-1')).status).toBe(400);
    expect((await answer(collector, '/v1/sessions')).status).toBe(401);
  });

  it('compares the variants of an experiment, and warns of twelve sessions', async () => {
    const { collector } = await withSessions();
    expect((await answer(collector, '/v1/experiments')).body).toEqual({ experiments: ['start'] });
    const { body } = await answer(collector, '/v1/experiments/start?control=b');
    expect(body).toMatchObject({
      control: 'b',
      variants: [
        { variant: 'a', sessions: 6 },
        { variant: 'b', sessions: 6 },
      ],
      warnings: [expect.stringContaining('Too few sessions')],
    });
    expect((await answer(collector, '/v1/experiments/start?control=c')).status).toBe(400);
    expect((await answer(collector, '/v1/experiments/none')).status).toBe(404);
  });

  it('reads only for those with a read key, if there are read keys', async () => {
    const { collector } = await withSessions({ readKeys: ['secret', 'other'] });
    const status = async (authorization?: string) =>
      (await collector.handle(get('/v1/overview', authorization ? { authorization } : {}))).status;
    expect(
      await Promise.all([status(), status('Bearer secre'), status('Bearer secrets'), status('Bearer other')]),
    ).toEqual([401, 401, 401, 200]);
    expect((await collector.handle(get('/healthz'))).status).toBe(200);
  });

  it.each([
    ['/', 404],
    ['/v2/sessions', 404],
    ['/v1/nothing', 404],
    ['/v1/sessions/none', 404],
    ['/v1/sessions/none/events', 404],
    ['/v1/sessions/a/b/c', 404],
    ['/v1/sessions/%E0%A4%A', 400],
    ['/v1/sessions?order=best', 400],
    ['/v1/overview?from=x', 400],
    ['/v1/overview?from=5&to=5', 400],
    ['/v1/overview?from=0', 400],
    ['/v1/events', 405],
  ])('answers %s with %i', async (path, status) => {
    const { collector } = setUp();
    const answered = await answer(collector, path);
    expect(answered.status).toBe(status);
    expect(answered.body).toHaveProperty('error');
  });

  it('answers that the store does not, instead of failing', async () => {
    const { collector } = setUp({ store: { ...memoryStore(), live: () => Promise.reject(new Error('gone')) } });
    expect((await answer(collector, '/v1/overview')).status).toBe(503);
  });

  it('forgets sessions of which nothing came for 90 days', async () => {
    let now = NOW;
    const { store, collector } = await withSessions({ now: () => now });
    now += 90 * 86_400_000;
    expect(await collector.expire()).toBe(0);
    now += 1;
    expect(await collector.expire()).toBe(12);
    expect(await store.size()).toEqual({ sessions: 0, facts: 0, changed: 0 });
  });
});
