import { createRequire } from 'node:module';
import { describe, expect, it, vi } from 'vitest';
import {
  type EventRecord,
  eventFaults,
  headerFaults,
  queryFaults,
  recordsOf,
  sequenceFaults,
  tokenOf,
} from '../../../e2e/cmcd-rules.ts';
import type { PlaybackEvent, SegmentReference } from '../../media/playback-event.ts';
import { PlayerError } from '../../media/player-error.ts';
import { type HttpHandler, type HttpRequest, type HttpResponse, httpRequest } from '../../net/http.ts';
import type { FactSource } from '../beacons.ts';
import { fakeBrowser, settle } from '../delivery/fake-browser.ts';
import { memoryStore } from '../delivery/memory-store.ts';
import { type CmcdOptions, cmcdIn } from './cmcd.ts';
import type { CmcdEventTarget } from './cmcd-events.ts';

const SID = '6e2fb550-c457-41e9-bb97-0800200c9a66';
const EPOCH = 1_764_752_400_000;
const COLLECTOR = 'https://events.example/cmcd';

// It tells the console what it does, and keeps the console that it finds when it is loaded.
for (const name of ['log', 'info', 'debug', 'warn', 'error'] as const)
  vi.spyOn(console, name).mockImplementation(() => {});

/** The validator of version 1 is CommonJS and has no types. */
const { CMCDQueryValidator, CMCDHeaderValidator } = createRequire(import.meta.url)(
  '@montevideo-tech/cmcd-validator',
) as {
  CMCDQueryValidator(url: string): { valid: boolean; errors: unknown[] };
  CMCDHeaderValidator(headers: string): { valid: boolean; errors: unknown[] };
};

const start = (sessionId = SID): PlaybackEvent => ({
  type: 'sessionStart',
  at: 0,
  sessionId,
  startedAt: EPOCH,
  engine: 'hls',
  strategy: 'bola',
  src: 'https://cdn.example/vod/main.m3u8',
});

/** A session that starts up, plays, switches, stalls for 0.72 s, has an error, is sped up, paused, and left. */
const SESSION: readonly PlaybackEvent[] = [
  start(),
  { type: 'playbackRequest', at: 0.1 },
  {
    type: 'manifest',
    at: 0.3,
    presentation: 'vod',
    duration: 60,
    ladder: [
      { id: '0', bitrate: 523_400 },
      { id: '1', bitrate: 4_200_000 },
    ],
    segmentDuration: 4,
    targetLatency: null,
    audioTracks: [],
    textTracks: [],
  },
  {
    type: 'decision',
    at: 0.3,
    trigger: 'next',
    strategy: 'bola',
    segment: { number: 0, start: 0 },
    from: null,
    index: 1,
    candidates: [0, 1],
    reason: 'fits',
    inputs: { throughput: 87_049_000, latency: 0.02, bufferLevel: 0, bufferTarget: 30, playbackRate: 1 },
  },
  { type: 'renditionChange', at: 0.9, index: 1, position: 0 },
  { type: 'playing', at: 0.912, position: 0 },
  { type: 'sample', at: 2, position: 1.088, bufferLevel: 6.04, droppedFrames: 0, totalFrames: 27, latency: null },
  { type: 'waiting', at: 5, position: 4 },
  { type: 'playing', at: 5.72, position: 4 },
  {
    type: 'error',
    at: 6,
    category: 'network',
    code: 'HTTP_STATUS',
    message: 'x',
    fatal: false,
    url: null,
    status: 404,
  },
  { type: 'rateChange', at: 7, position: 5, rate: 1.5 },
  { type: 'sample', at: 8, position: 6.5, bufferLevel: 29, droppedFrames: 3, totalFrames: 200, latency: null },
  { type: 'pause', at: 9, position: 8 },
  { type: 'sessionEnd', at: 10, reason: 'quit' },
];

function fakeSource(): FactSource & { tell(...facts: readonly PlaybackEvent[]): void } {
  const events: PlaybackEvent[] = [];
  const listeners = new Set<(event: PlaybackEvent) => void>();
  return {
    events,
    events$: {
      subscribe(next) {
        listeners.add(next);
        return { unsubscribe: () => listeners.delete(next) };
      },
    },
    tell(...facts) {
      for (const fact of facts) {
        events.push(fact);
        for (const listener of listeners) listener(fact);
      }
    },
  };
}

/** CMCD attached to a source, and a network that keeps the requests as they went out. */
function world(options: CmcdOptions) {
  const browser = fakeBrowser();
  const { env, tell } = browser.page();
  const cmcd = cmcdIn(() => ({ ...env, store: memoryStore(() => 0) }), options);
  const source = fakeSource();
  cmcd.attach(source);
  const sent: HttpRequest[] = [];
  const handler: HttpHandler = async (request): Promise<HttpResponse> => {
    sent.push(request);
    if (request.url.includes('missing')) throw new PlayerError('HTTP_STATUS', 'no', { status: 404 });
    request.onHeaders?.({}, 200);
    return {
      url: request.url,
      status: 200,
      headers: { 'cmsd-dynamic': '"CDNB-3ak1";etp=96;rtt=8' },
      body: new ArrayBuffer(4),
      start: 1,
      firstByte: 1.18,
      end: 1.2,
      fromCache: false,
    };
  };
  const ask = cmcd.middleware(handler);
  const segment: SegmentReference = { track: 'video', rendition: 1, number: 3, start: 12, duration: 4 };
  const signal = new AbortController().signal;
  return {
    ...browser,
    cmcd,
    source,
    sent,
    pageTell: tell,
    request: (url: string, kind: HttpRequest['kind'], parts: Partial<HttpRequest> = {}) =>
      ask(httpRequest(url, kind, parts), signal),
    segment: (url = 'https://cdn.example/v/3.m4s', parts: Partial<SegmentReference> = {}) =>
      ask(httpRequest(url, 'segment', { segment: { ...segment, ...parts } }), signal),
    report: (index: number): string | null => new URL(sent.at(index)?.url ?? 'about:blank').searchParams.get('CMCD'),
  };
}

/** The records that a target got, body by body. */
const bodies = (requests: readonly { readonly url: string; readonly lines: readonly string[] }[], url = COLLECTOR) =>
  requests.filter((request) => request.url === url).map(({ lines }) => lines.join('\n'));

const upTo = (type: PlaybackEvent['type'], nth = 1): readonly PlaybackEvent[] => {
  const ends = SESSION.flatMap((fact, index) => (fact.type === type ? [index] : []));
  return SESSION.slice(0, (ends[nth - 1] ?? 0) + 1);
};

describe('reports on requests', () => {
  it('say nothing before there is a session', async () => {
    const { request, sent } = world({});
    await request('https://cdn.example/main.m3u8', 'manifest');
    expect(sent[0]?.url).toBe('https://cdn.example/main.m3u8');
  });

  it('say what is known, and more as the session goes on', async () => {
    const { source, request, segment, report } = world({ contentId: 'movie' });
    source.tell(start());
    await request('https://cdn.example/main.m3u8', 'manifest');
    expect(report(0)).toBe(`bl=(0;v),cid="movie",ot=m,sf=h,sid="${SID}",sn=0,sta=d,su,v=2`);
    source.tell(...upTo('decision').slice(1));
    await segment();
    expect(report(1)).toBe(
      `bl=(0;v),br=(4200;v),cid="movie",d=4000,lb=(523;v),mtp=(87000),ot=v,sf=h,sid="${SID}",sn=1,st=v,sta=s,su,tb=(4200;v),tbl=(30000;v),v=2`,
    );
    source.tell(...SESSION.slice(4, 7));
    await segment();
    // 0.912 − 0.1 s from the wish to the first frame; 6.04 s of buffer at normal speed.
    expect(report(2)).toBe(
      `bl=(6000;v),br=(4200;v),cid="movie",d=4000,dfa=0,dl=6000,lb=(523;v),msd=812,mtp=(87000),ot=v,pb=(4200;v),pt=1088,sf=h,sid="${SID}",sn=2,st=v,sta=p,su,tb=(4200;v),tbl=(30000;v),v=2`,
    );
    await segment();
    expect(report(3)).not.toContain('msd');
  });

  it('tell a stall while it lasts, its duration once when it is over, and an error once', async () => {
    const { source, segment, report } = world({});
    source.tell(...upTo('waiting'));
    await segment();
    expect(report(-1)).toMatch(/(^|,)bs,bsa=\(1\),bsda=\(0\)/);
    source.tell(...SESSION.slice(8, 10));
    await segment();
    expect(report(-1)).toMatch(/bsa=\(1\),bsd=\(720\),bsda=\(720\)/);
    expect(report(-1)).toContain('ec=("HTTP_STATUS")');
    await segment();
    expect(report(-1)).toMatch(/bsa=\(1\),bsda=\(720\)/);
    expect(report(-1)).not.toMatch(/bs,|bsd=|ec=/);
  });

  it('are urgent until the buffer is a segment short of its target', async () => {
    const { source, segment, report } = world({});
    source.tell(...upTo('rateChange'));
    await segment();
    expect(report(-1)).toContain(',su,');
    expect(report(-1)).toContain('pr=1.5');
    source.tell(...SESSION.slice(11, 12));
    await segment();
    expect(report(-1)).not.toContain(',su,');
    expect(report(-1)).toContain('dl=19300');
  });

  it('are valid by cml and by the specification, in the query and in headers, for every kind of object', async () => {
    for (const mode of ['query', 'headers'] as const) {
      const { source, request, segment, sent } = world({ contentId: 'movie', requests: { mode, throughputFactor: 5 } });
      for (const fact of SESSION) {
        source.tell(fact);
        await request('https://cdn.example/main.m3u8', 'manifest');
        await request('https://cdn.example/v/init.mp4', 'init');
        await segment();
        await segment('https://cdn.example/a/3.m4s', { track: 'audio', rendition: null });
        await segment('https://cdn.example/t/3.m4s', { track: 'text', rendition: null });
      }
      for (const { url, headers } of sent) {
        expect(mode === 'query' ? queryFaults(url) : headerFaults(headers), url).toEqual([]);
      }
      if (mode === 'query') {
        const records = sent.map(({ url }) => recordsOf(new URL(url).searchParams.get('CMCD') ?? '')[0] as EventRecord);
        expect(sequenceFaults(records)).toEqual([]);
      }
    }
  });

  it('of version 1 are valid by the validator of Montevideo Tech, in the query and in headers', async () => {
    for (const mode of ['query', 'headers'] as const) {
      const { source, request, segment, sent } = world({
        contentId: 'movie',
        requests: { version: 1, mode, throughputFactor: 5 },
      });
      for (const fact of SESSION) {
        source.tell(fact);
        await request('https://cdn.example/main.m3u8', 'manifest');
        await segment();
        await segment('https://cdn.example/a/3.m4s', { track: 'audio', rendition: null });
      }
      expect(sent).toHaveLength(3 * SESSION.length);
      for (const { url, headers } of sent) {
        const text = Object.entries(headers)
          .map(([name, value]) => `${name}: ${value}\n`)
          .join('');
        const result = mode === 'query' ? CMCDQueryValidator(url) : CMCDHeaderValidator(text);
        expect(result.errors, `${url} ${text}`).toEqual([]);
        expect(result.valid).toBe(true);
      }
    }
  });

  it('leave licences, keys and what is no URL of the web alone, and take only the keys asked for', async () => {
    const { source, request, sent, report } = world({ requests: { keys: ['sid', 'ot', 'v'] } });
    source.tell(start());
    await request('https://drm.example/licence', 'licence');
    await request('data:text/plain,x', 'segment');
    await request('blob:https://app.example/1', 'segment');
    expect(sent.map(({ url }) => url)).toEqual([
      'https://drm.example/licence',
      'data:text/plain,x',
      'blob:https://app.example/1',
    ]);
    await request('https://cdn.example/v/init.mp4', 'init');
    expect(report(-1)).toBe(`ot=i,sid="${SID}",v=2`);
  });

  it('do not show in the URL that playlists are resolved against', async () => {
    const { source, request } = world({});
    source.tell(start());
    const response = await request('https://cdn.example/main.m3u8?token=1', 'manifest');
    expect(response.url).toBe('https://cdn.example/main.m3u8?token=1');
  });

  it('count anew with each session', async () => {
    const { source, request, report } = world({});
    source.tell(start());
    await request('https://cdn.example/main.m3u8', 'manifest');
    source.tell({ type: 'sessionEnd', at: 1, reason: 'quit' }, start('next'));
    await request('https://cdn.example/main.m3u8', 'manifest');
    expect(report(-1)).toContain('sid="next",sn=0,');
  });

  it('carry what the app adds', async () => {
    const { source, request, report } = world({
      requests: { extend: () => ({ nor: ['4.m4s'], 'com.example-x': 'y' }) },
    });
    source.tell(start());
    await request('https://cdn.example/main.m3u8', 'manifest');
    expect(report(-1)).toContain('com.example-x="y",nor=("4.m4s"),');
    expect(queryFaults(`https://cdn.example/?CMCD=${encodeURIComponent(report(-1) ?? '')}`)).toEqual([]);
  });
});

describe('reports of events', () => {
  const withEvents = (...targets: readonly Partial<CmcdEventTarget>[]) =>
    world({ contentId: 'movie', events: { targets: targets.map((target) => ({ url: COLLECTOR, ...target })) } });

  it('tell the session in lines that are valid, numbered from 0, each thing once', async () => {
    const { source, cmcd, collector, advance, segment } = withEvents({});
    source.tell(SESSION[0] as PlaybackEvent);
    await cmcd.flush();
    for (const fact of SESSION.slice(1)) {
      source.tell(fact);
      await segment();
    }
    await segment('https://cdn.example/missing.m4s?token=secret').catch(() => {});
    await advance(12);
    const all = bodies(collector.requests);
    for (const body of all) expect(eventFaults(body)).toEqual([]);
    const records = all.flatMap(recordsOf);
    expect(sequenceFaults(records)).toEqual([]);
    const events = records.map(({ e }) => tokenOf(e));
    expect(events.filter((name) => name !== 'rr')).toEqual(['ps', 'bc', 'ps', 'ps', 'ps', 'e', 'pr', 'ps', 'ps']);
    const states = records
      .filter(({ e }) => tokenOf(e) === 'ps')
      .map(({ sta, ts }) => [tokenOf(sta), Number(ts) - EPOCH]);
    expect(states).toEqual([
      ['s', 100],
      ['p', 912],
      ['r', 5000],
      ['p', 5720],
      ['a', 9000],
      ['q', 10_000],
    ]);
    expect(records.filter((record) => Object.hasOwn(record, 'bsd'))).toHaveLength(1);
    expect(records.filter((record) => Object.hasOwn(record, 'msd')).map(({ msd }) => msd)).toEqual([812]);
    expect(records.filter((record) => Object.hasOwn(record, 'ec')).map(({ e, ec }) => [tokenOf(e), ec])).toEqual([
      ['e', ['HTTP_STATUS']],
    ]);
    expect(records.every(({ sid, cid }) => sid === SID && cid === 'movie')).toBe(true);
    const responses = records.filter(({ e }) => tokenOf(e) === 'rr');
    expect(responses).toHaveLength(SESSION.length);
    expect(responses[0]).toMatchObject({ rc: 200, ttfb: 180, ttlb: 200, url: 'https://cdn.example/v/3.m4s', d: 4000 });
    expect(atob(String(responses[0]?.cmsdd))).toBe('"CDNB-3ak1";etp=96;rtt=8');
    expect(responses.at(-1)).toMatchObject({ rc: 404, url: 'https://cdn.example/missing.m4s' });
    expect(all.join()).not.toContain('secret');
  });

  it('are the same whether the code was there or came later', async () => {
    const early = withEvents({});
    early.source.tell(SESSION[0] as PlaybackEvent);
    await early.cmcd.flush();
    early.source.tell(...SESSION.slice(1));
    const late = withEvents({});
    late.source.tell(...SESSION);
    await late.cmcd.flush();
    await early.advance(12);
    await late.advance(12);
    expect(bodies(late.collector.requests).join('\n')).toBe(bodies(early.collector.requests).join('\n'));
  });

  it('tell each target what it was not told, and only what it wants', async () => {
    const { source, cmcd, collector, advance } = withEvents(
      {},
      {
        url: 'https://other.example/',
        events: ['e'],
        keys: ['sid', 'sn', 'e', 'ec', 'bsd', 'v', 'ts'],
        headers: { authorization: 'Bearer x' },
      },
    );
    source.tell(...SESSION);
    await cmcd.flush();
    await advance(12);
    const other = bodies(collector.requests, 'https://other.example/');
    expect(other).toEqual([`bsd=(720),e=e,ec=("HTTP_STATUS"),sid="${SID}",sn=0,ts=${EPOCH + 6000},v=2`]);
    const request = collector.requests.find(({ url }) => url === 'https://other.example/');
    expect(request?.headers).toEqual({ authorization: 'Bearer x', 'content-type': 'application/cmcd' });
  });

  it('come at the interval while the session lasts, and tell when the page is hidden and seen again', async () => {
    const { source, cmcd, collector, advance, pageTell } = withEvents({ limits: { interval: 1 } });
    source.tell(...upTo('rateChange'));
    await cmcd.flush();
    await advance(65, 1);
    pageTell('hidden');
    await settle();
    await advance(2);
    pageTell('visible');
    source.tell({ type: 'sessionEnd', at: 70, reason: 'quit' });
    await advance(100, 1);
    const records = bodies(collector.requests).flatMap(recordsOf);
    const events = records.map(({ e }) => tokenOf(e));
    expect(events.filter((name) => name === 't')).toHaveLength(2);
    expect(records.filter(({ e }) => tokenOf(e) === 'b').map(({ bg }) => bg)).toEqual([true, false]);
    for (const body of bodies(collector.requests)) expect(eventFaults(body)).toEqual([]);
  });

  it('survive a target that is down, and stop for one that is gone', async () => {
    const { source, cmcd, collector, advance } = withEvents({});
    collector.answerWith(503);
    source.tell(...SESSION);
    await cmcd.flush();
    await advance(30);
    expect(collector.stored).toEqual([]);
    collector.answerWith(204);
    await advance(70, 1);
    expect(sequenceFaults(bodies(collector.requests).slice(-1).flatMap(recordsOf))).toEqual([]);
    expect(cmcd.stats[COLLECTOR]).toMatchObject({ delivered: 9, waiting: 0, trouble: null });
    collector.answerWith(410);
    source.tell(start('next'), { type: 'playbackRequest', at: 1 });
    await advance(12);
    expect(cmcd.stats[COLLECTOR]?.trouble).toBe('gone');
  });

  it('carry events of the app, to whom wants them', async () => {
    const { source, cmcd, collector, advance } = withEvents({
      events: ['ce'],
      keys: ['sid', 'sn', 'v', 'com.example-chapter'],
    });
    source.tell(...upTo('playing'));
    cmcd.event('chapter', { 'com.example-chapter': 'two' });
    await cmcd.flush();
    await advance(12);
    const [record] = bodies(collector.requests).flatMap(recordsOf);
    expect(record).toMatchObject({ cen: 'chapter', 'com.example-chapter': 'two' });
    expect(bodies(collector.requests).flatMap(eventFaults)).toEqual([]);
  });

  it('stop with consent', async () => {
    const { source, cmcd, collector, advance } = withEvents({});
    source.tell(...upTo('playing'));
    await cmcd.flush();
    const before = collector.requests.length;
    cmcd.setConsent('denied');
    source.tell(...SESSION.slice(6));
    await advance(60, 1);
    expect(collector.requests).toHaveLength(before);
  });
});

describe('options', () => {
  it.each<[string, CmcdOptions, string]>([
    ['version', { requests: { version: 3 as 2 } }, 'version must be 1 or 2, got 3'],
    ['mode', { requests: { mode: 'json' as 'query' } }, 'mode must be query or headers, got "json"'],
    ['keys', { requests: { keys: ['bogus' as 'sid'] } }, 'keys must be keys of CTA-5004-B, got "bogus"'],
    ['throughputFactor', { requests: { throughputFactor: 0 } }, 'throughputFactor must be > 0 or null, got 0'],
    ['url', { events: { targets: [{ url: '' }] } }, 'targets must have a url, got ""'],
    ['events', { events: { targets: [{ url: 'x', events: ['h' as 'e'] }] } }, 'events must be of'],
    [
      'targets',
      { events: { targets: [{ url: 'x' }, { url: 'x' }] } },
      'targets must have different URLs, got "x" twice',
    ],
    ['interval', { events: { targets: [], interval: -1 } }, 'interval must be >= 0 s, got -1'],
  ])('%s that cannot work is refused by name', (_, options, message) => {
    expect(() => world(options)).toThrow(message);
  });

  it('one CMCD follows one player', () => {
    const { cmcd } = world({});
    expect(() => cmcd.attach(fakeSource())).toThrow('attached already');
  });
});
