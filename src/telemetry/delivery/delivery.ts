import type { LossReason } from '../beacon-format.ts';
import { randomId } from '../random-id.ts';
import { type Backlog, createBacklog, firstOf } from './backlog.ts';
import type { DeliveryEnvironment, LifecycleEvent } from './delivery-environment.ts';
import { type DeliveryLimits, deliveryLimits } from './delivery-limits.ts';
import { bytesOf, type Entry, type EntryKey } from './entry.ts';
import type { LostRanges } from './loss-ledger.ts';
import { watchOrphans } from './orphans.ts';
import type { OutboxItem } from './outbox.ts';
import { createPace, type DeliveryTrouble } from './pace.ts';
import { canCompress, type PostOutcome, post } from './post.ts';

/** What is sent where. */
export interface DeliveryTarget {
  readonly url: string;
  /** The body of these lines. */
  readonly body: (texts: readonly string[]) => string;
  readonly contentType: string;
  /** Sent besides the content type, authorization for example; default none. A body that needs them is not handed over at exit. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Of what goes when the page goes: one that needs no preflight, where the format has such a one. */
  readonly exitContentType: string;
  readonly compress: boolean;
  /** The line that tells the server of a loss; null when its format has none. */
  readonly lossLine: ((lost: LostRanges) => string) | null;
}

/** How delivery goes: numbers since it was made. */
export interface DeliveryStats {
  /** Entries in memory now. */
  readonly waiting: number;
  /** Entries that the server said it has. */
  readonly delivered: number;
  readonly requests: number;
  /** Requests that failed and were, or will be, made again. */
  readonly retries: number;
  /** Bodies as they went over the wire, compressed ones compressed. Bytes. */
  readonly bytes: number;
  /** Entries that never come, by why. */
  readonly lost: Readonly<Partial<Record<LossReason, number>>>;
  /** `gone`: the server wants nothing more. `unauthorized`: the key is wrong; entries are kept and it is tried again now and then. */
  readonly trouble: DeliveryTrouble | null;
}

/** Gets entries to a server, at least once each, as long as anything can. */
export interface Delivery {
  /** `urgent` ones leave at once, and everything that waits with them. */
  add(entry: Entry, urgent?: boolean): void;
  /** Entries that are kept elsewhere already: taken as fast as they leave, so that they do not crowd out what happens now. */
  feed(entries: Iterator<Entry>): void;
  /** This one never comes. */
  lose(key: EntryKey, reason: LossReason): void;
  /** Sends what waits; resolves when it arrived or an attempt failed. */
  flush(): Promise<void>;
  /** While held nothing is sent and nothing is stored: entries wait in memory. */
  hold(held: boolean): void;
  /** Forgets everything, in memory and in the store, and gives up what is on its way. */
  forget(): Promise<void>;
  readonly stats: DeliveryStats;
  /** Sends what waits if it can be sent now, stores the rest, and stops. Idempotent. */
  destroy(): Promise<void>;
}

interface Batch {
  readonly entries: readonly Entry[];
  /** In whose name the store has them. */
  readonly owner: string;
}

const sum = (items: readonly { readonly bytes: number }[]): number =>
  items.reduce((bytes, item) => bytes + item.bytes, 0);
const sizeOf = (entries: readonly Entry[]): number => entries.reduce((bytes, entry) => bytes + bytesOf(entry), 0);

/**
 * Makes a {@link Delivery}. Entries are in memory and, a moment after they were recorded, in the store; they leave both when
 * the server has them. One request is in flight at a time; at exit what fits the browser's quota is handed to it besides.
 *
 * @param name  pages with the same name send, one at a time, what others of them left behind
 * @throws RangeError naming a limit that is not over 0
 */
export function createDelivery(
  name: string,
  target: DeliveryTarget,
  env: DeliveryEnvironment,
  limitChanges: Partial<DeliveryLimits> = {},
): Delivery {
  const { clock, store } = env;
  const limits = deliveryLimits(limitChanges);
  const owner = `${name}/${randomId()}`;
  const pace = createPace(env, { ...limits, compress: target.compress && canCompress() });
  let state: 'running' | 'held' | 'suspended' | 'gone' | 'destroyed' = 'running';
  let heldBefore = false;
  let flushing = false;
  let pumping: Promise<void> | null = null;
  let timer: { readonly at: number; readonly cancel: () => void } | null = null;
  let handedOver = 0;
  let flights = new AbortController();
  const counts = { delivered: 0, requests: 0, bytes: 0 };

  const backlog: Backlog = createBacklog({
    store,
    owner,
    clock,
    epoch: env.epoch,
    random: env.random,
    limits,
    lossLine: target.lossLine,
    onChange: () => schedule(),
  });
  const orphans =
    store === null
      ? null
      : watchOrphans({
          name,
          owner,
          store,
          locks: env.locks,
          clock,
          epoch: env.epoch,
          onTurn: () => schedule(),
          onDropped: backlog.dropped,
        });

  const due = (): boolean => {
    const { idle, waitingSince } = backlog;
    if (idle.entries === 0) return false;
    if (flushing || idle.entries >= pace.batchEntries || idle.bytes >= pace.batchBytes) return true;
    return waitingSince !== null && clock.now() >= waitingSince + limits.interval;
  };

  const canSend = (): boolean => state === 'running' && env.online() && clock.now() >= pace.notBefore;

  /** When there is something to do, s on the clock; null if only an event can tell. */
  const nextTime = (): number | null => {
    if (state !== 'running' || !env.online()) return null;
    const times: number[] = [];
    if (backlog.spilled || due()) times.push(0);
    else if (backlog.waitingSince !== null) times.push(backlog.waitingSince + limits.interval);
    if (orphans !== null && orphans.nextLook !== null) times.push(orphans.nextLook);
    return times.length === 0 ? null : Math.max(Math.min(...times), pace.notBefore);
  };

  const cancelTimer = (): void => {
    timer?.cancel();
    timer = null;
  };

  /** Sets the timer to when there is something to do; asked often, so it leaves one that is early enough alone. */
  function schedule(): void {
    const at = pumping === null ? nextTime() : null;
    if (at === null) return;
    if (timer !== null && timer.at <= at && timer.at >= clock.now()) return;
    cancelTimer();
    const onTime = (): void => {
      timer = null;
      void pump();
    };
    timer = { at, cancel: clock.after(Math.max(at - clock.now(), 0), onTime) };
  }

  function pump(): Promise<void> {
    pumping ??= run().finally(() => {
      pumping = null;
      schedule();
    });
    return pumping;
  }

  async function run(): Promise<void> {
    while (canSend()) {
      const batch = fromMemory() ?? (await fromStore());
      if (batch === null) return;
      await settle(batch, await send(batch.entries, false));
    }
  }

  function fromMemory(): Batch | null {
    if (!due()) return null;
    // Everything that waits goes now: a rest would only cost another request a little later.
    flushing = true;
    const entries = backlog.take(pace.batchEntries, pace.batchBytes);
    if (backlog.idle.entries === 0) flushing = false;
    return { entries, owner };
  }

  async function fromStore(): Promise<Batch | null> {
    try {
      const spilled = backlog.spilled ? await backlog.readSpilled(pace.batchEntries, pace.batchBytes) : [];
      if (spilled.length > 0) return { entries: spilled, owner };
      const found = (await orphans?.next(pace.batchEntries)) ?? null;
      return found && { ...found, entries: firstOf(found.entries, pace.batchEntries, pace.batchBytes) };
    } catch {
      // What the store has it keeps; the next page, or the next look, asks it again.
      return null;
    }
  }

  function send(entries: readonly Entry[], keepalive: boolean): Promise<PostOutcome> {
    counts.requests += 1;
    const onPayload = (bytes: number): void => {
      counts.bytes += bytes;
    };
    const options = {
      headers: target.headers ?? {},
      contentType: keepalive ? target.exitContentType : target.contentType,
      compress: pace.compress && !keepalive,
      keepalive,
      timeout: limits.timeout,
    };
    const body = target.body(entries.map(({ text }) => text));
    return post({ fetch: env.fetch, clock, onPayload }, target.url, body, options, flights.signal);
  }

  async function settle(batch: Batch, outcome: PostOutcome): Promise<void> {
    if (state === 'gone') return;
    const { entries } = batch;
    pace.heard(outcome, entries.length, sizeOf(entries));
    try {
      if (outcome.kind === 'stored') {
        counts.delivered += entries.filter(({ seq }) => seq >= 0).length;
        return await backlog.arrived(entries, batch.owner);
      }
      if (outcome.kind === 'gone') return await stopForGood();
      if (outcome.kind === 'tooLarge' && entries.length === 1) {
        return await backlog.giveUp(entries, batch.owner, 'size');
      }
      if (outcome.kind === 'refused') return await refuse(batch, outcome.lines);
    } catch {
      // The store failed to forget: what it still has will be sent again, and known by its number.
    }
    flushing = true;
    backlog.release(entries);
  }

  /** Gives up the lines that the server named, all if it named none of them; the others go again at once. */
  async function refuse({ entries, owner: from }: Batch, lines: readonly number[] | null): Promise<void> {
    const named = new Set(lines);
    const wrong = entries.filter((_, index) => named.has(index + 1));
    flushing = true;
    backlog.release(entries);
    await backlog.giveUp(wrong.length > 0 ? wrong : entries, from, 'refused');
  }

  async function stopForGood(): Promise<void> {
    state = 'gone';
    cancelTimer();
    orphans?.stop();
    await backlog.forget();
  }

  /** All that can still be done when the page may be gone a moment later: nothing here waits for anything. */
  function leave(exit: boolean): void {
    void backlog.store();
    if (!env.online() || pace.askedToWait) return;
    const room = limits.exitBytes - handedOver;
    // A tab that is only hidden may live on: a request that is answered saves sending all of it again.
    const withHeaders = Object.keys(target.headers ?? {}).length > 0;
    if (exit && !withHeaders) handOver(room);
    else void sendHidden(backlog.takeForExit(room, exit));
  }

  async function sendHidden(items: readonly OutboxItem[]): Promise<void> {
    if (items.length === 0) return;
    const bytes = sum(items);
    const entries = items.map(({ entry }) => entry);
    handedOver += bytes;
    const outcome = await send(entries, true);
    handedOver = Math.max(handedOver - bytes, 0);
    await settle({ entries, owner }, outcome);
    schedule();
  }

  /** To the browser, which refuses when other scripts have filled its quota: then the dearer half, and so on. */
  function handOver(room: number): void {
    const items = backlog.takeForExit(room, true);
    if (items.length === 0 || env.sendBeacon === null) return;
    const body = target.body(items.map(({ entry }) => entry.text));
    const bytes = sum(items);
    if (env.sendBeacon(target.url, body, target.exitContentType)) {
      counts.requests += 1;
      counts.bytes += bytes;
      handedOver += bytes;
      return;
    }
    backlog.release(items.map(({ entry }) => entry));
    if (items.length > 1) handOver(bytes / 2);
  }

  function suspend(): void {
    heldBefore = state === 'held';
    state = 'suspended';
    cancelTimer();
    backlog.stop();
    orphans?.stop();
    // An open connection would keep the page out of the back/forward cache.
    store?.close();
  }

  function resume(): void {
    state = heldBefore ? 'held' : 'running';
    handedOver = 0;
    backlog.releaseExits();
    backlog.hold(heldBefore);
    orphans?.start();
    schedule();
  }

  function onPage(event: LifecycleEvent): void {
    const active = state === 'running' || state === 'held';
    if (event === 'resume' && state === 'suspended') resume();
    if (!active) return;
    if (state === 'running') {
      if (event === 'hidden' || event === 'exit') leave(event === 'exit');
      if (event === 'freeze') void backlog.store();
      if (event === 'online') pace.hurry();
    }
    if (event === 'exit' || event === 'freeze') suspend();
    else schedule();
  }

  const unwatch = env.watchPage?.(onPage) ?? ((): void => {});
  orphans?.start();
  schedule();

  const finish = async (): Promise<void> => {
    if (state === 'running') {
      flushing = true;
      await pump();
      await backlog.store();
    }
    unwatch();
    if (state !== 'gone') suspend();
    state = 'destroyed';
    flights.abort();
  };
  let over: Promise<void> | null = null;
  const closed = (): boolean => state === 'gone' || state === 'destroyed';

  return {
    add(entry, urgent = false) {
      if (closed()) return;
      backlog.add(entry);
      flushing ||= urgent;
      // Told while the page goes, after it was left: there is no later.
      if (state === 'suspended' && !heldBefore) leave(true);
      else schedule();
    },
    feed(entries) {
      if (closed()) return;
      backlog.feed(entries);
      schedule();
    },
    lose(key, reason) {
      if (closed()) return;
      backlog.lose(key, reason);
      schedule();
    },
    async flush() {
      flushing = true;
      await pump();
    },
    hold(held) {
      if (state !== 'running' && state !== 'held') return;
      state = held ? 'held' : 'running';
      backlog.hold(held);
      schedule();
    },
    async forget() {
      flights.abort();
      flights = new AbortController();
      await backlog.forget();
    },
    get stats() {
      const { trouble, retries } = pace;
      return { waiting: backlog.size, ...counts, retries, lost: { ...backlog.lost }, trouble };
    },
    destroy() {
      over ??= finish();
      return over;
    },
  };
}
