import type { Clock } from '../../media/clock.ts';
import type { OutboxStore } from './outbox-store.ts';
import type { TabLocks } from './tab-locks.ts';

/**
 * What the page does: `hidden` (may be the last thing heard of it), `visible`, `exit` (it goes, perhaps into the back/forward cache),
 * `freeze`, `resume` (back from either), `online`, `offline`.
 */
export type LifecycleEvent = 'hidden' | 'visible' | 'exit' | 'freeze' | 'resume' | 'online' | 'offline';

/** The surroundings of a delivery; null parts are what a worker or a test does without. */
export interface DeliveryEnvironment {
  readonly clock: Clock;
  /** ms since the epoch. */
  readonly epoch: () => number;
  /** 0…1. */
  readonly random: () => number;
  readonly fetch: typeof fetch;
  /** Hands a body to the browser, which sends it whatever becomes of the page; false if it will not. */
  readonly sendBeacon: ((url: string, body: string, contentType: string) => boolean) | null;
  readonly store: OutboxStore | null;
  readonly locks: TabLocks | null;
  readonly online: () => boolean;
  /** Whether the page is not seen now. */
  readonly hidden: () => boolean;
  /** Tells what the page does; the result stops it. */
  readonly watchPage: ((listener: (event: LifecycleEvent) => void) => () => void) | null;
}
