import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PlaybackEvent } from '../media/playback-event.ts';
import { type BeaconLine, parseBeacon } from './beacon-format.ts';
import { type BeaconOptions, beaconsIn, type FactSource } from './beacons.ts';
import { fakeBrowser, settle } from './delivery/fake-browser.ts';
import type { OutboxStore } from './delivery/outbox-store.ts';
import { unitHash } from './hash.ts';
import { redactFact } from './redact-fact.ts';
import { assignVariant } from './variant.ts';

const started = (sessionId: string): PlaybackEvent => ({
  type: 'sessionStart',
  at: 0,
  sessionId,
  startedAt: 1_764_000_000_000,
  engine: 'hls',
  strategy: 'bola',
  src: 'https://cdn.example/main.m3u8',
});
const sample = (at: number): PlaybackEvent => ({
  type: 'sample',
  at,
  position: at,
  bufferLevel: 5,
  droppedFrames: 0,
  totalFrames: 0,
  latency: null,
});
const fatal = (at: number, message = 'over'): PlaybackEvent => ({
  type: 'error',
  at,
  category: 'media',
  code: 'MEDIA_DECODE_FAILED',
  message,
  fatal: true,
  url: null,
  status: null,
});

/** A player as far as beacons see it: a log, and a stream of what is put into it. */
function fakeSource(): FactSource & { tell(...facts: PlaybackEvent[]): void; readonly listeners: number } {
  let events: PlaybackEvent[] = [];
  const listeners = new Set<(event: PlaybackEvent) => void>();
  return {
    get events() {
      return events;
    },
    get listeners() {
      return listeners.size;
    },
    events$: {
      subscribe(next) {
        listeners.add(next);
        return { unsubscribe: () => listeners.delete(next) };
      },
    },
    tell(...facts) {
      for (const fact of facts) {
        if (fact.type === 'sessionStart') events = [];
        events.push(fact);
        for (const listener of [...listeners]) listener(fact);
      }
    },
  };
}

function page(options: Partial<BeaconOptions> = {}, store?: OutboxStore | null) {
  const world = fakeBrowser(store);
  const { env, tell, kill } = world.page();
  const beacons = beaconsIn(env, { endpoint: 'https://collector.example/v1/events', compress: false, ...options });
  const received = (): readonly BeaconLine[] => parseBeacon(world.collector.stored.join('\n')).facts;
  const seqs = (sid: string): number[] =>
    [...new Set(received().flatMap((line) => (line.sid === sid ? [line.seq] : [])))].sort((a, b) => a - b);
  return { ...world, beacons, tell, kill, received, seqs };
}

describe('recording', () => {
  it('numbers the facts of each session from 0 and sends them as they are', async () => {
    const { beacons, advance, received } = page({ key: 'k y' });
    const source = fakeSource();
    beacons.attach(source);
    source.tell(started('one'), sample(1), { type: 'sessionEnd', at: 2, reason: 'quit' }, started('two'), sample(1));
    await advance(11);
    expect(received()).toEqual([
      { sid: 'one', seq: 0, fact: started('one') },
      { sid: 'one', seq: 1, fact: sample(1) },
      { sid: 'one', seq: 2, fact: { type: 'sessionEnd', at: 2, reason: 'quit' } },
      { sid: 'two', seq: 0, fact: started('two') },
      { sid: 'two', seq: 1, fact: sample(1) },
    ]);
  });

  it('puts the key into the query, where a beacon can carry it', async () => {
    const { beacons, advance, collector } = page({ key: 'k y', endpoint: 'https://c.example/v1/events?site=1' });
    const source = fakeSource();
    beacons.attach(source);
    source.tell(started('one'), fatal(1));
    await advance(1);
    expect(collector.requests[0]?.url).toBe('https://c.example/v1/events?site=1&key=k%20y');
  });

  it('has what was recorded before it was attached, once, and goes on from there', async () => {
    const { beacons, advance, seqs, collector } = page();
    const source = fakeSource();
    source.tell(started('one'));
    for (let at = 1; at < 3000; at += 1) source.tell(sample(at));
    beacons.attach(source);
    beacons.attach(source);
    source.tell(sample(3000), { type: 'sessionEnd', at: 3001, reason: 'quit' });
    await advance(20);
    expect(seqs('one')).toEqual(Array.from({ length: 3002 }, (_, seq) => seq));
    expect(collector.stored).toHaveLength(3002);
    expect(source.listeners).toBe(1);
  });

  it('goes on counting when another engine takes over within the session', async () => {
    const { beacons, advance, received } = page();
    const source = fakeSource();
    beacons.attach(source);
    source.tell(started('one'), sample(1), { ...started('one'), at: 2, engine: 'shaka' } as PlaybackEvent, sample(3));
    await advance(11);
    expect(received().map(({ seq }) => seq)).toEqual([0, 1, 2, 3]);
  });

  it('sends at once at the first frame, a fatal error and the end', async () => {
    const { beacons, advance, collector } = page();
    const source = fakeSource();
    beacons.attach(source);
    const playing: PlaybackEvent = { type: 'playing', at: 1, position: 0 };
    source.tell(started('one'), playing);
    await advance(0.25);
    expect(collector.requests).toHaveLength(1);
    source.tell(sample(2), playing);
    await advance(5);
    expect(collector.requests).toHaveLength(1);
    source.tell(fatal(3));
    await advance(0.25);
    source.tell({ type: 'sessionEnd', at: 4, reason: 'failed' });
    await advance(0.25);
    expect(collector.requests.map(({ lines }) => lines.length)).toEqual([2, 3, 1]);
  });

  it('compresses batches that are worth it', async () => {
    const { beacons, seqs, collector } = page({ compress: true });
    const source = fakeSource();
    beacons.attach(source);
    source.tell(started('one'));
    for (let at = 1; at < 50; at += 1) source.tell(sample(at));
    await beacons.destroy();
    expect(seqs('one')).toHaveLength(50);
    expect(collector.requests[0]?.headers).toMatchObject({ 'content-encoding': 'gzip' });
    const raw = collector.stored.reduce((sum, line) => sum + line.length + 1, 0);
    expect(beacons.stats.bytes).toBeLessThan(raw / 5);
  });

  it('stops with what attach returned, and with destroy after everything is sent', async () => {
    const { beacons, seqs } = page();
    const source = fakeSource();
    const detach = beacons.attach(source);
    source.tell(started('one'), sample(1));
    detach();
    source.tell(sample(2));
    await beacons.destroy();
    expect(seqs('one')).toEqual([0, 1]);
    expect(beacons.stats).toMatchObject({ recorded: 2, delivered: 2, waiting: 0 });
  });

  it('a fact that no collector takes is lost alone, and told', async () => {
    const { beacons, advance, seqs, collector } = page();
    const source = fakeSource();
    beacons.attach(source);
    const long = 'x'.repeat(70_000);
    source.tell(started('one'), { type: 'recovery', at: 1, code: 'MEDIA_STUCK', action: long }, sample(2));
    await advance(11);
    expect(seqs('one')).toEqual([0, 2]);
    expect(parseBeacon(collector.stored.join('\n')).losses).toEqual([{ sid: 'one', lost: [[1, 1]], reason: 'size' }]);
  });

  it('facts of the last moment, told after the page was left, go too', async () => {
    const { beacons, tell, seqs } = page();
    const source = fakeSource();
    beacons.attach(source);
    source.tell(started('one'), sample(1));
    tell('exit');
    source.tell({ type: 'sessionEnd', at: 2, reason: 'quit' });
    await settle();
    expect(seqs('one')).toEqual([0, 1, 2]);
  });
});

describe('sampling', () => {
  const ids = Array.from({ length: 2000 }, (_, index) => `session-${index}`);

  it('takes about the share asked for, the same sessions always, and says so on the first line', async () => {
    const { beacons, advance, received } = page({ sampleRate: 0.25 });
    const source = fakeSource();
    beacons.attach(source);
    for (const id of ids) source.tell(started(id), sample(1));
    await advance(60, 1);
    const firsts = received().filter(({ seq }) => seq === 0);
    // 2000 sessions at 1/4: 500, standard deviation √(2000·¼·¾) = 19.4; within 4 of them.
    expect(firsts.length).toBeGreaterThan(422);
    expect(firsts.length).toBeLessThan(578);
    expect(firsts.every(({ rate }) => rate === 0.25)).toBe(true);
    expect(new Set(firsts.map(({ sid }) => sid))).toEqual(new Set(ids.filter((id) => unitHash(id) < 0.25)));
    expect(beacons.stats.muted).toBe(2 * (2000 - firsts.length));
  });

  const left = ids.find((id) => unitHash(id) > 0.5) ?? '';

  it('records a session after all, from its beginning, when it fails', async () => {
    const { beacons, advance, seqs } = page({ sampleRate: 0.01 });
    const source = fakeSource();
    beacons.attach(source);
    source.tell(started(left), sample(1), sample(2));
    await advance(20);
    expect(seqs(left)).toEqual([]);
    source.tell(fatal(3), { type: 'sessionEnd', at: 4, reason: 'failed' });
    await advance(1);
    expect(seqs(left)).toEqual([0, 1, 2, 3, 4]);
  });

  it('not if failed ones are not kept', async () => {
    const { beacons, advance, received } = page({ sampleRate: 0.01, keepFailed: false });
    const source = fakeSource();
    beacons.attach(source);
    source.tell(started(left), fatal(3));
    await advance(20);
    expect(received()).toEqual([]);
  });
});

describe('consent', () => {
  it('pending: nothing leaves memory; granted: everything is sent', async () => {
    const { beacons, advance, seqs, store, collector, tell } = page({ consent: 'pending' });
    const source = fakeSource();
    beacons.attach(source);
    source.tell(started('one'), sample(1), fatal(2));
    await advance(30);
    tell('hidden');
    await settle();
    expect(collector.requests).toHaveLength(0);
    expect(await store?.owners()).toEqual([]);
    beacons.setConsent('granted');
    await advance(11);
    expect(seqs('one')).toEqual([0, 1, 2]);
  });

  it('denied: the running session is forgotten and stays so; sessions after a later yes are recorded', async () => {
    const { beacons, advance, received, store, setOnline } = page();
    const source = fakeSource();
    beacons.attach(source);
    setOnline(false);
    source.tell(started('one'), sample(1));
    await advance(1);
    expect(await store?.owners()).toHaveLength(1);
    beacons.setConsent('denied');
    await settle();
    expect(await store?.owners()).toEqual([]);
    source.tell(sample(2));
    beacons.setConsent('granted');
    setOnline(true);
    source.tell(sample(3), fatal(4), started('two'), sample(1));
    await advance(40);
    expect(received().map(({ sid, seq }) => [sid, seq])).toEqual([
      ['two', 0],
      ['two', 1],
    ]);
  });

  it('denied from the start: nothing is recorded and what an earlier visit left is forgotten', async () => {
    const first = page();
    const source = fakeSource();
    first.beacons.attach(source);
    first.setOnline(false);
    source.tell(started('one'), sample(1));
    await first.advance(1);
    first.kill();
    const second = page({ consent: 'denied' }, first.store);
    const other = fakeSource();
    second.beacons.attach(other);
    other.tell(started('two'), sample(1));
    await second.advance(60);
    expect(second.collector.requests).toHaveLength(0);
    expect(await first.store?.owners()).toEqual([]);
    expect(second.beacons.consent).toBe('denied');
  });
});

describe('what leaves the page', () => {
  it('has no value of a query, no fragment and no credentials in it, in messages neither', () => {
    const secret = 'https://user:pass@cdn.example/a.mp4?token=secret&b=1#frag';
    const error = redactFact({ ...fatal(1, `failed: ${secret} (again "${secret}")`), url: secret } as PlaybackEvent);
    const request: PlaybackEvent = {
      type: 'request',
      at: 1,
      id: 1,
      attempt: 1,
      kind: 'segment',
      url: secret,
      segment: null,
      start: 0,
      firstByte: null,
      bytes: 0,
      status: null,
      outcome: 'failed',
      fromCache: false,
      error: null,
    };
    const start = redactFact({ ...started('one'), src: secret } as PlaybackEvent);
    for (const fact of [error, redactFact(request), start]) {
      expect(JSON.stringify(fact)).not.toMatch(/secret|pass|frag/);
      expect(JSON.stringify(fact)).toContain('cdn.example/a.mp4?token=…');
    }
  });

  it('changes nothing that is redacted already, and cuts messages', () => {
    fc.assert(
      fc.property(fc.webUrl({ withQueryParameters: true, withFragments: true }), fc.string(), (url, message) => {
        const once = redactFact({ ...fatal(1, `${message} ${url}`), url } as PlaybackEvent);
        expect(redactFact(once)).toEqual(once);
        expect((once as { message: string }).message.length).toBeLessThanOrEqual(256);
      }),
    );
  });

  it('goes through the hook of the app; one that throws loses that fact and no other', async () => {
    const { beacons, advance, received, collector } = page({
      redact(fact) {
        if (fact.type === 'error') throw new Error('hook');
        return fact.type === 'sessionStart' ? { ...fact, src: 'hidden' } : fact;
      },
    });
    const source = fakeSource();
    beacons.attach(source);
    source.tell(started('one'), fatal(1), sample(2));
    await advance(12);
    expect(received().map(({ seq }) => seq)).toEqual([0, 2]);
    expect(received()[0]?.fact).toMatchObject({ src: 'hidden' });
    expect(parseBeacon(collector.stored.join('\n')).losses).toEqual([
      { sid: 'one', lost: [[1, 1]], reason: 'redaction' },
    ]);
  });

  it('has the tags of the session on its first line, and no viewer in it', async () => {
    const tags = (sid: string) => ({ 'ab.start': assignVariant('start', sid, ['low', 'high']), app: 'demo' });
    const { beacons, advance, received } = page({ tags });
    const source = fakeSource();
    beacons.attach(source);
    source.tell(started('one'), sample(1));
    await advance(11);
    expect(received()[0]?.tags).toEqual(tags('one'));
    expect(received()[1]).not.toHaveProperty('tags');
  });
});

describe('options', () => {
  it.each<[string, Partial<BeaconOptions>, string]>([
    ['endpoint', { endpoint: '' }, 'endpoint must be a URL, got ""'],
    ['sampleRate', { sampleRate: 0 }, 'sampleRate must be over 0 and at most 1, got 0'],
    ['tags', { tags: { a: 5 as unknown as string } }, 'tags must be names and strings of at most 128 characters'],
    ['consent', { consent: 'maybe' as 'granted' }, 'consent must be granted, denied or pending, got "maybe"'],
    ['limits', { limits: { batchEntries: 0 } }, 'batchEntries must be > 0, got 0'],
  ])('%s that cannot work is refused by name', (_, options, message) => {
    expect(() => page(options)).toThrow(message);
  });
});

describe('variants', () => {
  const ids = Array.from(
    { length: 20_000 },
    (_, index) => `5b0e4d1c-0000-4000-8000-${String(index).padStart(12, '0')}`,
  );

  it('are the same for the same session and as many as the weights say', () => {
    const assigned = ids.map((id) => assignVariant('e', id, ['a', 'b', 'c'], [1, 1, 2]));
    expect(ids.map((id) => assignVariant('e', id, ['a', 'b', 'c'], [1, 1, 2]))).toEqual(assigned);
    const share = (variant: string): number => assigned.filter((one) => one === variant).length / ids.length;
    // Standard deviations √(p(1−p)/n): 0.31 % and 0.35 %; within 4 of them.
    expect(Math.abs(share('a') - 0.25)).toBeLessThan(0.0125);
    expect(Math.abs(share('b') - 0.25)).toBeLessThan(0.0125);
    expect(Math.abs(share('c') - 0.5)).toBeLessThan(0.0142);
  });

  it('of one experiment say nothing of another', () => {
    const both = ids.filter(
      (id) => assignVariant('one', id, ['a', 'b']) === 'a' && assignVariant('two', id, ['a', 'b']) === 'a',
    );
    // A quarter, within 4 standard deviations.
    expect(Math.abs(both.length / ids.length - 0.25)).toBeLessThan(0.0125);
  });

  it('refuse weights that are none', () => {
    expect(() => assignVariant('e', 's', [])).toThrow(RangeError);
    expect(() => assignVariant('e', 's', ['a', 'b'], [1])).toThrow('weights must be 2 numbers');
    expect(() => assignVariant('e', 's', ['a', 'b'], [0, 0])).toThrow('sum > 0');
  });

  it('are over the whole range: the hash reaches all of 0…1 evenly', () => {
    const buckets = new Array(20).fill(0);
    for (const id of ids) buckets[Math.floor(unitHash(id) * 20)] += 1;
    // χ² with 19 degrees of freedom: 99.99 % below 52.
    const chi = buckets.reduce((sum, n) => sum + (n - 1000) ** 2 / 1000, 0);
    expect(chi).toBeLessThan(52);
  });
});
