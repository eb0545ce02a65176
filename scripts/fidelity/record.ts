import { fileURLToPath } from 'node:url';
import { type Browser, chromium } from '@playwright/test';
import { createServer } from 'vite';
import type { Harness } from '../../e2e/harness.ts';
import { createFixtureServer } from '../../fixtures/server/fixture-server.ts';
import type { PlaybackEvent } from '../../src/media/playback-event.ts';
import { BROWSER_ARGS, chromiumPath } from '../chromium.ts';
import { BUFFER_TARGET, type FidelityCase, type FidelityEngine, PLAYED } from './cases.ts';

/** s of real time that a session may take: its media, and a tunnel or two. */
const PATIENCE = PLAYED + 240;

/** Plays cases in a real browser, over the shaping server. */
export interface Recorder {
  /** Every fact of one session, from its start until {@link PLAYED} s of media were shown. */
  record(engine: FidelityEngine, one: FidelityCase): Promise<readonly PlaybackEvent[]>;
  close(): Promise<void>;
}

/** Starts browser, page server and fixture server. */
export async function createRecorder(): Promise<Recorder> {
  const root = fileURLToPath(new URL('../../', import.meta.url));
  const pages = await createServer({
    root,
    mode: 'e2e',
    logLevel: 'error',
    server: { port: 0, watch: null, hmr: false },
  });
  await pages.listen();
  const origin = pages.resolvedUrls?.local[0]?.replace(/\/$/, '');
  if (origin === undefined) throw new Error('the page server did not say where it listens');
  const media = await createFixtureServer();
  const executablePath = chromiumPath();
  const browser = await chromium.launch({
    ...(executablePath === undefined ? {} : { executablePath }),
    args: BROWSER_ARGS,
  });
  return {
    record: (engine, one) => play(browser, `${origin}/e2e/harness.html`, media.origin, engine, one),
    async close() {
      await browser.close();
      await Promise.all([pages.close(), media.close()]);
    },
  };
}

async function openSession(origin: string, { trace }: FidelityCase): Promise<string> {
  const rows = trace.periods.map(({ duration, bandwidth, latency }) => [
    duration * 1000,
    bandwidth / 1000,
    latency * 1000,
  ]);
  const network = { kind: 'trace', trace: rows, loop: true, startAt: 'first-request' };
  const answer = await fetch(`${origin}/sessions`, { method: 'POST', body: JSON.stringify({ network }) });
  const { base } = (await answer.json()) as { base?: string };
  if (base === undefined) throw new Error(`the fixture server refused the network of '${trace.id}': ${answer.status}`);
  return `${origin}${base}/long/main.m3u8`;
}

async function play(
  browser: Browser,
  page: string,
  media: string,
  engine: FidelityEngine,
  one: FidelityCase,
): Promise<readonly PlaybackEvent[]> {
  const tab = await browser.newPage({ viewport: { width: 640, height: 360 } });
  try {
    await tab.goto(page);
    await tab.waitForSelector('html[data-ready]');
    const src = await openSession(media, one);
    const asked = { src, engine, strategy: one.strategy, bufferTarget: BUFFER_TARGET };
    await tab.evaluate(async ({ src, engine, strategy, bufferTarget }) => {
      const harness = (window as unknown as { harness: Harness & { player?: unknown } }).harness;
      const player = harness.sluice.createPlayer({
        media: harness.video,
        engine,
        strategy: harness.abr.strategyByName(strategy),
        bufferTarget,
        capToPlayerSize: false,
        capOnDroppedFrames: false,
        dataSaver: false,
      });
      harness.player = player;
      await player.load(src);
      await player.play();
    }, asked);
    await tab.waitForFunction((until) => (document.querySelector('video')?.currentTime ?? 0) >= until, PLAYED, {
      timeout: PATIENCE * 1000,
      polling: 250,
    });
    return await tab.evaluate(async () => {
      const { player } = (window as unknown as { harness: Harness }).harness;
      const events = [...(player?.events ?? [])];
      await player?.destroy();
      return events;
    });
  } finally {
    await tab.close();
  }
}
