/**
 * `npm run bench:overhead [-- --runs N] [--json FILE]`: start-up and main-thread time with Sluice against the bare engine, on
 * the same stream and network, in pairs (Sluice first in one, second in the next), printed as ratios of each pair.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, chromium } from '@playwright/test';
import { build, preview } from 'vite';
import { createFixtureServer } from '../fixtures/server/fixture-server.ts';
import { BROWSER_ARGS, chromiumPath } from '../scripts/chromium.ts';
import type { Run } from './overhead-page.ts';

const args = process.argv.slice(2);
const option = (name: string): string | undefined => (args.includes(name) ? args[args.indexOf(name) + 1] : undefined);
const runs = Number(option('--runs') ?? 9);
if (!(Number.isInteger(runs) && runs > 0))
  throw new RangeError(`--runs must be a whole number > 0, got ${option('--runs')}`);

/** s of playback over which main-thread time is counted. */
const PLAYED = 12;
const NETWORK = { kind: 'constant', kbps: 20_000, latencyMs: 20 };
const RUNG = { index: 5, bitrate: 1_750_000 };

interface Measured {
  /** ms from load to the first frame. */
  readonly startup: number;
  /** ms the main thread was busy until PLAYED s of media were played. */
  readonly busy: number;
}

async function measure(browser: Browser, page: string, run: Run): Promise<Measured> {
  const context = await browser.newContext();
  try {
    const tab = await context.newPage();
    await tab.goto(page);
    await tab.waitForSelector('html[data-ready]');
    const session = await context.newCDPSession(tab);
    await session.send('Performance.enable', { timeDomain: 'timeTicks' });
    const busyTime = async (): Promise<number> => {
      const { metrics } = await session.send('Performance.getMetrics');
      return (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0) * 1000;
    };
    const before = await busyTime();
    const startup = await tab.evaluate((what) => window.overhead.start(what), run);
    await tab.waitForFunction((until) => (document.querySelector('video')?.currentTime ?? 0) >= until, PLAYED, {
      timeout: 60_000,
    });
    return { startup, busy: (await busyTime()) - before };
  } finally {
    await context.close();
  }
}

const sorted = (values: readonly number[]): number[] => [...values].sort((a, b) => a - b);
const median = (values: readonly number[]): number => sorted(values)[Math.floor(values.length / 2)] ?? Number.NaN;
const show = (values: readonly number[]): string =>
  `${median(values).toFixed(3)} (${(sorted(values)[0] ?? 0).toFixed(3)}…${(sorted(values).at(-1) ?? 0).toFixed(3)})`;

const root = join(import.meta.dirname, '..');
// What users ship is bundled and minified: so is the page under test.
const outDir = join(root, '.cache', 'bench');
const input = join(root, 'bench', 'overhead.html');
await build({ root, mode: 'bench', logLevel: 'error', build: { outDir, emptyOutDir: true, rollupOptions: { input } } });
const site = await preview({ root, build: { outDir }, preview: { host: '127.0.0.1', port: 0 }, logLevel: 'error' });
const fixtures = await createFixtureServer();
const executablePath = chromiumPath();
const browser = await chromium.launch({ ...(executablePath ? { executablePath } : {}), args: BROWSER_ARGS });
const page = `${site.resolvedUrls?.local[0]}bench/overhead.html`;

async function once(mode: Run['mode'], engine: Run['engine']): Promise<Measured> {
  const body = JSON.stringify({ network: NETWORK });
  const answer = await fetch(`${fixtures.origin}/sessions`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json' },
  });
  const { base } = (await answer.json()) as { base: string };
  const src = `${fixtures.origin}${base}/vod/main.m3u8`;
  return measure(browser, page, { mode, engine, src, ...RUNG, bufferTarget: 20 });
}

const results: Record<string, { startup: number[]; busy: number[] }> = {};
try {
  console.log(
    `${runs} pairs an engine, rung ${RUNG.bitrate / 1000} kbit/s, ${NETWORK.kbps / 1000} Mbit/s, ${NETWORK.latencyMs} ms, ${PLAYED} s played`,
  );
  for (const engine of ['hls', 'shaka'] as const) {
    const ratios = { startup: [] as number[], busy: [] as number[] };
    const startups: Record<string, number[]> = { sluice: [], bare: [] };
    await once('bare', engine);
    await once('sluice', engine);
    for (let pair = 0; pair < runs; pair += 1) {
      const order = pair % 2 === 0 ? (['sluice', 'bare'] as const) : (['bare', 'sluice'] as const);
      const measured: Partial<Record<Run['mode'], Measured>> = {};
      for (const mode of order) measured[mode] = await once(mode, engine);
      const { sluice, bare } = measured as Record<Run['mode'], Measured>;
      ratios.startup.push(sluice.startup / bare.startup);
      ratios.busy.push(sluice.busy / bare.busy);
      startups.sluice?.push(sluice.startup);
      startups.bare?.push(bare.startup);
      if (process.stderr.isTTY) process.stderr.write(`\r${engine} ${pair + 1}/${runs} `);
    }
    results[engine] = ratios;
    console.log(
      `${engine}: start-up ${show(ratios.startup)} × bare (${Math.round(median(startups.sluice ?? []))} against ${Math.round(median(startups.bare ?? []))} ms), main thread ${show(ratios.busy)} × bare`,
    );
  }
} finally {
  await browser.close();
  await fixtures.close();
  await site.close();
}
const file = option('--json');
if (file) writeFileSync(file, JSON.stringify(results, null, 2));
