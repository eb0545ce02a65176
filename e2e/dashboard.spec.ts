/** The dashboard with real sessions of both engines in it, as the collector's own address serves it, and with hostile ones. */
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import type { AxeResults } from 'axe-core';
import { dashboardPages } from '../src/collector/node/dashboard-pages.ts';
import { madeLines, seededRandom } from '../src/collector/node/made-session.ts';
import { type RunningCollector, type StartOptions, startCollector } from '../src/collector/node/start-collector.ts';
import type { PlaybackEvent } from '../src/media/playback-event.ts';
import type { BeaconLine } from '../src/telemetry/beacon-format.ts';
import { test as base, expect } from './fixture-session.ts';

const ROOT = join(import.meta.dirname, '..');
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

type Start = (options?: Partial<StartOptions>) => Promise<RunningCollector & { url: string }>;

const test = base.extend<{ start: Start }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names of the fixtures off this pattern
  start: async ({}, use) => {
    const folder = await mkdtemp(join(tmpdir(), 'sluice-dashboard-'));
    const running: RunningCollector[] = [];
    await use(async (options = {}) => {
      const file = join(folder, `${running.length}.db`);
      const collector = await startCollector({ file, durability: 'normal', pages: dashboardPages(ROOT), ...options });
      running.push(collector);
      return { ...collector, url: collector.url ?? '' };
    });
    for (const collector of running) await collector.close();
    await rm(folder, { recursive: true, force: true });
  },
});

const upToDate = ({ collector }: RunningCollector): Promise<void> =>
  expect.poll(async () => (await collector.status()).behind, { timeout: 20_000 }).toBe(0);

/** What the page may not do: complain, or run what came from outside. */
function watch(page: Page): string[] {
  const trouble: string[] = [];
  page.on('console', (message) => message.type() === 'error' && trouble.push(message.text()));
  page.on('pageerror', (error) => trouble.push(error.message));
  page.on('dialog', (dialog) => {
    trouble.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  return trouble;
}

/** Plays `seconds` of the fixture stream with beacons to the collector, to the end of the session. */
async function play(
  page: Page,
  src: string,
  endpoint: string,
  engine: 'hls' | 'shaka',
  seconds: number,
): Promise<void> {
  await page.evaluate(
    async ({ src, endpoint, engine, seconds }) => {
      const { sluice, abr, telemetry, video } = window.harness;
      const player = sluice.createPlayer({ media: video, engine, strategy: abr.percentile() });
      const tags = { 'ab.start': engine };
      const beacons = telemetry.createBeacons({ endpoint, tags, limits: { interval: 0.5 } });
      beacons.attach(player);
      void player.load(src);
      await player.play();
      await new Promise<void>((resolve) =>
        player.events$.subscribe((event) => event.type === 'sample' && event.position > seconds && resolve()),
      );
      await player.destroy();
      await beacons.flush();
      await beacons.destroy();
    },
    { src, endpoint, engine, seconds },
  );
}

test('shows what both engines told, and one session fact by fact', async ({
  harness,
  page: _,
  session,
  start,
  context,
}) => {
  const running = await start();
  for (const engine of ['hls', 'shaka'] as const) {
    await harness.reload();
    await harness.waitForSelector('html[data-ready]');
    await play(harness, session.url('vod'), `${running.url}/v1/events`, engine, 6);
  }
  await upToDate(running);

  const dashboard = await context.newPage();
  const trouble = watch(dashboard);
  await dashboard.goto(running.url);
  const card = (title: string) => dashboard.getByRole('region', { name: title, exact: true });
  await expect(dashboard.locator('.tile', { hasText: 'Sessions' }).locator('.tile-value')).toHaveText('2');
  await expect(card('QoE by engine').getByRole('row')).toHaveText([/Name/, /^(hls|shaka)1/, /^(hls|shaka)1/]);
  await expect(card('QoE by strategy')).toContainText('percentile');
  await expect(card('By host')).toContainText('127.0.0.1');
  await expect(card('Experiment start')).toContainText('too few sessions');
  await expect(card('Sessions').getByRole('row')).toHaveCount(3);

  await card('Sessions').getByRole('row', { name: 'shaka' }).getByRole('link').click();
  await expect(dashboard.locator('.readings')).toContainText('shaka');
  await expect(dashboard.locator('.course .state.playing').first()).toBeAttached();
  expect(await dashboard.locator('.course .decision').count()).toBeGreaterThan(2);
  await expect(card('Decisions').getByRole('row').nth(1)).toContainText('kbit/s');
  await expect(card('Requests')).toContainText('.m4s');
  await expect(card('All facts')).toContainText('sessionEnd');
  await dashboard.goBack();
  await expect(card('Sessions')).toBeVisible();
  expect(trouble).toEqual([]);
});

test('hostile text stays text, in every place and in the address', async ({ page, start }) => {
  const running = await start();
  const bad = '"><img src=x onerror=alert(1)><script>alert(2)</script>';
  const lines = madeLines({ sid: bad, startedAt: Date.now() - 60_000, random: seededRandom(3), length: 50 });
  const hostile: BeaconLine[] = lines.map(({ sid, seq, fact }) => ({
    sid,
    seq,
    fact: {
      ...fact,
      ...(fact.type === 'sessionStart' ? { engine: bad, strategy: bad, src: `javascript:alert(3)//${bad}` } : {}),
      ...(fact.type === 'decision' ? { reason: bad, strategy: bad } : {}),
      ...(fact.type === 'request' ? { url: `https://${bad}/1.m4s` } : {}),
    } as PlaybackEvent,
    ...(seq === 0 ? { tags: { [`ab.${bad}`]: bad } } : {}),
  }));
  const error = {
    type: 'error',
    category: 'network',
    code: 'HTTP_STATUS',
    message: bad,
    fatal: true,
    url: bad,
    status: 1,
  } as const;
  hostile.push({ sid: bad, seq: lines.length, fact: { ...error, at: 100 } });
  await running.store.append({ receivedAt: Date.now(), facts: hostile, losses: [] });
  await upToDate(running);

  const trouble = watch(page);
  const response = await page.goto(running.url);
  expect(response?.headers()['content-security-policy']).toContain("script-src 'self'");
  await expect(page.locator('main').getByText(bad).first()).toBeVisible();
  await page.getByRole('radio', { name: 'Newest' }).check({ force: true });
  await page.locator('.session-link').first().click();
  await expect(page.locator('.readings')).toContainText(bad);
  await page.locator('.button', { hasText: 'Save' }).waitFor();
  expect(await page.locator('main img, main script, main iframe, [onerror]').count()).toBe(0);
  expect(await page.locator('a[href^="javascript"]').count()).toBe(0);
  expect(trouble).toEqual([]);

  // And what the collector answers is no page, even if a browser is made to show it.
  const raw = await page.goto(`${running.url}/v1/sessions/${encodeURIComponent(bad)}`);
  expect(raw?.headers()).toMatchObject({
    'content-type': 'application/json; charset=utf-8',
    'x-content-type-options': 'nosniff',
  });
  expect(trouble).toEqual([]);
});

test('asks for the read key where there is one, and says when the collector is gone', async ({ page, start }) => {
  const running = await start({ readKeys: ['a secret'] });
  await page.goto(running.url);
  await page.getByLabel('This collector asks for a read key.').fill('wrong');
  await page.getByRole('button', { name: 'Show' }).click();
  await expect(page.getByText('That key is not known here.')).toBeVisible();
  await page.getByLabel('This collector asks for a read key.').fill('a secret');
  await page.getByRole('button', { name: 'Show' }).click();
  await expect(page.locator('.tile').first()).toBeVisible();
  await page.route('**/v1/**', (route) => route.abort());
  await page.getByRole('radio', { name: '24 h' }).check({ force: true });
  await expect(page.getByRole('alert').filter({ hasText: 'cannot be reached' })).toBeVisible();
});

test('goes on by itself and leaves focus and tables where they are', async ({ page, start }) => {
  const running = await start();
  const random = seededRandom(4);
  const made = async (index: number): Promise<void> => {
    const facts = madeLines({ sid: `s${index}`, startedAt: Date.now() - 60_000 * (index + 1), random, length: 60 });
    await running.store.append({ receivedAt: Date.now(), facts, losses: [] });
  };
  for (let index = 0; index < 8; index += 1) await made(index);
  await upToDate(running);
  await page.setViewportSize({ width: 700, height: 700 });
  await page.clock.install();
  await page.goto(running.url);
  await page.getByRole('radio', { name: 'Newest' }).check({ force: true });
  const link = page.locator('a.session-link[href="#/session/s3"]');
  await link.focus();
  const list = page.getByRole('region', { name: 'Sessions', exact: true });
  await list.evaluate((box) => box.scrollTo(120, 0));
  const height = await page.evaluate(() => window.scrollY);
  await made(8);
  await upToDate(running);
  await page.clock.runFor(11_000);
  await expect(list.getByRole('row')).toHaveCount(10);
  await expect(link).toBeFocused();
  expect(await list.evaluate((box) => box.scrollLeft)).toBe(120);
  expect(await page.evaluate(() => window.scrollY)).toBe(height);
});

test('shows the beginning of a session that has no end, and lives on', async ({ page, start }) => {
  const running = await start();
  const [first] = madeLines({ sid: 'endless', startedAt: Date.now(), random: seededRandom(2), length: 30 });
  const others = Array.from({ length: 100_499 }, (_, index) => ({
    sid: 'endless',
    seq: index + 1,
    // Its clock runs backwards now and then.
    fact: { type: 'selection', index: null, at: index % 1000 === 0 ? 0 : index / 100 } as const,
  }));
  await running.store.append({ receivedAt: Date.now(), facts: first ? [first, ...others] : [], losses: [] });
  await upToDate(running);
  await page.goto(`${running.url}/#/session/endless`);
  await expect(page.getByText('the first 100 000 of 100 500')).toBeVisible();
});

for (const colorScheme of ['dark', 'light'] as const) {
  test(`can be used by everybody (${colorScheme})`, async ({ browser, start }) => {
    const running = await start();
    const random = seededRandom(9);
    for (let index = 0; index < 12; index += 1) {
      const startedAt = Date.now() - 600_000 + index * 30_000;
      const facts = madeLines({ sid: `s${index}`, startedAt, random, length: 90, variant: index % 2 ? 'a' : 'b' });
      await running.store.append({ receivedAt: Date.now(), facts, losses: [] });
    }
    await upToDate(running);
    const page = await browser.newPage({ colorScheme });
    for (const address of ['/', '/#/session/s3']) {
      await page.goto(running.url + address);
      await page.locator('.tile, .readings').first().waitFor();
      await page.evaluate(AXE);
      const found = await page.evaluate(async () => {
        const { axe } = window as unknown as { axe: { run(): Promise<AxeResults> } };
        const { violations } = await axe.run();
        return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
      });
      expect(found, address).toEqual([]);
    }
    await page.close();
  });
}
