/**
 * `npm run bench:telemetry-client [-- --seconds 60] [--json FILE]`: what telemetry costs a viewer.
 *
 * 1. In Node: ns to record a fact (encode, queue, mark for the store) and ns to record a metric.
 * 2. In Chromium: main-thread time a fact costs in all, IndexedDB, compression and requests included, as the difference
 *    between runs with and without beacons over the same facts at the pace of playback.
 * 3. In Chromium: bytes on the wire per minute of real playback, beacons and CMCD events, by engine.
 */
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Browser, chromium, type Page } from '@playwright/test';
import { createServer as createVite } from 'vite';
import { createFixtureServer } from '../fixtures/server/fixture-server.ts';
import { BROWSER_ARGS, chromiumPath } from '../scripts/chromium.ts';
import type { PlaybackEvent } from '../src/media/playback-event.ts';
import { simulatedClock } from '../src/media/simulated-clock.ts';
import { BRIEF_LADDER, madeUpSession } from '../src/session/made-up-session.ts';
import { beaconsIn } from '../src/telemetry/beacons.ts';
import type { DeliveryEnvironment } from '../src/telemetry/delivery/delivery-environment.ts';
import { metricsIn } from '../src/telemetry/metrics/metrics.ts';

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '60' }, json: { type: 'string' } } });
const SECONDS = Number(values.seconds);
if (!(SECONDS > 0)) throw new RangeError(`--seconds must be > 0, got ${values.seconds}`);

const ROOT = join(import.meta.dirname, '..');
const sorted = (numbers: readonly number[]): number[] => [...numbers].sort((a, b) => a - b);
const median = (numbers: readonly number[]): number => sorted(numbers)[Math.floor(numbers.length / 2)] ?? Number.NaN;

/** An hour of a session as facts. */
const session = (): PlaybackEvent[] =>
  madeUpSession({
    ladder: BRIEF_LADDER,
    startup: 1,
    renditions: Array.from({ length: 900 }, (_, index) => 5 + (Math.floor(index / 5) % 4)),
    sound: true,
  });

/** Surroundings in which nothing is slow but what is measured. */
function environment(): DeliveryEnvironment & { readonly clock: ReturnType<typeof simulatedClock> } {
  return {
    clock: simulatedClock(),
    epoch: Date.now,
    random: Math.random,
    fetch: async () => new Response(null, { status: 204 }),
    sendBeacon: () => true,
    store: null,
    locks: null,
    online: () => true,
    hidden: () => false,
    watchPage: null,
  };
}

/** ns a call, the median of rounds after one to warm up. */
async function nanoseconds(
  rounds: number,
  calls: number,
  prepare: () => () => void,
  after: () => Promise<void> = async () => {},
): Promise<number> {
  const found: number[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    const run = prepare();
    const start = process.hrtime.bigint();
    run();
    const passed = Number(process.hrtime.bigint() - start);
    await after();
    if (round > 0) found.push(passed / calls);
  }
  return median(found);
}

async function recordingCost(): Promise<{ fact: number; counter: number; tagged: number; timer: number }> {
  const facts = session();
  let listener: (event: PlaybackEvent) => void = () => {};
  const source = {
    events: [],
    events$: {
      subscribe(next: (event: PlaybackEvent) => void) {
        listener = next;
        return { unsubscribe: () => {} };
      },
    },
  };
  // In pieces of a batch, each sent before the next: recording alone is on the clock.
  const piece = facts.slice(0, 400);
  const env = environment();
  const beacons = beaconsIn(env, { endpoint: 'https://c.example', compress: false, limits: { batchEntries: 400 } });
  beacons.attach(source);
  const fact = await nanoseconds(
    300,
    piece.length,
    () => () => {
      for (const event of piece) listener(event);
    },
    () => beacons.flush(),
  );
  const metrics = metricsIn(environment(), { endpoint: 'https://c.example' });
  const plain = metrics.counter('plain');
  const counted = metrics.counter('tagged');
  const timer = metrics.timer('timer');
  const kinds = ['segment', 'init', 'playlist'];
  const CALLS = 200_000;
  const times = (work: (index: number) => void) => () => () => {
    for (let index = 0; index < CALLS; index += 1) work(index);
  };
  return {
    fact,
    counter: await nanoseconds(
      9,
      CALLS,
      times(() => plain.add()),
    ),
    tagged: await nanoseconds(
      9,
      CALLS,
      times((index) =>
        counted.add(1, { engine: 'hls', strategy: 'bola', kind: kinds[index % 3] ?? '', outcome: 'ok' }),
      ),
    ),
    timer: await nanoseconds(
      9,
      CALLS,
      times((index) => timer.record((index % 100) / 10, { engine: 'hls', kind: kinds[index % 3] ?? '' })),
    ),
  };
}

/** Main-thread ms until `work` in the page is done. */
async function busy(page: Page, work: () => Promise<void>): Promise<number> {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'timeTicks' });
  const read = async (): Promise<number> => {
    const { metrics } = await session.send('Performance.getMetrics');
    return (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0) * 1000;
  };
  const before = await read();
  await work();
  return (await read()) - before;
}

/** A page of the harness. What tsx compiles keeps names by a helper that a page does not have. */
async function openPage(browser: Browser, url: string): Promise<Page> {
  const page = await (await browser.newContext()).newPage();
  await page.addInitScript('globalThis.__name = (named) => named');
  await page.goto(url);
  await page.waitForSelector('html[data-ready]');
  return page;
}

/** ms of main thread to tell these facts over a time, with beacons or without. */
async function tellFacts(
  browser: Browser,
  url: string,
  endpoint: string,
  facts: readonly PlaybackEvent[],
  withBeacons: boolean,
): Promise<number> {
  const page = await openPage(browser, url);
  try {
    return await busy(page, () =>
      page.evaluate(
        async ({ endpoint, facts, withBeacons }) => {
          const listeners = new Set<(event: PlaybackEvent) => void>();
          const source = {
            events: [],
            events$: {
              subscribe(next: (event: PlaybackEvent) => void) {
                listeners.add(next);
                return { unsubscribe: () => listeners.delete(next) };
              },
            },
          };
          const beacons = withBeacons ? window.harness.telemetry.createBeacons({ endpoint }) : null;
          beacons?.attach(source);
          // Five facts a fifth of a second: the pace of playback, so that writes and batches are as they would be.
          for (let at = 0; at < facts.length; at += 5) {
            for (const fact of facts.slice(at, at + 5)) for (const listener of listeners) listener(fact);
            await new Promise((resolve) => setTimeout(resolve, 200));
          }
          await beacons?.destroy();
        },
        { endpoint, facts: facts as PlaybackEvent[], withBeacons },
      ),
    );
  } finally {
    await page.context().close();
  }
}

interface Played {
  readonly facts: number;
  readonly beaconBytes: number;
  readonly beaconRequests: number;
  readonly cmcdBytes: number;
}

/** Plays for a while with beacons and CMCD events, and says what went out. */
async function playFor(
  browser: Browser,
  url: string,
  sink: string,
  src: string,
  engine: 'hls' | 'shaka',
): Promise<Played> {
  const page = await openPage(browser, url);
  try {
    return await page.evaluate(
      async ({ sink, src, engine, seconds }) => {
        const { sluice, telemetry, video } = window.harness;
        const beacons = telemetry.createBeacons({ endpoint: `${sink}/beacons` });
        const cmcd = telemetry.createCmcd({ events: { targets: [{ url: `${sink}/cmcd` }] } });
        const player = sluice.createPlayer({ media: video, engine, middlewares: [cmcd.middleware] });
        beacons.attach(player);
        cmcd.attach(player);
        video.loop = true;
        await player.load(src);
        await player.play();
        await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
        await player.destroy();
        await beacons.destroy();
        await cmcd.flush();
        const { recorded, bytes, requests } = beacons.stats;
        return {
          facts: recorded,
          beaconBytes: bytes,
          beaconRequests: requests,
          cmcdBytes: cmcd.stats[`${sink}/cmcd`]?.bytes ?? 0,
        };
      },
      { sink, src, engine, seconds: SECONDS },
    );
  } finally {
    await page.context().close();
  }
}

/** Takes whatever is posted. */
function startSink(): Promise<{ url: string; close(): void }> {
  const server = createServer((message, reply) => {
    message.resume();
    message.once('end', () => {
      const headers = {
        'access-control-allow-origin': message.headers.origin ?? '*',
        'access-control-allow-headers': message.headers['access-control-request-headers'] ?? '',
      };
      reply.writeHead(204, headers).end();
    });
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      resolve({ url: `http://127.0.0.1:${port}`, close: () => void server.close() });
    });
  });
}

const recording = await recordingCost();
console.log(`${cpus().length} cores, load ${loadavg()[0]?.toFixed(1)}, Node ${process.versions.node}`);
console.log(`recording a fact      ${(recording.fact / 1000).toFixed(2)} µs`);
console.log(
  `recording a metric    ${recording.counter.toFixed(0)} ns a counter, ${recording.tagged.toFixed(0)} ns with four tags, ${recording.timer.toFixed(0)} ns a timer with two`,
);

const vite = await createVite({ root: ROOT, mode: 'e2e', logLevel: 'error', server: { port: 0 } });
await vite.listen();
const fixtures = await createFixtureServer();
const sink = await startSink();
const executablePath = chromiumPath();
const browser = await chromium.launch({ ...(executablePath ? { executablePath } : {}), args: BROWSER_ARGS });
const results: Record<string, unknown> = { recording };
try {
  const url = `${vite.resolvedUrls?.local[0]}e2e/harness.html`;
  const facts = session().slice(0, 300);
  const costs: number[] = [];
  for (let pair = 0; pair < 3; pair += 1) {
    const without = await tellFacts(browser, url, `${sink.url}/beacons`, facts, false);
    const withBeacons = await tellFacts(browser, url, `${sink.url}/beacons`, facts, true);
    costs.push(((withBeacons - without) / facts.length) * 1000);
  }
  results.mainThread = costs;
  console.log(
    `a fact, all in all    ${median(costs).toFixed(0)} µs of main thread (${sorted(costs)[0]?.toFixed(0)}…${sorted(costs).at(-1)?.toFixed(0)} in ${costs.length} pairs)`,
  );
  for (const engine of ['hls', 'shaka'] as const) {
    const played = await playFor(browser, url, sink.url, `${fixtures.origin}/vod/main.m3u8`, engine);
    const minutes = SECONDS / 60;
    results[engine] = played;
    console.log(
      `${engine.padEnd(6)} ${SECONDS} s played  ${Math.round(played.facts / minutes)} facts a minute; beacons ${Math.round(played.beaconBytes / minutes)} B a minute in ${(played.beaconRequests / minutes).toFixed(1)} requests; CMCD events ${Math.round(played.cmcdBytes / minutes)} B a minute`,
    );
  }
} finally {
  await browser.close();
  await fixtures.close();
  await vite.close();
  sink.close();
}
if (values.json) writeFileSync(values.json, JSON.stringify(results, null, 2));
