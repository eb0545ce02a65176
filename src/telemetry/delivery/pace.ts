import type { Clock } from '../../media/clock.ts';
import { backoffDelay } from './backoff.ts';
import type { PostOutcome } from './post.ts';

/** Why nothing more is sent, or not for long: the server said 410, or that the key is wrong. */
export type DeliveryTrouble = 'gone' | 'unauthorized';

/** How fast and how much at once the server lets itself be sent. */
export interface Pace {
  readonly batchEntries: number;
  readonly batchBytes: number;
  readonly compress: boolean;
  /** s on the clock; nothing is sent before. */
  readonly notBefore: number;
  /** The server itself named the time: not even a last beacon goes before it. */
  readonly askedToWait: boolean;
  readonly trouble: DeliveryTrouble | null;
  readonly retries: number;
  /** Takes in an answer to a body of so many entries and bytes. */
  heard(outcome: PostOutcome, entries: number, bytes: number): void;
  /** The network is back: what was waited for may be over. */
  hurry(): void;
}

/** s until a key that was refused is tried again: somebody has to mend it first. */
const UNAUTHORIZED_DELAY = 300;
/** Entries that a batch grows to at most when the server asks for fewer requests. */
const MAX_BATCH = 400;

/** Makes a {@link Pace}, starting with batches of these sizes. */
export function createPace(
  { clock, random }: { readonly clock: Clock; readonly random: () => number },
  start: { readonly batchEntries: number; readonly batchBytes: number; readonly compress: boolean },
): Pace {
  let { batchEntries, batchBytes, compress } = start;
  let failures = 0;
  let retries = 0;
  let notBefore = 0;
  let askedToWait = false;
  let trouble: DeliveryTrouble | null = null;

  const wait = (delay: number, asked: boolean): void => {
    notBefore = clock.now() + delay;
    askedToWait = asked;
  };

  const failed = ({ retryAfter, slower }: Extract<PostOutcome, { kind: 'later' }>): void => {
    retries += 1;
    failures += 1;
    if (slower) batchEntries = Math.min(batchEntries * 2, MAX_BATCH);
    wait(backoffDelay(failures, random, retryAfter), retryAfter !== null);
  };

  const answered = (outcome: PostOutcome, entries: number, bytes: number): void => {
    failures = 0;
    trouble = null;
    wait(0, false);
    if (outcome.kind === 'tooLarge' && entries > 1) batchBytes = Math.max(Math.floor(bytes / 2), 1);
    if (outcome.kind === 'uncompressed') compress = false;
    if (outcome.kind === 'gone') trouble = 'gone';
    if (outcome.kind === 'unauthorized') {
      trouble = 'unauthorized';
      wait(UNAUTHORIZED_DELAY, true);
    }
  };

  return {
    get batchEntries() {
      return batchEntries;
    },
    get batchBytes() {
      return batchBytes;
    },
    get compress() {
      return compress;
    },
    get notBefore() {
      return notBefore;
    },
    get askedToWait() {
      return askedToWait && clock.now() < notBefore;
    },
    get trouble() {
      return trouble;
    },
    get retries() {
      return retries;
    },
    heard(outcome, entries, bytes) {
      if (outcome.kind === 'later') failed(outcome);
      else answered(outcome, entries, bytes);
    },
    hurry() {
      if (!askedToWait) notBefore = 0;
    },
  };
}
