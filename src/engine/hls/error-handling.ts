import type Hls from 'hls.js';
import type { ErrorData, Fragment } from 'hls.js';
import type { Clock } from '../../media/clock.ts';
import { errorFact } from '../../media/error-fact.ts';
import { type ErrorCode, PlayerError } from '../../media/player-error.ts';
import { isRetryable } from '../../net/retry.ts';
import { attemptBudget } from '../attempt-budget.ts';
import type { FactWriter } from '../fact-writer.ts';
import type { Gaps } from './gaps.ts';
import { actionOf, failureBehind, isNoTrouble, toPlayerError } from './hls-error.ts';
import { Events } from './hls-events.ts';

/** Attaching the element anew: twice in half a minute, the second time with the other AAC profile. */
const MEDIA_ATTEMPTS = { limit: 2, window: 30 };
/** Loading again after the network failed for longer than the pipeline retries: after 1, 2, 4 and 8 s. */
const NETWORK_ATTEMPTS = { limit: 4, window: 90 };
/** Times that one segment may make hls.js attach the media anew (each time in another rendition) before it is left out. */
const RESETS_PER_SEGMENT = 2;
/** Segments left out in a minute; more are no accident of packaging. */
const SKIP_ATTEMPTS = { limit: 5, window: 60 };

/** What {@link handleErrors} is made of. */
export interface ErrorParts {
  readonly media: HTMLMediaElement;
  readonly clock: Clock;
  readonly facts: FactWriter;
  readonly gaps: Gaps;
  /** What is on screen now stands under suspicion: leave its level out of the choice for a while. */
  readonly suspect: () => void;
  /** Playback cannot go on; the fact has been told. */
  readonly failed: (error: PlayerError) => void;
}

/** A way to go on after an error that hls.js calls fatal: what it is called in the log, after how many s, and what to do. */
interface Remedy {
  readonly action: string;
  readonly delay: number;
  readonly apply: () => void;
}

/** hls.js left a level for another one by itself (NetworkErrorAction.SendAlternateToPenaltyBox). */
const switched = ({ errorAction }: ErrorData): boolean => errorAction?.action === 2 && errorAction.resolved === true;

/** A segment that failed and whose fate is not known yet. */
interface Casualty {
  readonly type: string;
  readonly sn: number;
  readonly code: ErrorCode;
}

const hasMedia = ({ elementaryStreams }: Fragment): boolean =>
  Object.values(elementaryStreams).some((one) => one !== null);

const toFatal = ({ code, message, cause, url, status }: PlayerError): PlayerError =>
  new PlayerError(code, message, {
    fatal: true,
    cause,
    url,
    status,
  });

const isSegmentError = ({ details }: ErrorData): boolean => details.startsWith('frag');

/**
 * Tells every real error once, and helps hls.js over those it calls fatal: segments that are missing or broken in every rendition
 * are left out, a network that was gone is tried again with growing delays, a decoder that gave up gets the media attached anew.
 * All of it a limited number of times; then, and for what nothing helps against, the error is fatal.
 *
 * @returns what stops it
 */
export function handleErrors(hls: Hls, parts: ErrorParts): () => void {
  const { media, clock, facts, gaps } = parts;
  const attempts = {
    media: attemptBudget(clock, MEDIA_ATTEMPTS.limit, MEDIA_ATTEMPTS.window),
    network: attemptBudget(clock, NETWORK_ATTEMPTS.limit, NETWORK_ATTEMPTS.window),
    skip: attemptBudget(clock, SKIP_ATTEMPTS.limit, SKIP_ATTEMPTS.window),
  };
  const told = new WeakSet<object>();
  let casualties: readonly Casualty[] = [];
  let resets: { readonly sn: Fragment['sn'] | null; readonly count: number } = { sn: null, count: 0 };
  let cancel = (): void => {};
  let over = false;

  const tell = (error: PlayerError): void => facts.tell(errorFact(error));

  const fail = (error: PlayerError): void => {
    over = true;
    cancel();
    tell(error);
    hls.stopLoad();
    parts.failed(error);
  };

  const attachAnew = (): Remedy | null => {
    const before = attempts.media.take();
    if (before === null) return null;
    const swap = before > 0;
    return {
      action: swap ? 'swapped the audio codec and attached the media anew' : 'attached the media anew',
      delay: 0,
      apply() {
        parts.suspect();
        if (swap) hls.swapAudioCodec();
        hls.recoverMediaError();
      },
    };
  };

  const loadAgain = (): Remedy | null => {
    const before = attempts.network.take();
    if (before === null) return null;
    return { action: 'loaded again', delay: 2 ** before, apply: () => hls.startLoad() };
  };

  const leaveOut = (frag: Fragment): Remedy | null => {
    if (frag.sn === 'initSegment' || frag.type === 'subtitle' || attempts.skip.take() === null) return null;
    return {
      action: `left segment ${frag.sn} out (${frag.type})`,
      delay: 0,
      apply() {
        casualties = casualties.filter(({ type, sn }) => type !== frag.type || sn !== frag.sn);
        gaps.leaveOut(frag);
        hls.startLoad();
      },
    };
  };

  /** hls.js has attached the media anew by itself, which it would do for ever. */
  const afterReset = ({ frag }: ErrorData, error: PlayerError): void => {
    facts.tell({ type: 'recovery', code: error.code, action: 'attached the media anew' });
    const sn = frag?.sn ?? null;
    resets = resets.sn === sn ? { sn, count: resets.count + 1 } : { sn, count: 1 };
    if (resets.count < RESETS_PER_SEGMENT) return;
    const remedy = frag ? leaveOut(frag) : attachAnew();
    if (remedy === null) fail(toFatal(error));
    else help(error, remedy);
  };

  const remedyFor = (data: ErrorData, error: PlayerError): Remedy | null => {
    if (error.category === 'decode' && error.code !== 'MEDIA_DECODE_FAILED') return null;
    if (data.frag && isSegmentError(data) && !isRetryable(failureBehind(data))) return leaveOut(data.frag);
    if (error.code.startsWith('MANIFEST_')) return null;
    if (data.type === 'networkError') return isRetryable(failureBehind(data)) ? loadAgain() : null;
    return data.type === 'mediaError' && !data.details.startsWith('audioTrack') ? attachAnew() : null;
  };

  const help = (error: PlayerError, remedy: Remedy): void => {
    cancel();
    // Never from within hls.js's own handling of the error.
    cancel = clock.after(remedy.delay, () => {
      facts.tell({ type: 'recovery', code: error.code, action: remedy.action });
      remedy.apply();
    });
  };

  const onError = (data: ErrorData): void => {
    if (over || (!data.fatal && isNoTrouble(data.details))) return;
    const action = data.fatal ? null : actionOf(data.details);
    if (action !== null) {
      facts.tell({ type: 'recovery', code: 'MEDIA_STUCK', action });
      return;
    }
    const origin = failureBehind(data) ?? data.error ?? data;
    const error = toPlayerError(data, data.fatal);
    const remedy = data.fatal ? remedyFor(data, error) : null;
    if (data.fatal && remedy === null) {
      fail(error);
      return;
    }
    if (!told.has(origin)) tell(toPlayerError(data, false));
    told.add(origin);
    const { frag } = data;
    if (frag && frag.sn !== 'initSegment' && frag.type !== 'subtitle' && isSegmentError(data)) {
      casualties = [...casualties, { type: frag.type, sn: frag.sn, code: error.code }];
    }
    if (remedy) help(error, remedy);
    else if (data.details === 'mediaSourceRequiresReset') afterReset(data, error);
    else if (!frag && switched(data)) {
      facts.tell({ type: 'recovery', code: error.code, action: 'went to another rendition' });
    }
  };

  /** Media of a segment arrived: those that failed at it or before it have been got over. */
  const onBuffered = (frag: Fragment): void => {
    const { type, sn } = frag;
    if (casualties.length === 0 || sn === 'initSegment' || !hasMedia(frag)) return;
    const survived = new Map(
      casualties.filter((casualty) => casualty.type === type && casualty.sn <= sn).map((one) => [one.sn, one.code]),
    );
    casualties = casualties.filter((casualty) => casualty.type !== type || casualty.sn > sn);
    for (const [number, code] of survived) {
      const action = number === sn ? `got segment ${number} in the end` : `went on without segment ${number}`;
      facts.tell({ type: 'recovery', code, action: `${action} (${type})` });
    }
  };

  const onMediaError = (): void => {
    const { error: cause } = media;
    // hls.js may have attached anew already; an aborted fetch (1) is nobody's error.
    if (over || cause === null || cause.code === MediaError.MEDIA_ERR_ABORTED) return;
    const why = cause.message || `MediaError ${cause.code}`;
    const make = (fatal: boolean): PlayerError =>
      new PlayerError('MEDIA_DECODE_FAILED', `the media element gave up: ${why}`, { fatal, cause });
    const remedy = attachAnew();
    if (remedy === null) {
      fail(make(true));
      return;
    }
    tell(make(false));
    help(make(false), remedy);
  };

  hls.on(Events.ERROR, (_event, data) => onError(data));
  hls.on(Events.FRAG_BUFFERED, (_event, { frag }) => onBuffered(frag));
  media.addEventListener('error', onMediaError);
  return () => {
    over = true;
    cancel();
    media.removeEventListener('error', onMediaError);
  };
}
