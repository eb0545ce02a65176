/** The demo page as a visitor has it: both engines under the shaper, sessions as files, keyboard, accessibility, nothing that shifts. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { test as base, expect, type Page } from '@playwright/test';
import type { AxeResults } from 'axe-core';

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

interface LayoutShift extends PerformanceEntry {
  readonly value: number;
  readonly hadRecentInput: boolean;
}

declare global {
  interface Window {
    /** Sum of the layout shifts that no input explains. */
    shifted?: number;
  }
}

/** A page that keeps account of shifts and complaints; both are checked when the test is over. */
const test = base.extend<{ open: (query: string) => Promise<Page> }>({
  open: async ({ page }, use, info) => {
    const complaints: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(`${message.text()} (${message.location().url})`);
    });
    page.on('pageerror', (error) => complaints.push(`${error.message}\n${error.stack}`));
    await page.addInitScript(() => {
      window.shifted = 0;
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries() as LayoutShift[]) {
          if (!entry.hadRecentInput) window.shifted = (window.shifted ?? 0) + entry.value;
        }
      }).observe({ type: 'layout-shift', buffered: true });
    });
    await use(async (query) => {
      await page.goto(`/demo/?fixtures=${info.config.metadata.fixtures}&${query}`);
      return page;
    });
    expect(complaints).toEqual([]);
    expect(await page.evaluate(() => window.shifted)).toBeLessThan(0.01);
  },
});

const row = (page: Page, direction: string) =>
  page.locator(`#decision-list [data-item][data-direction="${direction}"]`).first();

/** Height on screen, in lines, as the status says it. */
const linesOnScreen = async (page: Page): Promise<number> =>
  Number.parseInt((await page.locator('#reading-shown').textContent()) ?? '', 10);

async function exportSession(page: Page): Promise<{ name: string; text: string }> {
  const [download] = await Promise.all([page.waitForEvent('download'), page.click('#export')]);
  return { name: download.suggestedFilename(), text: readFileSync(await download.path(), 'utf8') };
}

const importSession = (page: Page, name: string, text: string): Promise<void> =>
  page.setInputFiles('#import', { name, mimeType: 'application/x-ndjson', buffer: Buffer.from(text) });

for (const engine of ['hls', 'shaka']) {
  test(`plays through ${engine}, climbs when the slider goes up, and says why`, async ({ open }) => {
    const page = await open(`engine=${engine}&stream=long&kbps=900&latency=20&autoplay=1`);
    await expect(page.locator('#state-text')).toHaveText('Playing');
    await expect(page.locator('#network')).toHaveValue('manual');
    await expect.poll(() => linesOnScreen(page)).toBeGreaterThan(0);
    const before = await linesOnScreen(page);
    expect(before).toBeLessThanOrEqual(432);

    await page.focus('#bandwidth');
    await page.keyboard.press('End');
    await expect(page.locator('#bandwidth-text')).toHaveText('20.0 Mbit/s');
    await expect(row(page, 'up')).toBeVisible();
    await expect.poll(() => linesOnScreen(page)).toBeGreaterThan(before);
    expect(new URL(page.url()).searchParams.get('kbps')).toBe('20000');

    await expect(page.locator('#why')).toContainText(/Segment \d+ (stays at|rises from|falls from) .*: .*Mbit\/s/);
    const reasons = await page.locator('#decision-list [data-item] .reason').allTextContents();
    expect(reasons.length).toBeGreaterThan(3);
    for (const reason of reasons) expect(reason).toMatch(/\w{3}/);
    await expect(page.locator('#request-list [data-outcome="ok"]').first()).toBeVisible();
    await expect(page.locator('#trouble-count')).toHaveText('0');
    await expect(page.locator('.plot-throughput .plot-entry', { hasText: 'true limit' })).toContainText('20.00');
  });
}

test('a session exported and imported again has the same score, decisions and plots', async ({ open }) => {
  const page = await open('engine=hls&stream=vod&kbps=20000&autoplay=1');
  const score = page.locator('#score-exact');
  await expect(score).toHaveAttribute('data-value', /\d/);
  await expect.poll(() => page.locator('#decision-count').textContent().then(Number)).toBeGreaterThan(4);
  await page.evaluate(() => document.querySelector('video')?.pause());
  await expect(page.locator('#state-text')).toHaveText('Paused');
  // Facts still come while the buffer fills: the last export is of a session that has stood still for longer than any drawing waits.
  let session = { name: '', text: '' };
  await expect(async () => {
    const { text } = session;
    session = await exportSession(page);
    expect(session.text).toBe(text);
  }).toPass({ intervals: [1500] });
  expect(session.name).toMatch(/^sluice-hls-throughput-vod-.*\.ndjson$/);
  const live = {
    score: await score.getAttribute('data-value'),
    decisions: await page.locator('#decision-count').textContent(),
    requests: await page.locator('#request-count').textContent(),
    metrics: await page.locator('#metrics').textContent(),
    legend: await page.locator('.plot-buffer figcaption').textContent(),
  };

  await importSession(page, session.name, session.text);
  await expect(page.locator('#replaying-text')).toContainText('hls with throughput');
  expect({
    score: await score.getAttribute('data-value'),
    decisions: await page.locator('#decision-count').textContent(),
    requests: await page.locator('#request-count').textContent(),
    metrics: await page.locator('#metrics').textContent(),
    legend: await page.locator('.plot-buffer figcaption').textContent(),
  }).toEqual(live);

  // Half of the session has fewer requests: the numbers are the file's, not what stood there before.
  const lines = session.text.trimEnd().split('\n');
  await importSession(page, 'half.ndjson', lines.slice(0, lines.length / 2).join('\n'));
  await expect(page.locator('#replaying-text')).toContainText('half.ndjson');
  await expect(page.locator('#request-count')).not.toHaveText(live.requests ?? '');

  const broken = lines.toSpliced(2, 1, '{"type":"sample","at":1,"position":');
  await importSession(page, 'broken.ndjson', broken.join('\n'));
  await expect(page.locator('#notice-text')).toContainText('broken.ndjson is not a session: line 3 is not JSON');
  await page.click('#notice-close');
  await page.click('#back-to-live');
  await expect(page.locator('#replaying')).toBeHidden();
  await expect(score).toHaveAttribute('data-value', live.score ?? '');
});

test('the score is that of the model picked, part by part, and so is its plot', async ({ open }) => {
  const page = await open('engine=hls&stream=vod&network=fast&autoplay=1');
  const exact = page.locator('#score-exact');
  const parts = page.locator('#terms .term');
  const sumOfParts = async (): Promise<number> =>
    (await parts.locator('b').allTextContents()).reduce((sum, text) => sum + Number(text), 0);
  await expect(exact).toHaveAttribute('data-value', /\d/);
  await page.evaluate(() => document.querySelector('video')?.pause());
  await expect(page.locator('#state-text')).toHaveText('Paused');
  // Each part is rounded to a hundredth: four of them are off by two hundredths at most.
  await expect
    .poll(async () => Math.abs((await sumOfParts()) - Number(await exact.getAttribute('data-value'))))
    .toBeLessThanOrEqual(0.02 + 1e-9);
  await expect(parts.first()).toContainText(/Quality0\.4 × \d\.\d\d/);

  await page.selectOption('#model', 'linear');
  await expect(parts.nth(1)).toContainText('Switching');
  await expect(page.locator('.plot-qoe .plot-legend')).toContainText('switching');
  await expect
    .poll(async () => Math.abs((await sumOfParts()) - Number(await exact.getAttribute('data-value'))))
    .toBeLessThanOrEqual(0.02 + 1e-9);
  await expect(page.locator('#reading-score')).toHaveText((await page.locator('#score-headline').textContent()) ?? '');
  expect(new URL(page.url()).searchParams.get('model')).toBe('linear');
  await page.reload();
  await expect(page.locator('#model')).toHaveValue('linear');
});

test('of two engines picked in a row the last one plays', async ({ open }) => {
  const page = await open('engine=hls&stream=vod&network=fast&autoplay=1');
  await expect(page.locator('#state-text')).toHaveText('Playing');
  await page.selectOption('#engine', 'shaka');
  await page.selectOption('#engine', 'hls');
  await page.selectOption('#engine', 'shaka');
  await expect(page.locator('#state-text')).toHaveText('Starting');
  await expect(page.locator('#state-text')).toHaveText('Playing');
  const { text } = await exportSession(page);
  expect(JSON.parse(text.split('\n')[0] ?? '')).toMatchObject({ type: 'sessionStart', engine: 'shaka' });
  expect(new URL(page.url()).searchParams.get('engine')).toBe('shaka');
});

test('everything is within reach of the keyboard, and a decision lights up its moment', async ({ open }) => {
  const page = await open('engine=hls&stream=vod&network=fast&autoplay=1');
  await expect(page.locator('#decision-list [data-item]').nth(2)).toBeVisible();
  await page.evaluate(() => document.querySelector('video')?.pause());

  const reached = new Set<string>();
  for (let presses = 0; presses < 60; presses++) {
    await page.keyboard.press('Tab');
    const name = await page.evaluate(() => {
      const active = document.activeElement;
      return active === document.body ? '' : active?.id || (active?.getAttribute('name') ?? active?.localName ?? '');
    });
    if (name === '') break;
    reached.add(name);
    if (name === 'theme') {
      const outline = await page.evaluate(() => getComputedStyle(document.activeElement as Element).outlineStyle);
      expect(outline).toBe('solid');
    }
  }
  const wanted = [
    ...['export', 'import', 'theme', 'presentation', 'engine', 'strategy', 'network', 'cap', 'restart'],
    ...['media-time-range', 'media-play-button', 'media-mute-button', 'media-volume-range', 'media-fullscreen-button'],
    ...['text-button', 'audio-button', 'rate-button', 'rendition-button', 'bandwidth', 'latency', 'span'],
    ...['moment-previous', 'moment-next', 'moment-now', 'changes-only', 'model', 'decision-list', 'request-list'],
  ];
  expect(wanted.filter((name) => !reached.has(name))).toEqual([]);

  await page.focus('#decision-list');
  await page.keyboard.press('End');
  const first = page.locator('#decision-list [aria-selected="true"]');
  await expect(first.locator('.rung')).toContainText('180p');
  await expect(page.locator('#moment-when')).toContainText('the decision in force');
  await expect(page.locator('#moment-what')).toContainText('starts at 180p');
  await expect(page.locator('.plot-rung .plot-mark')).toBeVisible();
  await page.focus('#moment-next');
  await page.keyboard.press('Enter');
  await expect(page.locator('#moment-what')).not.toContainText('starts at');
  await page.focus('#moment-now');
  await page.keyboard.press('Enter');
  await expect(page.locator('#moment-when')).toContainText('Latest decision');
  await expect(page.locator('.plot-rung .plot-mark')).toBeHidden();

  await page.focus('#rendition-button');
  await page.keyboard.press('Enter');
  await expect(page.locator('#rendition-menu [role="menuitemradio"]')).toHaveCount(11);
  await expect(page.locator('#rendition-menu media-chrome-menu-item:focus')).toHaveText('Auto');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await expect(page.locator('#rendition-text')).toHaveText('1080p');
});

test('has no accessibility violations, dark or light, wide or narrow, and never scrolls sideways', async ({ open }) => {
  const page = await open('engine=hls&stream=vod&network=fast&autoplay=1&theme=dark');
  await expect(page.locator('#decision-list [data-item]').nth(2)).toBeVisible();
  await page.evaluate(() => document.querySelector('video')?.pause());
  await page.addScriptTag({ path: AXE });
  const violations = (): Promise<string[]> =>
    page.evaluate(async () => {
      const { axe } = window as unknown as { axe: { run(): Promise<AxeResults> } };
      const results = await axe.run();
      return results.violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target}`));
    });
  expect(await violations()).toEqual([]);
  await page.click('#theme');
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'light');
  expect(await violations()).toEqual([]);
  await page.setViewportSize({ width: 1280, height: 800 });
  const clipped = await page
    .locator(
      '#about, #score-about, #moment-why, #moment-inputs, .plot-legend, #decision-list .reason, #request-list .what',
    )
    .evaluateAll((all) => all.filter((one) => one.scrollWidth > one.clientWidth + 1).map((one) => one.textContent));
  expect(clipped, 'texts cut off at 1280 px').toEqual([]);
  for (const width of [1920, 1440, 1099, 700, 360]) {
    await page.setViewportSize({ width, height: 800 });
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(overflow, `at ${width} px`).toBeLessThanOrEqual(0);
  }
  expect(await violations()).toEqual([]);
});
