/**
 * The browser's clock and timers, as far as the engines' ABR classes look for them, on simulated time. Code run by `within` finds
 * them in place of the real ones; nothing is left behind. It must not be asynchronous.
 */
export interface SimulatedGlobals {
  /** ms on the simulated clock. */
  setTime(nowMs: number): void;
  within<T>(work: () => T): T;
  /** Runs the timers that have come due. */
  runTimers(): void;
}

interface SimulatedTimer {
  readonly callback: () => void;
  readonly intervalMs: number;
  readonly repeats: boolean;
  dueMs: number;
}

/**
 * Globals of a page without a picture: a clock, timers, and what is asked for in passing.
 *
 * @param only the names that `within` puts in place (each costs time); all of a page if left out
 */
export function simulatedGlobals(only?: readonly string[]): SimulatedGlobals {
  let nowMs = 0;
  let nextId = 1;
  const timers = new Map<number, SimulatedTimer>();
  const start = (callback: () => void, intervalMs: number, repeats: boolean): number => {
    const id = nextId;
    nextId += 1;
    timers.set(id, { callback, intervalMs, repeats, dueMs: nowMs + intervalMs });
    return id;
  };
  const stop = (id: number): void => {
    timers.delete(id);
  };
  // Date.now must stand in for the epoch: shaka only takes differences, and treats 0 as never.
  const SimulatedDate = class extends Date {
    static override now(): number {
      return 1 + nowMs;
    }
  };
  const page: Record<string, unknown> = Object.assign(Object.create(globalThis), {
    performance: { now: () => nowMs },
    Date: SimulatedDate,
    setInterval: (callback: () => void, intervalMs = 0) => start(callback, intervalMs, true),
    setTimeout: (callback: () => void, intervalMs = 0) => start(callback, intervalMs, false),
    clearInterval: stop,
    clearTimeout: stop,
    navigator: { userAgent: '', platform: '', vendor: '' },
    document: stubDocument(),
    addEventListener() {},
    removeEventListener() {},
    location: { href: 'http://localhost/', protocol: 'http:' },
    devicePixelRatio: 1,
    screen: { width: 1920, height: 1080 },
    HTMLElement: class {},
    HTMLMediaElement: class {},
    Element: class {},
  });
  page.self = page;
  page.window = page;
  const names = only ?? Object.keys(page);
  const within = <T>(work: () => T): T => {
    const restore = names.map((name) => replaceGlobal(name, page[name]));
    try {
      return work();
    } finally {
      for (const undo of restore.reverse()) undo();
    }
  };

  return {
    within,
    setTime(time) {
      nowMs = time;
    },
    runTimers() {
      const until = nowMs;
      for (;;) {
        const due = [...timers].filter(([, { dueMs }]) => dueMs <= until).sort(([, a], [, b]) => a.dueMs - b.dueMs)[0];
        if (due === undefined) return;
        const [id, timer] = due;
        if (timer.repeats) timer.dueMs += Math.max(timer.intervalMs, 1);
        else timers.delete(id);
        within(timer.callback);
      }
    },
  };
}

/** Puts a value under a global name; the answer puts back what was there. */
function replaceGlobal(name: string, value: unknown): () => void {
  const before = Object.getOwnPropertyDescriptor(globalThis, name);
  Object.defineProperty(globalThis, name, { value, configurable: true, writable: true, enumerable: false });
  return () => {
    if (before === undefined) Reflect.deleteProperty(globalThis, name);
    else Object.defineProperty(globalThis, name, before);
  };
}

function stubDocument(): unknown {
  const element = () => ({ style: {}, canPlayType: () => '', getAttribute: () => null, setAttribute() {} });
  return { createElement: element, querySelectorAll: () => [], currentScript: null, addEventListener() {}, head: {} };
}
