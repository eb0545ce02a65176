import type { EventOf, PlaybackEvent } from 'sluice';
import { advance, EMPTY_TIMELINE, type QoeScore, type Timeline } from 'sluice/qoe';
import { partOf, SCORE_MODELS } from './score-models.ts';
import { requestRate } from './wording.ts';

/** Values that hold until the next one: s, bits/s, indices into the ladder. */
const CARRIED = ['bufferLevel', 'bufferTarget', 'estimate', 'limit', 'requested', 'shown', 'cap'] as const;

type Carried = (typeof CARRIED)[number];

/** A column of the plots. `delivered` stands only where a download ended; everything else holds until the next value. */
export type ColumnName = Carried | 'delivered';

type Column = (number | null)[];

/** A model's value and its parts as they enter it: `parts[part][row]`, in the order of {@link SCORE_MODELS}. */
export interface ScoreColumns {
  readonly value: Column;
  readonly parts: readonly Column[];
}

/** `columns[name][row]` is what held at session time `at[row]`, s; null where not known. */
export interface PlotTable {
  readonly at: number[];
  readonly columns: Readonly<Record<ColumnName, Column>>;
  /** By the name of the model. */
  readonly scores: Readonly<Record<string, ScoreColumns>>;
}

/** A change of what the network lets through, bits/s (null: unlimited), at a session time in s. */
export interface LimitChange {
  readonly at: number;
  readonly bandwidth: number | null;
}

/** Errors and what was done about them. */
export type Trouble = EventOf<'error'> | EventOf<'recovery'>;

/**
 * All that the page shows of one session, folded fact by fact. Live facts and imported ones go through the same fold,
 * so that a replay cannot look different.
 */
export interface SessionRecord {
  readonly timeline: Timeline;
  /** By the name of the model. */
  readonly scores: Readonly<Record<string, QoeScore>>;
  readonly table: PlotTable;
  readonly decisions: readonly EventOf<'decision'>[];
  readonly requests: readonly EventOf<'request'>[];
  readonly troubles: readonly Trouble[];
  /** Bytes of all requests, and the part of them that was given up or failed. */
  readonly received: number;
  readonly givenUp: number;
  /** The latest failure that ended playback. */
  readonly failure: EventOf<'error'> | null;
  push(event: PlaybackEvent): void;
  /** The network's limit is no fact of the session: only a live page knows it. */
  limit(change: LimitChange): void;
}

/** Rows kept; the oldest quarter goes beyond that (about two hours of playback). */
const MOST_ROWS = 20_000;

/** Fewer bytes say nothing of a rate: init segments, subtitles. */
const LEAST_BYTES = 16_000;

/** Whether its speed belongs in the plot: a picture segment of some size from the network. */
export function isPictureTransfer(event: EventOf<'request'>): boolean {
  const { segment, fromCache, bytes } = event;
  return segment !== null && segment.track !== 'audio' && segment.track !== 'text' && !fromCache && bytes > LEAST_BYTES;
}

const NO_SCORE: QoeScore = { value: null, terms: {} };

/** An empty record. */
export function createSessionRecord(): SessionRecord {
  const models = SCORE_MODELS.map((model) => ({
    ...model,
    scorer: model.create(),
    columns: { value: [] as Column, parts: model.parts.map((): Column => []) },
  }));
  const at: number[] = [];
  const columns = Object.fromEntries([...CARRIED, 'delivered'].map((name) => [name, []])) as unknown as Record<
    ColumnName,
    Column
  >;
  const now = Object.fromEntries(CARRIED.map((name) => [name, null])) as Record<Carried, number | null>;
  const decisions: EventOf<'decision'>[] = [];
  const requests: EventOf<'request'>[] = [];
  const troubles: Trouble[] = [];
  let timeline = EMPTY_TIMELINE;
  let scores: Record<string, QoeScore> = {};
  let failure: EventOf<'error'> | null = null;
  let received = 0;
  let givenUp = 0;

  const addRow = (time: number, delivered: number | null): void => {
    const last = at.length - 1;
    const row = at[last] === time ? last : at.length;
    at[row] = time;
    for (const name of CARRIED) columns[name][row] = now[name];
    columns.delivered[row] = delivered ?? (row === last ? (columns.delivered[row] ?? null) : null);
    for (const { name, parts, columns: own } of models) {
      const score = scores[name] ?? NO_SCORE;
      own.value[row] = score.value;
      parts.forEach(({ term }, index) => {
        const column = own.parts[index];
        if (column) column[row] = partOf(score, term);
      });
    }
    if (at.length <= MOST_ROWS) return;
    const scored = models.flatMap(({ columns: own }) => [own.value, ...own.parts]);
    for (const column of [at, ...Object.values(columns), ...scored]) column.splice(0, MOST_ROWS / 4);
  };

  const rate = (): void => {
    scores = Object.fromEntries(models.map(({ name, scorer }) => [name, scorer.score(timeline)]));
  };
  rate();

  /** Takes over what a fact says; the number is the rate of a download that ended with it. */
  const note = (event: PlaybackEvent): number | null => {
    switch (event.type) {
      case 'sample':
        now.bufferLevel = event.bufferLevel;
        break;
      case 'decision':
        decisions.push(event);
        now.bufferLevel = event.inputs.bufferLevel;
        now.bufferTarget = event.inputs.bufferTarget;
        now.estimate = event.inputs.throughput;
        now.requested = event.index;
        break;
      case 'request':
        requests.push(event);
        received += event.bytes;
        if (event.outcome !== 'ok') givenUp += event.bytes;
        return isPictureTransfer(event) ? requestRate(event) : null;
      case 'renditionChange':
        now.shown = event.index;
        break;
      case 'cap':
        now.cap = Math.min(...Object.values(timeline.caps), Number.POSITIVE_INFINITY);
        if (now.cap === Number.POSITIVE_INFINITY) now.cap = null;
        break;
      case 'error':
        troubles.push(event);
        if (event.fatal) failure = event;
        break;
      case 'recovery':
        troubles.push(event);
        break;
    }
    return null;
  };

  return {
    table: { at, columns, scores: Object.fromEntries(models.map(({ name, columns: own }) => [name, own])) },
    decisions,
    requests,
    troubles,
    get timeline() {
      return timeline;
    },
    get scores() {
      return scores;
    },
    get received() {
      return received;
    },
    get givenUp() {
      return givenUp;
    },
    get failure() {
      return failure;
    },
    push(event) {
      timeline = advance(timeline, event);
      const delivered = note(event);
      // As in the player: a request or a decision moves no score.
      if (event.type !== 'request' && event.type !== 'decision') rate();
      addRow(event.at, delivered);
    },
    limit({ at: time, bandwidth }) {
      now.limit = bandwidth;
      addRow(Math.max(time, at.at(-1) ?? 0), null);
    },
  };
}

/** The record of a finished list of facts. */
export function recordOf(events: Iterable<PlaybackEvent>): SessionRecord {
  const record = createSessionRecord();
  for (const event of events) record.push(event);
  return record;
}

/** Row that held at a time; -1 before the first. `at` ascends. */
export function rowAt(at: readonly number[], time: number): number {
  let low = 0;
  let high = at.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((at[middle] ?? 0) <= time) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** Index of the latest decision made at or before a time; -1 if none was. */
export function decisionAt(decisions: readonly EventOf<'decision'>[], time: number): number {
  let low = 0;
  let high = decisions.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((decisions[middle]?.at ?? 0) <= time) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
