/** Thirty players come and go: what they opened is closed, and the heap is where it was. */
import type { Page } from '@playwright/test';
import { expect, test } from './fixture-session.ts';
import { ENGINES, type TestedEngine } from './watched-player.ts';

/** What a page holds that a player could leave behind. */
interface Holdings {
  readonly timers: number;
  readonly listeners: number;
  readonly tracks: number;
  readonly sources: number;
}

declare global {
  interface Window {
    holdings(): Holdings;
    gc?(): void;
  }
}

/** Counts, from before the page's own code runs, timers that wait and listeners on what outlives a player. */
function countHoldings(): void {
  const timers = new Set<unknown>();
  let listeners = 0;
  const { setTimeout: after, clearTimeout: cancel, setInterval: every, clearInterval: stop } = window;
  window.setTimeout = ((callback: (...all: unknown[]) => void, delay?: number, ...all: unknown[]) => {
    const id: unknown = after(() => {
      timers.delete(id);
      callback(...all);
    }, delay);
    timers.add(id);
    return id;
  }) as typeof setTimeout;
  window.setInterval = ((callback: (...all: unknown[]) => void, delay?: number, ...all: unknown[]) => {
    const id: unknown = every(() => callback(...all), delay);
    timers.add(id);
    return id;
  }) as typeof setInterval;
  const clear = (real: (id?: number) => void) => (id?: number) => {
    timers.delete(id);
    real(id);
  };
  window.clearTimeout = clear(cancel.bind(window)) as typeof clearTimeout;
  window.clearInterval = clear(stop.bind(window)) as typeof clearInterval;

  const lasting = (target: EventTarget | undefined | null): boolean =>
    target === undefined ||
    target === null ||
    target === window ||
    target instanceof Document ||
    target instanceof HTMLMediaElement ||
    target instanceof TextTrackList;
  const known = new Map<EventTarget, Set<string>>();
  const ids = new WeakMap<object, number>();
  let nextId = 0;
  const keyOf = (type: string, listener: unknown, options: unknown): string => {
    if (typeof listener !== 'object' && typeof listener !== 'function') return type;
    const object = listener as object;
    if (!ids.has(object)) ids.set(object, nextId++);
    const capture =
      typeof options === 'object' && options !== null ? (options as { capture?: boolean }).capture : options;
    return `${type} ${ids.get(object)} ${Boolean(capture)}`;
  };
  const { addEventListener, removeEventListener } = EventTarget.prototype;
  const forget = (target: EventTarget, key: string): void => {
    if (known.get(target)?.delete(key)) listeners -= 1;
  };
  EventTarget.prototype.addEventListener = function (this: EventTarget, type, listener, options) {
    const target = this ?? window;
    if (listener && lasting(target)) {
      const key = keyOf(type, listener, options);
      const own = known.get(target) ?? new Set();
      known.set(target, own);
      if (!own.has(key)) {
        own.add(key);
        listeners += 1;
        if (typeof options === 'object' && options?.signal) {
          addEventListener.call(options.signal, 'abort', () => forget(target, key), { once: true });
        }
        if (typeof options === 'object' && options?.once) {
          addEventListener.call(target, type, () => forget(target, key), { once: true });
        }
      }
    }
    return addEventListener.call(this, type, listener, options);
  };
  EventTarget.prototype.removeEventListener = function (this: EventTarget, type, listener, options) {
    const target = this ?? window;
    if (listener && lasting(target)) forget(target, keyOf(type, listener, options));
    return removeEventListener.call(this, type, listener, options);
  };
  window.holdings = () => {
    const video = document.querySelector('video') as HTMLVideoElement;
    return {
      timers: timers.size,
      listeners,
      tracks: video.textTracks.length,
      sources: video.querySelectorAll('source, track').length + (video.hasAttribute('src') ? 1 : 0),
    };
  };
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
        if (player.events.at(-1)?.type !== 'sessionEnd') throw new Error('a fact came after the end');
      }
    },
    { engine, src, count },
  );
}

/** Bytes of the heap after what can be freed has been. */
async function heapOf(page: Page): Promise<number> {
  return page.evaluate(async () => {
    for (let round = 0; round < 3; round += 1) {
      window.gc?.();
      await new Promise((resolve) => requestAnimationFrame(() => resolve(null)));
    }
    return (performance as unknown as { memory: { usedJSHeapSize: number } }).memory.usedJSHeapSize;
  });
}

for (const engine of ENGINES) {
  test(`${engine}: 30 load and destroy cycles leave nothing behind`, async ({ page, session }) => {
    test.setTimeout(240_000);
    await session.network({ kind: 'constant', kbps: 40_000, latencyMs: 5 });
    await page.addInitScript(countHoldings);
    await page.goto('/e2e/harness.html');
    await page.waitForSelector('html[data-ready]');
    // Engines keep a few things for good once (type caches, one polyfill); after five rounds these are there.
    await comeAndGo(page, engine, session.url('vod'), 5);
    const before = await page.evaluate(() => window.holdings());
    const heapBefore = await heapOf(page);
    await comeAndGo(page, engine, session.url('vod'), 25);
    await expect.poll(() => page.evaluate(() => window.holdings())).toEqual(before);
    const heapAfter = await heapOf(page);
    // A session of some hundred facts with its closures is about 1 MB; 25 leaked ones would be far beyond this.
    expect(heapAfter - heapBefore).toBeLessThan(5_000_000);

    // No request of them is under way, and none comes later.
    const requests = await session.requests();
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => resolve(null))));
    expect((await session.requests()).length).toBe(requests.length);
    expect(before).toMatchObject({ tracks: 0, sources: 0 });
  });
}
