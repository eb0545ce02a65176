import type { Clock } from '../../media/clock.ts';
import { errorFact } from '../../media/error-fact.ts';
import type { RequestKind } from '../../media/playback-event.ts';
import { type ErrorCode, PlayerError } from '../../media/player-error.ts';
import { isRetryable } from '../../net/retry.ts';
import { attemptBudget } from '../attempt-budget.ts';
import type { FactWriter } from '../fact-writer.ts';
import { loadFailure } from '../load-failure.ts';
import { isCritical, isElementFailure, isShakaFailure, shakaError } from './shaka-failure.ts';
import type { PipelineFailure } from './transport.ts';

/** Tells of trouble, each piece once, and helps shaka over what it gave up on. */
export interface Trouble {
  /** A request failed for good; shaka will now look for another way. */
  requestFailed(kind: RequestKind, failure: PlayerError): void;
  /** Shaka took another rung, or another stream of the same, because the one it played was disabled. */
  avoided(from: number, to: number): void;
  /** An `error` event of shaka's. True if it is taken care of. */
  shakaReported(error: unknown): boolean;
  /** What a failed `load()` rejects with. */
  loadFailed(error: unknown): PlayerError;
  stop(): void;
}

/** What {@link trouble} acts through. */
export interface TroubleParts {
  readonly clock: Clock;
  readonly facts: FactWriter;
  failureBehind(error: unknown): PipelineFailure | null;
  /** Shaka's name for one of its codes. */
  nameOf(code: number): string;
  /** Whether the multivariant playlist or MPD is known. */
  parsed(): boolean;
  /** Whether `load()` would still reject with what is critical. */
  loading(): boolean;
  /** Whether the text track at work has no segment index, so that a playlist that failed is its own. */
  textUnindexed(): boolean;
  /** Makes shaka fetch again what it gave up on. */
  retry(): void;
  /** Playback is over; the fact has been told. */
  failed(): void;
  dropText(): void;
  /** Media could not be appended, for which shaka has disabled its rung. */
  appendFailed(): void;
}

/** Helps over a critical failure this many times within this many s; after that playback is over. */
const RETRIES = 4;
const RETRY_WINDOW = 90;
/** s before the first retry; doubles with each. */
const RETRY_DELAY = 1;

/** s after an error of the element in which shaka may name its cause and get over it. */
const CAUSE_DELAY = 0.5;

/** s after a failure in which an exception inside shaka is taken for its consequence. */
const WAKE = 1;

/** Categories of shaka's: DRM and the player itself. */
const HOPELESS: ReadonlySet<number> = new Set([6, 7]);

const TEXT_CATEGORY = 2;

/** A segment that arrived broken is that; else what the failed request means to playback. */
const asTrouble = (kind: RequestKind, failure: PlayerError, fatal: boolean): PlayerError => {
  const { code, message, url } = failure;
  return code === 'SEGMENT_PARSE_FAILED'
    ? new PlayerError(code, message, { fatal, cause: failure, url })
    : loadFailure(kind, failure, fatal);
};

/** Makes a {@link Trouble}. */
export function trouble(parts: TroubleParts): Trouble {
  const { clock, facts } = parts;
  const budget = attemptBudget(clock, RETRIES, RETRY_WINDOW);
  /** Errors that shaka reported, and whether it had got over them by then. */
  const seen = new WeakMap<object, boolean>();
  const told = new WeakSet<PlayerError>();
  let avoidable: ErrorCode | null = null;
  let cancelRetry = (): void => {};
  let cancelElementFailure = (): void => {};
  let retrying = false;
  let lastTold = Number.NEGATIVE_INFINITY;
  let over = false;

  const tell = (error: PlayerError): void => {
    lastTold = clock.now();
    facts.tell(errorFact(error));
  };

  const toPlayerError = (error: unknown, fatal: boolean): PlayerError => {
    const behind = parts.failureBehind(error);
    return behind
      ? loadFailure(behind.kind, behind.failure, fatal)
      : shakaError(error, { parsed: parts.parsed(), fatal, nameOf: parts.nameOf });
  };

  /** Told already when the request failed, which was before shaka could say so. */
  const isTold = (error: unknown): boolean => {
    const failure = parts.failureBehind(error)?.failure;
    return failure !== undefined && told.has(failure);
  };

  /**
   * Shaka stopped a stream for it. The failure of a key is one object for all streams that wait for it, and each writes its own
   * severity there: one that found another way makes it recoverable while the next is about to stop, so what counts is `handled`.
   */
  const hasStopped = (error: unknown, handled: boolean): boolean =>
    isShakaFailure(error) && (isCritical(error) || (!handled && parts.failureBehind(error)?.kind === 'key'));

  const isText = (error: unknown): boolean => {
    const kind = parts.failureBehind(error)?.kind;
    if (kind === 'subtitle' || (isShakaFailure(error) && error.category === TEXT_CATEGORY)) return true;
    return kind === 'playlist' && parts.textUnindexed();
  };

  const recovery = (code: ErrorCode, action: string): void => facts.tell({ type: 'recovery', code, action });

  const giveUp = (error: unknown): void => {
    over = true;
    tell(toPlayerError(error, true));
    parts.failed();
  };

  /** Asking again cannot mend DRM, the player itself, what a server says is not there, or a key: shaka keeps its failure. */
  const isHopeless = (error: unknown): boolean => {
    const behind = parts.failureBehind(error);
    if (behind !== null) return behind.kind === 'key' || !isRetryable(behind.failure);
    return isShakaFailure(error) && HOPELESS.has(error.category);
  };

  const help = (error: unknown): void => {
    const failure = toPlayerError(error, false);
    // A retry helps every stream that stopped, so the second of them waits for that of the first.
    const used = isHopeless(error) ? null : retrying ? 0 : budget.take();
    if (used === null) {
      giveUp(error);
      return;
    }
    if (!isTold(error)) tell(failure);
    if (retrying) return;
    const delay = RETRY_DELAY * 2 ** used;
    retrying = true;
    cancelRetry = clock.after(delay, () => {
      retrying = false;
      recovery(failure.code, `asks again after ${delay} s`);
      parts.retry();
    });
  };

  const withoutText = (error: unknown): void => {
    if (!isTold(error)) {
      const { message } = toPlayerError(error, false);
      tell(new PlayerError('TEXT_FAILED', message, { cause: error }));
    }
    recovery('TEXT_FAILED', 'plays on without text');
    parts.dropText();
  };

  return {
    requestFailed(kind, failure) {
      // A manifest that fails fails load(); what else fails, shaka may find a way around.
      if (kind === 'manifest') return;
      told.add(failure);
      const trouble = asTrouble(kind, failure, false);
      tell(trouble);
      if (kind !== 'subtitle') avoidable = trouble.code;
    },
    avoided(from, to) {
      if (avoidable === null) return;
      recovery(
        avoidable,
        from === to ? `plays rendition ${to} from another stream` : `plays rendition ${to} instead of ${from}`,
      );
      avoidable = null;
    },
    shakaReported(error) {
      if (typeof error !== 'object' || error === null) return true;
      const handled = 'handled' in error && error.handled === true;
      // Streams that wait for the same key fail with the same object: one may have another way, the next none.
      if (seen.has(error) && (handled || seen.get(error) === false)) return true;
      seen.set(error, handled);
      const failure = toPlayerError(error, false);
      if (failure.code === 'ABORTED' || over) return true;
      // Shaka trips over its own feet right after a failure; that is no trouble of its own.
      if (!isShakaFailure(error) && clock.now() - lastTold < WAKE) return true;
      if (failure.code === 'MEDIA_APPEND_FAILED') parts.appendFailed();
      if (hasStopped(error, handled)) {
        if (parts.loading()) return false;
        if (isText(error)) withoutText(error);
        else if (isShakaFailure(error) && isElementFailure(error))
          cancelElementFailure = clock.after(CAUSE_DELAY, () => help(error));
        else help(error);
        return true;
      }
      if (handled) cancelElementFailure();
      if (isTold(error)) return true;
      tell(failure);
      if (handled) recovery(failure.code, 'plays another rendition');
      return true;
    },
    loadFailed: (error) => toPlayerError(error, true),
    stop() {
      cancelRetry();
      cancelElementFailure();
    },
  };
}
