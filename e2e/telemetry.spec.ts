/**
 * Delivery as viewers, networks and collectors treat it: whatever fails, at the end the collector has exactly the facts that were
 * recorded, by sequence; and CMCD as it really goes over the wire, from both engines.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { type BrowserContext, chromium, type Page } from '@playwright/test';
import { BROWSER_ARGS, chromiumPath } from '../scripts/chromium.ts';
import type { BeaconOptions } from '../src/telemetry/beacons.ts';
import { eventFaults, headerFaults, queryFaults, recordsOf, sequenceFaults, tokenOf } from './cmcd-rules.ts';
import { type CollectorProcess, type FlakyProxy, startCollector, startProxy, startSink } from './collector-process.ts';
import { test as base, expect } from './fixture-session.ts';

/** Where the fixture server listens during the tests; see playwright.config.ts. */
const FIXTURE_PORT = String(Number(process.env.SLUICE_E2E_PORT ?? 5199) - 1);

interface Delivery {
  readonly collector: CollectorProcess;
  readonly proxy: FlakyProxy;
}

const test = base.extend<{ delivery: Delivery }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names of the fixtures off this pattern
  delivery: async ({}, use) => {
    const collector = await startCollector();
    const proxy = await startProxy(collector.url);
    await use({ collector, proxy });
    await proxy.close();
    await collector.close();
  },
});

/** What a page recorded, as it told the test while it could: by session, in order. */
type Recorded = Map<string, unknown[]>;
/** The facts of sessions as a player's own log has them. */
type Logs = ReadonlyMap<string, readonly unknown[]>;

/** Opens the harness and has it tell the test of each fact as it is recorded, and when. */
async function openHarness(page: Page, recorded: Recorded, times: { at: number; count: number }[] = []): Promise<void> {
  await page.exposeFunction('tellFact', (sid: string, fact: unknown) => {
    const facts = recorded.get(sid) ?? [];
    recorded.set(sid, facts);
    facts.push(fact);
    times.push({ at: Date.now(), count: facts.length });
  });
  await page.goto('/e2e/harness.html');
  await page.waitForSelector('html[data-ready]');
}

/** Starts a player with beacons; the fetches of the page itself stay fast: only what is under test is slow. */
async function play(page: Page, src: string, endpoint: string, limits: BeaconOptions['limits'] = {}): Promise<string> {
  return page.evaluate(
    async ({ src, endpoint, limits }) => {
      const { sluice, telemetry, video } = window.harness;
      const beacons = telemetry.createBeacons({ endpoint, key: 'e2e', limits: { interval: 1, timeout: 2, ...limits } });
      const player = sluice.createPlayer({ media: video, engine: 'hls' });
      Object.assign(window, { beacons });
      window.harness.player = player;
      let sid = '';
      player.events$.subscribe((event) => {
        if (event.type === 'sessionStart') sid = event.sessionId;
        void (window as unknown as { tellFact(sid: string, fact: unknown): void }).tellFact(sid, event);
      });
      beacons.attach(player);
      void player.load(src);
      await player.play();
      return sid;
    },
    { src, endpoint, limits },
  );
}

/** Back in the history. Playwright's own waits for a load, which a page out of the cache does not have. */
async function goBack(page: Page): Promise<void> {
  const devtools = await page.context().newCDPSession(page);
  const { currentIndex, entries } = await devtools.send('Page.getNavigationHistory');
  await devtools.send('Page.navigateToHistoryEntry', { entryId: entries[currentIndex - 1]?.id ?? 0 });
  await expect.poll(() => page.evaluate(() => location.pathname).catch(() => '')).toBe('/e2e/harness.html');
}

/** Starts beacons and nothing else, as the next visit of any page of the app does. */
async function visit(page: Page, endpoint: string): Promise<void> {
  await page.goto('/e2e/harness.html');
  await page.waitForSelector('html[data-ready]');
  await page.evaluate((endpoint) => {
    Object.assign(window, { beacons: window.harness.telemetry.createBeacons({ endpoint, key: 'e2e' }) });
  }, endpoint);
}

const seconds = (page: Page, count: number): Promise<void> => page.waitForTimeout(count * 1000);

/** Waits until playback has got that far. */
const reach = (page: Page, position: number): Promise<unknown> =>
  page.waitForFunction((position) => window.harness.video.currentTime >= position, position, { timeout: 60_000 });

/** Ends the session; its whole log, as the player has it. */
const endSession = (page: Page): Promise<readonly unknown[]> =>
  page.evaluate(async () => {
    await window.harness.player?.destroy();
    return JSON.parse(JSON.stringify(window.harness.player?.events ?? []));
  });

/** The collector has exactly these facts, in this order, each once. */
async function expectExactly(collector: CollectorProcess, recorded: Logs): Promise<void> {
  for (const [sid, facts] of recorded) {
    await expect.poll(async () => (await collector.facts(sid)).length, { timeout: 60_000 }).toBe(facts.length);
    expect(await collector.facts(sid)).toEqual(facts);
  }
  expect([...(await collector.sessions())].sort()).toEqual([...recorded.keys()].sort());
}

/** Recording itself waits a little here and there; these are long because playback is real. */
test.describe.configure({ timeout: 180_000 });

test.describe('nothing is lost, and nothing is there twice', () => {
  test('while the collector answers 503, hangs, resets, loses its answers, and is killed and restarted', async ({
    page,
    session,
    delivery,
  }) => {
    const { collector, proxy } = delivery;
    const recorded: Recorded = new Map();
    await openHarness(page, recorded);
    const sid = await play(page, session.url('vod'), `${proxy.url}/v1/events`);
    for (const mode of ['503', 'hang', 'reset', 'lose', '429'] as const) {
      proxy.mode = mode;
      const before = proxy.seen.length;
      await expect.poll(() => proxy.seen.length, { timeout: 60_000 }).toBeGreaterThan(before + 1);
      proxy.mode = 'pass';
      // Failures in a row are answered by waiting ever longer; here each kind is to be seen by itself.
      await expect.poll(() => proxy.seen.at(-1)?.mode, { timeout: 60_000 }).toBe('pass');
    }
    await collector.kill();
    await seconds(page, 3);
    await collector.start();
    await expectExactly(collector, new Map([[sid, await endSession(page)]]));
    const modes = new Set(proxy.seen.map(({ mode }) => mode));
    expect(modes).toEqual(new Set(['pass', '503', 'hang', 'reset', 'lose', '429']));
    expect(proxy.seen.some(({ headers }) => headers['content-encoding'] === 'gzip')).toBe(true);
  });

  test('while the network is gone, and when the session ends without it', async ({
    page,
    context,
    session,
    delivery,
  }) => {
    const { collector, proxy } = delivery;
    const recorded: Recorded = new Map();
    await openHarness(page, recorded);
    const sid = await play(page, session.url('vod'), `${proxy.url}/v1/events`);
    await reach(page, 3);
    await context.setOffline(true);
    const before = proxy.seen.length;
    await seconds(page, 4);
    const log = await endSession(page);
    await seconds(page, 1);
    expect(proxy.seen.length).toBe(before);
    await context.setOffline(false);
    await expectExactly(collector, new Map([[sid, log]]));
  });

  test('when the tab goes to another page while it plays, nobody coming back', async ({ page, session, delivery }) => {
    const { collector, proxy } = delivery;
    const recorded: Recorded = new Map();
    await openHarness(page, recorded);
    const sid = await play(page, session.url('vod'), `${proxy.url}/v1/events`);
    await reach(page, 4);
    await page.goto('about:blank');
    // What was told before the page went has to be there without any other page's help.
    const facts = recorded.get(sid) ?? [];
    await expect
      .poll(async () => (await collector.facts(sid)).length, { timeout: 20_000 })
      .toBeGreaterThanOrEqual(facts.length);
    expect((await collector.facts(sid)).slice(0, facts.length)).toEqual(facts);
    const exits = proxy.seen.filter(({ headers }) => String(headers['content-type']).startsWith('text/plain'));
    expect(exits.length).toBeGreaterThan(0);
    expect(exits.every(({ headers }) => headers['content-encoding'] === undefined)).toBe(true);
  });

  test('when the tab is closed while the collector is down: the next visit sends it', async ({
    page,
    context,
    session,
    delivery,
  }) => {
    const { collector, proxy } = delivery;
    const recorded: Recorded = new Map();
    await openHarness(page, recorded);
    const sid = await play(page, session.url('vod'), `${proxy.url}/v1/events`);
    await reach(page, 3);
    proxy.mode = 'reset';
    await seconds(page, 3);
    await page.close();
    const isExit = ({ headers }: { headers: Readonly<Record<string, unknown>> }): boolean =>
      String(headers['content-type']).startsWith('text/plain');
    await expect.poll(() => proxy.seen.filter(isExit).length).toBeGreaterThan(0);
    proxy.mode = 'pass';
    const facts = recorded.get(sid) ?? [];
    expect((await collector.facts(sid)).length).toBeLessThan(facts.length);
    const others = await Promise.all([context.newPage(), context.newPage()]);
    for (const other of others) await visit(other, `${proxy.url}/v1/events`);
    await expect
      .poll(async () => (await collector.facts(sid)).length, { timeout: 30_000 })
      .toBeGreaterThanOrEqual(facts.length);
    expect((await collector.facts(sid)).slice(0, facts.length)).toEqual(facts);
    const delivered = await Promise.all(
      others.map((other) =>
        other.evaluate(
          () => (window as unknown as { beacons: { stats: { delivered: number } } }).beacons.stats.delivered,
        ),
      ),
    );
    // One page of the two did it.
    expect(delivered.filter((count) => count > 0)).toHaveLength(1);
  });

  test('when the page goes into the back/forward cache and comes back: the session goes on', async ({
    session,
    delivery,
    baseURL,
  }) => {
    const { collector, proxy } = delivery;
    const executablePath = chromiumPath();
    // Playwright turns the cache off, for most tests want a page to be gone.
    const browser = await chromium.launch({
      args: BROWSER_ARGS,
      ignoreDefaultArgs: ['--disable-back-forward-cache'],
      ...(executablePath === undefined ? {} : { executablePath }),
    });
    try {
      const page = await browser.newPage(baseURL === undefined ? {} : { baseURL });
      const recorded: Recorded = new Map();
      await openHarness(page, recorded);
      const sid = await play(page, session.url('vod'), `${proxy.url}/v1/events`);
      await reach(page, 3);
      await page.evaluate(() => Object.assign(window, { thisPage: true }));
      await page.goto('/e2e/blank.html');
      await goBack(page);
      // If it was loaded anew, something of ours kept it out of the cache.
      expect(await page.evaluate(() => 'thisPage' in window)).toBe(true);
      await page.evaluate(() => window.harness.video.play());
      await reach(page, 5);
      const log = await endSession(page);
      expect(log.at(-1)).toMatchObject({ type: 'sessionEnd' });
      await expectExactly(collector, new Map([[sid, log]]));
    } finally {
      await browser.close();
    }
  });
});

test('what a cap drops is counted and told: held and told lost make up all that was recorded', async ({
  page,
  session,
  delivery,
}) => {
  const { collector, proxy } = delivery;
  // No disk, and room for forty facts: the collector is away for longer than that.
  await page.addInitScript(() => Object.defineProperty(globalThis, 'indexedDB', { value: undefined }));
  const recorded: Recorded = new Map();
  await openHarness(page, recorded);
  proxy.mode = '503';
  const sid = await play(page, session.url('vod'), `${proxy.url}/v1/events`, { memoryEntries: 40, keptEntries: 40 });
  await expect.poll(() => recorded.get(sid)?.length ?? 0, { timeout: 60_000 }).toBeGreaterThan(80);
  proxy.mode = 'pass';
  const log = await endSession(page);
  const summary = async (): Promise<{ facts?: number; lost?: number; missing?: number }> => {
    const response = await fetch(`${collector.url}/v1/sessions/${sid}`);
    return response.ok ? ((await response.json()) as object) : {};
  };
  // After failures in a row it is tried again every 30 to 60 s.
  await expect
    .poll(
      async () => {
        const { facts = 0, lost = 0, missing } = await summary();
        return [facts + lost, missing];
      },
      { timeout: 90_000 },
    )
    .toEqual([log.length, 0]);
  const { lost = 0 } = await summary();
  expect(lost).toBeGreaterThan(30);
  const told = await page.evaluate(
    () => (window as unknown as { beacons: { stats: { lost: unknown } } }).beacons.stats.lost,
  );
  expect(told).toEqual({ memory: lost });
  // What is there is what was recorded, in order, and the dearest of it is there.
  const held = await collector.facts(sid);
  const places = held.map((fact) => log.findIndex((other) => isDeepStrictEqual(other, fact)));
  expect(places).toEqual([...places].sort((a, b) => a - b));
  expect(places).not.toContain(-1);
  expect([places[0], places.at(-1)]).toEqual([0, log.length - 1]);
});

/** The pid of the browser on a profile: the process that is not a child of another of its own. */
function browserPid(profile: string): number {
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    try {
      const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0');
      if (command.includes(`--user-data-dir=${profile}`) && !command.some((part) => part.startsWith('--type=')))
        return Number(name);
    } catch {
      // It ended while we looked.
    }
  }
  throw new Error(`no browser on ${profile}`);
}

test.describe('a browser that is killed', () => {
  test.skip(process.platform !== 'linux', 'finds the process of the browser in /proc');

  const launch = (profile: string, baseURL: string): Promise<BrowserContext> => {
    const executablePath = chromiumPath();
    return chromium.launchPersistentContext(profile, {
      args: BROWSER_ARGS,
      baseURL,
      handleSIGINT: false,
      ...(executablePath === undefined ? {} : { executablePath }),
    });
  };

  test('and started again on the same profile has lost nothing but its last moment', async ({
    session,
    delivery,
    baseURL,
  }) => {
    const { collector, proxy } = delivery;
    const profile = mkdtempSync(join(tmpdir(), 'sluice-profile-'));
    const recorded: Recorded = new Map();
    const times: { at: number; count: number }[] = [];
    try {
      const first = await launch(profile, baseURL ?? '');
      const page = first.pages()[0] ?? (await first.newPage());
      await openHarness(page, recorded, times);
      const sid = await play(page, session.url('vod'), `${proxy.url}/v1/events`);
      await reach(page, 3);
      proxy.mode = 'reset';
      await reach(page, 8);
      const closed = first.waitForEvent('close');
      process.kill(browserPid(profile), 'SIGKILL');
      const killedAt = Date.now();
      await closed.catch(() => {});
      proxy.mode = 'pass';
      const second = await launch(profile, baseURL ?? '');
      await visit(await second.newPage(), `${proxy.url}/v1/events`);
      // A fact is on disk within the journal's quarter of a second; a busy machine is given half a second more.
      const promised = times.filter(({ at }) => at < killedAt - 750).at(-1)?.count ?? 0;
      expect(promised).toBeGreaterThan(20);
      await expect
        .poll(async () => (await collector.facts(sid)).length, { timeout: 30_000 })
        .toBeGreaterThanOrEqual(promised);
      await seconds(second.pages()[0] as Page, 2);
      const held = await collector.facts(sid);
      const facts = recorded.get(sid) ?? [];
      // From the first on, without a gap, and with nothing that was not recorded.
      expect(held.slice(0, facts.length)).toEqual(facts.slice(0, held.length));
      await second.close();
    } finally {
      rmSync(profile, { recursive: true, force: true });
    }
  });
});

/** The validator of version 1 is CommonJS, has no types, and tells the console what it does as long as it may. */
function versionOneFaults(url: string): unknown[] {
  const { info } = console;
  const validator = createRequire(import.meta.url)('@montevideo-tech/cmcd-validator') as {
    CMCDQueryValidator(url: string, config: undefined, warnings: boolean): { valid: boolean; errors: unknown[] };
  };
  console.info = () => {};
  try {
    const { valid, errors } = validator.CMCDQueryValidator(url, undefined, false);
    return valid ? [] : errors;
  } finally {
    console.info = info;
  }
}

/** A request of the page as it went out. */
interface Sent {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Everything that the page asks the fixture server for. */
function watchRequests(page: Page): Sent[] {
  const sent: Sent[] = [];
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (url.port === FIXTURE_PORT && request.method() === 'GET')
      sent.push({ url: request.url(), headers: request.headers() });
  });
  return sent;
}

const reportOf = ({ url }: Sent): string => new URL(url).searchParams.get('CMCD') ?? '';

for (const engine of ['hls', 'shaka'] as const) {
  test.describe(`CMCD on the wire, ${engine}`, () => {
    /** Plays a little, seeks, and ends. */
    const playWith = (page: Page, src: string, options: unknown): Promise<string> =>
      page.evaluate(
        async ({ src, engine, options }) => {
          const { sluice, telemetry, video } = window.harness;
          const cmcd = telemetry.createCmcd(options as Parameters<typeof telemetry.createCmcd>[0]);
          const player = sluice.createPlayer({ media: video, engine, middlewares: [cmcd.middleware] });
          window.harness.player = player;
          let sid = '';
          player.events$.subscribe((event) => {
            if (event.type === 'sessionStart') sid = event.sessionId;
          });
          cmcd.attach(player);
          void player.load(src);
          await player.play();
          const until = (position: number): Promise<void> =>
            new Promise((resolve) => {
              player.events$.subscribe((event) => event.type === 'sample' && event.position >= position && resolve());
            });
          await until(5);
          player.seek(40);
          await until(43);
          player.rate = 1.5;
          await until(46);
          await player.destroy();
          await cmcd.flush();
          await cmcd.destroy();
          return sid;
        },
        { src, engine, options },
      );

    test('requests: version 2 in the query, valid by cml and by the specification', async ({ harness, session }) => {
      const sent = watchRequests(harness);
      const sid = await playWith(harness, session.url('vod'), { contentId: 'movie' });
      expect(sent.length).toBeGreaterThan(15);
      for (const { url } of sent) expect(queryFaults(url), url).toEqual([]);
      const records = sent.flatMap((one) => recordsOf(reportOf(one)));
      expect(sequenceFaults(records)).toEqual([]);
      expect(
        records.every((record) => record.sid === sid && record.cid === 'movie' && tokenOf(record.sf) === 'h'),
      ).toBe(true);
      expect(records.filter((record) => Object.hasOwn(record, 'msd'))).toHaveLength(1);
      const types = new Set(records.map(({ ot }) => tokenOf(ot)));
      for (const type of ['m', 'i', 'v', 'a']) expect([...types]).toContain(type);
      const pictures = records.filter(({ ot }) => tokenOf(ot) === 'v');
      for (const key of ['br', 'bl', 'd', 'tb', 'lb', 'sta', 'mtp', 'pb']) {
        expect(
          pictures.some((record) => Object.hasOwn(record, key)),
          key,
        ).toBe(true);
      }
      expect(records.some(({ sta }) => tokenOf(sta) === 'k')).toBe(true);
      expect(records.every((record) => !Object.hasOwn(record, 'tpb'))).toBe(true);
    });

    test('requests: version 2 in headers', async ({ harness, session }) => {
      const sent = watchRequests(harness);
      await playWith(harness, session.url('vod'), { contentId: 'movie', requests: { mode: 'headers' } });
      expect(sent.length).toBeGreaterThan(15);
      for (const { headers, url } of sent) expect(headerFaults(headers), url).toEqual([]);
      expect(sent.every(({ url }) => !url.includes('CMCD'))).toBe(true);
    });

    test('requests: version 1 in the query, valid by the validator of Montevideo Tech', async ({
      harness,
      session,
    }) => {
      const sent = watchRequests(harness);
      await playWith(harness, session.url('vod'), { contentId: 'movie', requests: { version: 1 } });
      expect(sent.length).toBeGreaterThan(15);
      for (const { url } of sent) expect(versionOneFaults(url), url).toEqual([]);
    });

    test('events: valid, numbered, each thing once, to each target what it wants', async ({ harness, session }) => {
      const sink = await startSink();
      try {
        const sid = await playWith(harness, session.url('vod'), {
          contentId: 'movie',
          events: {
            interval: 2,
            targets: [
              { url: `${sink.url}/all` },
              { url: `${sink.url}/state`, events: ['ps'], headers: { authorization: 'Bearer e2e' } },
            ],
          },
        });
        const bodies = sink.bodies.filter(({ path }) => path === '/all');
        expect(sink.bodies.every(({ contentType }) => contentType === 'application/cmcd')).toBe(true);
        for (const { body } of sink.bodies) expect(eventFaults(body), body).toEqual([]);
        const records = bodies.flatMap(({ body }) => recordsOf(body));
        expect(sequenceFaults(records)).toEqual([]);
        expect(records.every((record) => record.sid === sid && record.cid === 'movie')).toBe(true);
        const events = new Set(records.map(({ e }) => tokenOf(e)));
        for (const event of ['ps', 'rr', 't', 'bc', 'pr']) expect([...events]).toContain(event);
        const states = records.filter(({ e }) => tokenOf(e) === 'ps').map(({ sta }) => tokenOf(sta));
        expect(states.slice(0, 2)).toEqual(['s', 'p']);
        expect(states).toContain('k');
        expect(states.at(-1)).toBe('q');
        const responses = records.filter(({ e }) => tokenOf(e) === 'rr');
        expect(responses.every(({ url }) => !String(url).includes('?'))).toBe(true);
        expect(responses.filter(({ rc }) => rc === 200).every(({ ttlb }) => Number(ttlb) >= 0)).toBe(true);
        const other = sink.bodies.filter(({ path }) => path === '/state');
        expect(other.every(({ authorization }) => authorization === 'Bearer e2e')).toBe(true);
        const otherRecords = other.flatMap(({ body }) => recordsOf(body));
        expect(otherRecords.map(({ sta }) => tokenOf(sta))).toEqual(states);
        expect(sequenceFaults(otherRecords)).toEqual([]);
      } finally {
        sink.close();
      }
    });

    /** Plays with a CMSD header on every response; what the edge said, what was decided, and the ladder that was chosen from. */
    const playWithEdge = async (page: Page, src: string, edge: string) => {
      await page.route(`http://127.0.0.1:${FIXTURE_PORT}/**`, async (route) => {
        const response = await route.fetch();
        const headers = {
          ...response.headers(),
          'cmsd-dynamic': edge,
          'access-control-expose-headers': 'CMSD-Dynamic',
        };
        await route.fulfill({ response, headers });
      });
      return page.evaluate(
        async ({ src, engine }) => {
          const { sluice, abr, video } = window.harness;
          const capacityAware = abr.capacityAware();
          const asked: unknown[] = [];
          const strategy: typeof capacityAware = {
            ...capacityAware,
            decide(context) {
              asked.push(context.edge);
              return capacityAware.decide(context);
            },
          };
          const player = sluice.createPlayer({ media: video, engine, strategy });
          window.harness.player = player;
          void player.load(src);
          await player.play();
          await new Promise<void>((resolve) =>
            player.events$.subscribe((event) => event.type === 'sample' && event.position > 6 && resolve()),
          );
          return {
            asked: asked.at(-1),
            edge: player.events.filter((event) => event.type === 'edge'),
            decisions: player.events.filter((event) => event.type === 'decision'),
            ladder: player.events.flatMap((event) => (event.type === 'manifest' ? event.ladder : [])),
          };
        },
        { src, engine },
      );
    };

    test('CMSD: throughput, duress and round trip of the last hop reach the strategy', async ({ harness, session }) => {
      const { asked, edge, decisions } = await playWithEdge(
        harness,
        session.url('vod'),
        '"origin";etp=99999, "edge-3ak1";etp=2000;mb=6000;rtt=8;du',
      );
      expect(edge).toHaveLength(1);
      const said = { throughput: 2e6, maxBitrate: 6e6, roundTripTime: 0.008, load: 1 };
      expect(edge[0]).toMatchObject(said);
      expect(asked).toMatchObject(said);
      // 2 Mbit/s, whatever the network really does.
      expect(decisions.length).toBeGreaterThan(1);
      expect(decisions.every(({ reason }) => reason.startsWith('2.00 Mbit/s allows 480p'))).toBe(true);
    });

    test('CMSD: nothing above the bitrate that the edge suggests is played', async ({ harness, session }) => {
      const { decisions, ladder } = await playWithEdge(harness, session.url('vod'), '"edge-3ak1";etp=20000;mb=1500');
      // The throughput would do for every rung; the best within 1.5 Mbit/s is taken.
      const best = ladder.findLastIndex(({ bitrate }) => bitrate <= 1.5e6);
      expect([best > 0, best < ladder.length - 1]).toEqual([true, true]);
      expect(decisions.length).toBeGreaterThan(1);
      expect(new Set(decisions.map(({ index }) => index))).toEqual(new Set([best]));
      expect(decisions[0]?.reason).toContain('at most 1.50 by the edge');
    });
  });
}

test.describe('viewing history', () => {
  /** Plays until a position, and leaves the page as a viewer does: without a word. */
  const watchUntil = (page: Page, src: string, position: number, endpoint: string | null): Promise<string> =>
    page.evaluate(
      async ({ src, position, endpoint }) => {
        const { sluice, telemetry, video } = window.harness;
        const history = telemetry.createViewingHistory({ contentOf: () => 'movie' });
        const beacons = endpoint === null ? null : telemetry.createBeacons({ endpoint, key: 'e2e' });
        const startPosition = await history.resumePosition('movie');
        const player = sluice.createPlayer({ media: video, engine: 'hls', startPosition });
        window.harness.player = player;
        let sid = '';
        player.events$.subscribe((event) => {
          if (event.type === 'sessionStart') sid = event.sessionId;
        });
        history.attach(player);
        beacons?.attach(player);
        void player.load(src);
        await player.play();
        await new Promise<void>((resolve) =>
          player.events$.subscribe((event) => event.type === 'sample' && event.position >= position && resolve()),
        );
        return sid;
      },
      { src, position, endpoint },
    );

  const resumePosition = (page: Page, collector: string | null = null): Promise<number | null> =>
    page.evaluate(
      async (collector) => window.harness.telemetry.createViewingHistory({ collector }).resumePosition('movie'),
      collector,
    );

  const open = async (page: Page): Promise<Page> => {
    await page.goto('/e2e/harness.html');
    await page.waitForSelector('html[data-ready]');
    return page;
  };

  test('goes on where it was left, after a reload and in another tab, from the local log', async ({
    page,
    context,
    session,
  }) => {
    await open(page);
    await watchUntil(page, session.url('vod'), 7, null);
    const left = await page.evaluate(() => window.harness.video.currentTime);
    const other = await open(await context.newPage());
    await page.reload();
    await page.waitForSelector('html[data-ready]');
    const position = (await resumePosition(page)) ?? 0;
    // To within the second between two samples, and what was played while the page went.
    expect(position).toBeGreaterThan(left - 1.5);
    expect(position).toBeLessThan(left + 1.5);
    expect(await resumePosition(other)).toBe(position);
    await watchUntil(other, session.url('vod'), position + 2, null);
    const first = await other.evaluate(() => window.harness.player?.events.find(({ type }) => type === 'playing'));
    expect(first).toMatchObject({ type: 'playing' });
    expect((first as { position: number }).position).toBeGreaterThan(position - 1);
    expect((first as { position: number }).position).toBeLessThan(position + 1.5);
  });

  test('knows from the collector how far a session got whose page could not write it', async ({
    page,
    session,
    delivery,
  }) => {
    const { collector, proxy } = delivery;
    await open(page);
    const sid = await watchUntil(page, session.url('vod'), 6, `${proxy.url}/v1/events`);
    // The log is set back to what it had at the start of the session, as if the page had been killed before it wrote more.
    await page.evaluate(async (sid) => {
      const opened = indexedDB.open('sluice-viewings');
      const database = await new Promise<IDBDatabase>((resolve) => {
        opened.onsuccess = () => resolve(opened.result);
      });
      await window.harness.player?.destroy();
      const events = database.transaction('events', 'readwrite').objectStore('events');
      events.clear();
      events.add({ type: 'started', content: 'movie', session: sid, at: 1, position: 0, duration: 60 });
      await new Promise((resolve) => {
        events.transaction.oncomplete = resolve;
      });
      database.close();
    }, sid);
    await expect.poll(async () => (await collector.facts(sid)).length, { timeout: 30_000 }).toBeGreaterThan(10);
    expect(await resumePosition(page)).toBeNull();
    await expect.poll(() => resumePosition(page, collector.url), { timeout: 30_000 }).toBeGreaterThan(5);
  });

  test('goes on where another device left it, by the sessions that the app remembers, and after storage was cleared', async ({
    page,
    session,
    delivery,
    browser,
    baseURL,
  }) => {
    const { collector, proxy } = delivery;
    await open(page);
    const sid = await watchUntil(page, session.url('vod'), 7, `${proxy.url}/v1/events`);
    const { left, remembered } = await page.evaluate(async () => {
      const history = window.harness.telemetry.createViewingHistory();
      const left = window.harness.video.currentTime;
      await window.harness.player?.destroy();
      return {
        left,
        // What an app keeps under its own account of the viewer.
        remembered: (await history.viewing('movie'))?.sessions ?? [],
      };
    });
    expect(remembered).toEqual([sid]);
    await expect
      .poll(async () => (await collector.facts(sid)).at(-1), { timeout: 30_000 })
      .toMatchObject({
        type: 'sessionEnd',
      });

    const resumeElsewhere = (device: Page): Promise<number | null> =>
      device.evaluate(
        ({ collector, remembered }) =>
          window.harness.telemetry
            .createViewingHistory({ collector, sessionsOf: async () => remembered })
            .resumePosition('movie'),
        { collector: collector.url, remembered },
      );
    const other = await browser.newContext(baseURL === undefined ? {} : { baseURL });
    try {
      const device = await open(await other.newPage());
      expect(await resumePosition(device, collector.url)).toBeNull();
      await expect.poll(() => resumeElsewhere(device), { timeout: 30_000 }).toBeGreaterThan(6);
      expect(Math.abs(((await resumeElsewhere(device)) ?? 0) - left)).toBeLessThan(1.5);
    } finally {
      await other.close();
    }

    // The same device without anything it had stored.
    const devtools = await page.context().newCDPSession(page);
    await devtools.send('Storage.clearDataForOrigin', { origin: new URL(page.url()).origin, storageTypes: 'all' });
    await open(page);
    expect(await resumePosition(page)).toBeNull();
    expect(Math.abs(((await resumeElsewhere(page)) ?? 0) - left)).toBeLessThan(1.5);
  });
});

test('metrics of playback reach an OpenTelemetry endpoint', async ({ harness, session }) => {
  const sink = await startSink();
  try {
    await harness.evaluate(
      async ({ src, endpoint }) => {
        const { sluice, telemetry, video } = window.harness;
        const metrics = telemetry.createMetrics({ endpoint, compress: false, resource: { 'service.name': 'e2e' } });
        const player = sluice.createPlayer({ media: video, engine: 'hls' });
        window.harness.player = player;
        telemetry.recordPlayback(metrics, player, { page: 'harness' });
        void player.load(src);
        await player.play();
        await new Promise<void>((resolve) =>
          player.events$.subscribe((event) => event.type === 'sample' && event.position > 4 && resolve()),
        );
        await player.destroy();
        await metrics.destroy();
      },
      { src: session.url('vod'), endpoint: `${sink.url}/v1/metrics` },
    );
    expect(sink.bodies.map(({ path, contentType }) => [path, contentType])).toEqual([
      ['/v1/metrics', 'application/json'],
    ]);
    const [{ resource, scopeMetrics }] = JSON.parse(sink.bodies[0]?.body ?? '').resourceMetrics;
    expect(resource.attributes).toEqual([{ key: 'service.name', value: { stringValue: 'e2e' } }]);
    const metrics = new Map(scopeMetrics[0].metrics.map((metric: { name: string }) => [metric.name, metric]));
    for (const name of ['sessions', 'startup', 'request', 'bytes', 'buffer', 'decisions']) {
      expect([...metrics.keys()]).toContain(`media.playback.${name}`);
    }
    const startup = metrics.get('media.playback.startup') as {
      histogram: { dataPoints: [{ count: string; sum: number; attributes: unknown }] };
    };
    const [point] = startup.histogram.dataPoints;
    expect(point.count).toBe('1');
    expect(point.sum).toBeGreaterThan(0);
    expect(point.attributes).toContainEqual({ key: 'engine', value: { stringValue: 'hls' } });
  } finally {
    sink.close();
  }
});
