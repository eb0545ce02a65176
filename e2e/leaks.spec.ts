/** Thirty players come and go: what they opened is closed, and the heap is where it was. */
import type { CDPSession, Page } from '@playwright/test';
import { expect, test } from './fixture-session.ts';
import { ENGINES, type TestedEngine } from './watched-player.ts';

declare global {
  interface Window {
    /** Timers of the page that wait. */
    waitingTimers(): number;
  }
}

/** Rounds before the measurement: meanwhile the browser compiles what runs often, which it keeps. */
const WARM_UP = 15;
const ROUNDS = 15;

/** Counts timers from before the page's own code runs. */
function countTimers(): void {
  const waiting = new Set<unknown>();
  const { setTimeout: after, setInterval: every, clearTimeout: cancel } = window;
  const later = (callback: (...all: unknown[]) => void, delay?: number, ...all: unknown[]): unknown => {
    const id: unknown = after(() => {
      waiting.delete(id);
      callback(...all);
    }, delay);
    waiting.add(id);
    return id;
  };
  const repeatedly = (callback: (...all: unknown[]) => void, delay?: number, ...all: unknown[]): unknown => {
    const id: unknown = every(() => callback(...all), delay);
    waiting.add(id);
    return id;
  };
  const stop = (id?: number): void => {
    waiting.delete(id);
    cancel(id);
  };
  Object.assign(window, {
    setTimeout: later,
    setInterval: repeatedly,
    clearTimeout: stop,
    clearInterval: stop,
    waitingTimers: () => waiting.size,
  });
}

/** Makes, plays and destroys `count` players one after another; each is past its first picture when it goes. */
async function comeAndGo(page: Page, engine: TestedEngine, src: string, count: number): Promise<void> {
  await page.evaluate(
    async ({ engine, src, count }) => {
      const { sluice, video } = window.harness;
      for (let round = 0; round < count; round += 1) {
        const player = sluice.createPlayer({ media: video, engine, bufferTarget: 6 });
        const shown = new Promise<void>((resolve, reject) => {
          player.events$.subscribe((event) => {
            if (event.type === 'renditionChange') resolve();
            if (event.type === 'error') reject(new Error(JSON.stringify(event)));
          });
        });
        await player.load(src);
        await player.play();
        await shown;
        await player.destroy();
        const last = player.events.at(-1)?.type;
        if (last !== 'sessionEnd') throw new Error(`"${last}" came after the end`);
      }
    },
    { engine, src, count },
  );
}

/** What the page holds after everything that can be freed has been. */
async function holdings(page: Page, devtools: CDPSession) {
  await devtools.send('HeapProfiler.collectGarbage');
  const { usedSize } = (await devtools.send('Runtime.getHeapUsage')) as { usedSize: number };
  const { nodes, jsEventListeners } = await devtools.send('Memory.getDOMCounters');
  const own = await page.evaluate(() => {
    const { video } = window.harness;
    return { timers: window.waitingTimers(), textTracks: video.textTracks.length, src: video.getAttribute('src') };
  });
  return { heap: usedSize, nodes, listeners: jsEventListeners, ...own };
}

for (const engine of ENGINES) {
  test(`${engine}: 30 load and destroy cycles leave nothing behind`, async ({ page, session }) => {
    test.setTimeout(240_000);
    await session.network({ kind: 'constant', kbps: 40_000, latencyMs: 5 });
    await page.addInitScript(countTimers);
    await page.goto('/e2e/harness.html');
    await page.waitForSelector('html[data-ready]');
    const devtools = await page.context().newCDPSession(page);

    await comeAndGo(page, engine, session.url('vod'), WARM_UP);
    const before = await holdings(page, devtools);
    await comeAndGo(page, engine, session.url('vod'), ROUNDS);
    // Some of what the browser itself holds goes a moment later.
    await expect.poll(async () => (await holdings(page, devtools)).timers).toBe(before.timers);
    await expect.poll(async () => (await holdings(page, devtools)).listeners).toBeLessThanOrEqual(before.listeners);
    await expect.poll(async () => (await holdings(page, devtools)).nodes).toBeLessThanOrEqual(before.nodes);
    const after = await holdings(page, devtools);
    test.info().annotations.push({ type: 'holdings', description: JSON.stringify({ before, after }) });
    expect(after).toMatchObject({ textTracks: 0, src: null });
    // A session, with its facts, engine and closures, is some 100 kB and more. The browser's own caches grow by a few.
    expect((after.heap - before.heap) / ROUNDS).toBeLessThan(20_000);

    // All requests are over, and no player that is gone makes another one.
    const served = await session.requests();
    await page.evaluate(() => new Promise((resolve) => requestIdleCallback(resolve)));
    expect(await session.requests()).toHaveLength(served.length);
  });
}
