import { simulatedClock } from '../../media/simulated-clock.ts';
import type { DeliveryEnvironment, LifecycleEvent } from './delivery-environment.ts';
import { memoryStore } from './memory-store.ts';
import type { OutboxStore } from './outbox-store.ts';
import type { TabLocks } from './tab-locks.ts';

/* What the tests of telemetry play in: a collector, and a browser whose pages are hidden, killed and come back. */

/** Node's own; the tests run nowhere else. */
const { setImmediate } = globalThis as unknown as { setImmediate(callback: () => void): void };

/** Lets everything that was promised happen; no time passes. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) await new Promise<void>((resolve) => setImmediate(resolve));
}

/** A request as the collector got it. */
export interface CollectorRequest {
  readonly url: string;
  readonly lines: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
  readonly keepalive: boolean;
}

/** What becomes of a request: a status, an answer, or none. */
export type Fate = number | 'hang' | 'reset' | { status: number; headers?: Record<string, string>; body?: string };

/** A collector that answers as it is told, and remembers which lines it stored. */
export function fakeCollector() {
  const stored: string[] = [];
  const requests: CollectorRequest[] = [];
  const beacons: string[][] = [];
  let fate: (request: CollectorRequest) => Fate = () => 204;
  const answer = (request: CollectorRequest, signal: AbortSignal | null | undefined): Promise<Response> => {
    const decided = fate(request);
    if (decided === 'reset') return Promise.reject(new TypeError('network error'));
    if (decided === 'hang') {
      return new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)));
    }
    const { status, headers = {}, body = null } = typeof decided === 'number' ? { status: decided } : decided;
    if (status === 204) stored.push(...request.lines);
    return Promise.resolve(new Response(body, { status, headers }));
  };
  const fetch = async (url: string, init: RequestInit): Promise<Response> => {
    const headers = init.headers as Record<string, string>;
    const text =
      headers['content-encoding'] === 'gzip'
        ? await new Response((init.body as Blob).stream().pipeThrough(new DecompressionStream('gzip'))).text()
        : await (init.body as Blob).text();
    const request = { url, lines: text.split('\n').filter(Boolean), headers, keepalive: init.keepalive === true };
    requests.push(request);
    return answer(request, init.signal);
  };
  return {
    stored,
    requests,
    beacons,
    fetch: fetch as unknown as typeof globalThis.fetch,
    sendBeacon(_url: string, body: string, _type: string) {
      const lines = body.split('\n').filter(Boolean);
      beacons.push(lines);
      stored.push(...lines);
      return true;
    },
    answerWith(next: Fate | ((request: CollectorRequest) => Fate)) {
      fate = typeof next === 'function' ? next : () => next;
    },
  };
}

/** The locks of one browser with any number of pages. */
export function fakeLocks(): TabLocks {
  const queues = new Map<string, (() => void)[]>();
  return {
    hold(name, onHeld) {
      const queue = queues.get(name) ?? [];
      queues.set(name, queue);
      queue.push(onHeld);
      if (queue.length === 1) onHeld();
      return () => {
        const first = queue[0] === onHeld;
        const index = queue.indexOf(onHeld);
        if (index >= 0) queue.splice(index, 1);
        if (first) queue[0]?.();
      };
    },
    held: async () => new Set([...queues].filter(([, queue]) => queue.length > 0).map(([name]) => name)),
  };
}

/** A browser: a profile (store and locks), a clock, a network; pages come and go. */
export function fakeBrowser(store: OutboxStore | null = memoryStore(() => 0)) {
  const clock = simulatedClock();
  const collector = fakeCollector();
  const locks = fakeLocks();
  let online = true;
  let random = () => 0.5;
  /** A page with its surroundings. */
  const page = () => {
    const listeners = new Set<(event: LifecycleEvent) => void>();
    let hidden = false;
    const releases: (() => void)[] = [];
    let dead = false;
    const never = new Promise<never>(() => {});
    /** What a process that is gone asks for is not asked, and no answer reaches it. */
    const mortal =
      <A extends unknown[], T>(ask: (...args: A) => Promise<T>) =>
      (...args: A): Promise<T> =>
        dead ? never : ask(...args).then((answer) => (dead ? never : answer));
    const env: DeliveryEnvironment = {
      clock: { now: clock.now, after: (delay, callback) => clock.after(delay, () => dead || callback()) },
      epoch: () => 0,
      random: () => random(),
      fetch: mortal(collector.fetch),
      sendBeacon: (...args) => collector.sendBeacon(...args),
      store: store && {
        ...store,
        write: mortal(store.write),
        read: mortal(store.read),
        owners: mortal(store.owners),
        newest: mortal(store.newest),
      },
      locks: {
        held: locks.held,
        hold(name, onHeld) {
          const release = locks.hold(name, onHeld);
          releases.push(release);
          return release;
        },
      },
      online: () => online,
      hidden: () => hidden,
      watchPage(listen) {
        listeners.add(listen);
        return () => listeners.delete(listen);
      },
    };
    return {
      env,
      tell(event: LifecycleEvent) {
        if (event === 'hidden' || event === 'visible') hidden = event === 'hidden';
        for (const listener of [...listeners]) listener(event);
      },
      /** The process is gone: nothing of it runs any more. */
      kill() {
        dead = true;
        listeners.clear();
        for (const release of releases) release();
      },
    };
  };
  return {
    clock,
    collector,
    page,
    store,
    setOnline(value: boolean) {
      online = value;
    },
    setRandom(value: () => number) {
      random = value;
    },
    async advance(seconds: number, step = 0.25) {
      for (let passed = 0; passed < seconds; passed += step) {
        clock.advance(Math.min(step, seconds - passed));
        await settle();
      }
    },
  };
}
