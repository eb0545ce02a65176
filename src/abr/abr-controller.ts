import type { CapSource, EventOf, Fact, PlaybackEvent } from '../media/playback-event.ts';
import { defaultAbandon } from './abandon.ts';
import {
  type AbrContext,
  type AbrDecision,
  type AbrInput,
  type AbrStrategy,
  type DownloadProgress,
  nearestCandidate,
} from './strategy.ts';
import { dualEwma, type ThroughputEstimator } from './throughput-estimator.ts';

/** A choice as it will stand in the log once the engine acts on it: everything of the decision fact but its time. */
export type AbrChoice = AbrDecision & {
  readonly fact: Extract<Fact, { readonly type: 'decision' }>;
  readonly failure: unknown;
};

const CAP_WORDS: Readonly<Record<CapSource, string>> = {
  playerSize: 'the size of the picture on screen',
  droppedFrames: 'frames were dropped above',
  dataSaver: 'data saver',
  user: 'the app’s cap',
};

/** Makes choices with one strategy: narrows candidates, adds estimates, checks what comes back, explains. */
export interface AbrController {
  readonly strategy: AbrStrategy;
  /** What the strategy would be asked with. */
  context(input: AbrInput): AbrContext;
  /** Which rendition next. Read-only: the engine reports `choice.fact` when it acts on it. */
  decide(input: AbrInput): AbrChoice;
  /** Whether to give up the download in flight; null to go on. Read-only. */
  abandon(input: AbrInput, progress: DownloadProgress): AbrChoice | null;
  /** Feeds estimator, caps, selection and strategy; the only place where memory changes. */
  observe(event: PlaybackEvent): void;
  /** bits/s, null before there is an estimate. */
  throughput(): number | null;
}

/** Parts of an {@link AbrController}; `abandon: false` lets every download finish. */
export interface AbrControllerOptions {
  readonly strategy: AbrStrategy;
  readonly estimator?: ThroughputEstimator;
  readonly abandon?: boolean;
}

/**
 * The loop around a strategy. Caps and the viewer's selection arrive as facts (`cap`, `selection`), so that a replay
 * narrows the candidates as the session did. A strategy that throws or answers out of range cannot stop playback: the
 * nearest playable rendition below its answer (the lowest, if it threw) is taken, the reason says so, and `failure`
 * carries what was thrown.
 */
export function createAbrController(options: AbrControllerOptions): AbrController {
  const { strategy, estimator = dualEwma(), abandon: mayAbandon = true } = options;
  const caps = new Map<CapSource, number>();
  let selected: number | null = null;
  let edge: EventOf<'edge'> | null = null;
  let now = 0;

  const narrow = (candidates: readonly number[]): readonly number[] => {
    if (selected === null && caps.size === 0) return candidates;
    if (selected !== null) return [nearestCandidate(candidates, selected)];
    const top = Math.min(...caps.values(), Number.POSITIVE_INFINITY);
    const allowed = candidates.filter((index) => index <= top);
    return allowed.length > 0 ? allowed : candidates.slice(0, 1);
  };

  // Field by field: a simulator asks this half a million times a second, and a spread costs more than the rest.
  const context = (input: AbrInput): AbrContext => ({
    ladder: input.ladder,
    candidates: narrow(input.candidates),
    current: input.current,
    segment: input.segment,
    bufferLevel: input.bufferLevel,
    bufferTarget: input.bufferTarget,
    position: input.position,
    playbackRate: input.playbackRate,
    phase: input.phase,
    live: input.live,
    now: input.now ?? now,
    throughput: estimator.throughput(),
    latency: estimator.latency(),
    edge,
  });

  const explain = (
    asked: AbrContext,
    answer: AbrDecision,
    trigger: 'next' | 'abandon' | 'selection',
    failure: unknown,
  ): AbrChoice => {
    const fact: AbrChoice['fact'] = {
      type: 'decision',
      trigger,
      strategy: strategy.name,
      segment: { number: asked.segment.number, start: asked.segment.start },
      from: asked.current,
      index: answer.index,
      candidates: asked.candidates,
      reason: answer.reason,
      inputs: {
        throughput: asked.throughput,
        latency: asked.latency,
        bufferLevel: asked.bufferLevel,
        bufferTarget: asked.bufferTarget,
        playbackRate: asked.playbackRate,
      },
    };
    const { index, reason, wait } = answer;
    return wait === undefined ? { index, reason, failure, fact } : { index, reason, wait, failure, fact };
  };

  const checked = (asked: AbrContext, answer: AbrDecision): AbrDecision => {
    if (typeof answer?.index !== 'number' || !Number.isFinite(answer.index)) {
      throw new TypeError(`decide() must return { index, reason }, got ${JSON.stringify(answer)}`);
    }
    const reason = answer.reason ?? 'no reason given';
    if (asked.candidates.includes(answer.index)) return answer.reason === reason ? answer : { ...answer, reason };
    const index = nearestCandidate(asked.candidates, answer.index);
    return { ...answer, index, reason: `${reason} (${answer.index} is not open to choice: took ${index})` };
  };

  /** Where a cap holds a choice down, its reason must say so: the strategy does not know what it could not choose. */
  const capNote = (input: AbrInput, asked: AbrContext, index: number): string => {
    const top = asked.candidates.at(-1) ?? 0;
    if (selected !== null || index !== top || top >= (input.candidates.at(-1) ?? 0)) return '';
    const binding = [...caps].filter(([, cap]) => cap <= top).map(([source]) => CAP_WORDS[source]);
    return ` (highest allowed: ${binding.join(', ')})`;
  };

  const decide = (input: AbrInput): AbrChoice => {
    const asked = context(input);
    if (selected !== null) {
      const index = asked.candidates[0] ?? 0;
      return explain(asked, { index, reason: 'selected by the viewer' }, 'selection', null);
    }
    try {
      const answer = checked(asked, strategy.decide(asked));
      const note = capNote(input, asked, answer.index);
      return explain(asked, note === '' ? answer : { ...answer, reason: answer.reason + note }, 'next', null);
    } catch (failure) {
      const index = asked.candidates[0] ?? 0;
      return explain(
        asked,
        { index, reason: `strategy "${strategy.name}" failed (${failure}): lowest` },
        'next',
        failure,
      );
    }
  };

  const abandon = (input: AbrInput, progress: DownloadProgress): AbrChoice | null => {
    if (!mayAbandon || selected !== null) return null;
    const asked = context(input);
    try {
      // While nothing arrives there is no rate to go by: a strategy's own rule is for downloads that are slow.
      const silent = progress.firstByte === null || progress.bytes === 0;
      const answer = strategy.abandon && !silent ? strategy.abandon(asked, progress) : defaultAbandon(asked, progress);
      if (answer === null) return null;
      const choice = checked(asked, answer);
      return choice.index === progress.index ? null : explain(asked, choice, 'abandon', null);
    } catch {
      return null;
    }
  };

  const observe = (event: PlaybackEvent): void => {
    now = event.at;
    estimator.observe(event);
    if (event.type === 'cap') {
      if (event.index === null) caps.delete(event.source);
      else caps.set(event.source, event.index);
    } else if (event.type === 'selection') selected = event.index;
    else if (event.type === 'edge') edge = event;
    strategy.observe?.(event);
  };

  return { strategy, context, decide, abandon, observe, throughput: () => estimator.throughput() };
}
