import type { PlaybackEvent } from '../../media/playback-event.ts';
import { STATE_TOKENS } from '../../session/playback-state.ts';
import { advance, EMPTY_TIMELINE, type Interval, type Timeline } from '../../session/timeline.ts';
import type { CmcdData, CmcdNumber, CmcdObjectType } from './cmcd-keys.ts';

/** What CMCD needs to know of a session: its timeline, and what decisions were made from. */
export interface CmcdView {
  readonly timeline: Timeline;
  /** ms since the epoch at session clock 0. */
  readonly epoch: number;
  readonly src: string;
  /** bits/s that the strategy reckons with; null before there is an estimate. */
  readonly throughput: number | null;
  /** s of buffer at which fetching stops. */
  readonly bufferTarget: number | null;
  /** Media is needed urgently: from the start, a seek or a stall on until the buffer is full. */
  readonly urgent: boolean;
  /** Picture and sound come in the same objects. */
  readonly muxed: boolean;
}

/** Before the first fact. */
export const EMPTY_VIEW: CmcdView = {
  timeline: EMPTY_TIMELINE,
  epoch: 0,
  src: '',
  throughput: null,
  bufferTarget: null,
  urgent: true,
  muxed: false,
};

/** The fetching stops up to a segment short of its target. */
const isFull = ({ bufferTarget, timeline }: CmcdView): boolean =>
  bufferTarget !== null && timeline.bufferLevel >= bufferTarget - (timeline.segmentDuration ?? 0);

function withDecision(view: CmcdView, event: PlaybackEvent): CmcdView {
  if (event.type === 'decision') {
    const { throughput, bufferTarget } = event.inputs;
    return { ...view, throughput, bufferTarget };
  }
  if (event.type === 'buffered' && event.track === 'muxed') return { ...view, muxed: true };
  return view;
}

/** The view one fact later; a new session starts it anew. */
export function look(before: CmcdView, event: PlaybackEvent): CmcdView {
  const view =
    event.type === 'sessionStart' && event.sessionId !== before.timeline.sessionId
      ? { ...EMPTY_VIEW, epoch: event.startedAt, src: event.src }
      : before;
  const after = withDecision({ ...view, timeline: advance(view.timeline, event) }, event);
  const { state } = after.timeline.machine;
  const urgent = state === 'seeking' || state === 'rebuffering' || (after.urgent && !isFull(after));
  return urgent === after.urgent ? after : { ...after, urgent };
}

/** What one destination of reports was told of the session already: some keys are sent once each. */
export interface CmcdDestination {
  sn: number;
  startTold: boolean;
  /** Stalls told as begun, and told with their duration. */
  stallsTold: number;
  durationsTold: number;
  errorsTold: number;
}

/** A destination that was told nothing. */
export const newDestination = (): CmcdDestination => ({
  sn: 0,
  startTold: false,
  stallsTold: 0,
  durationsTold: 0,
  errorsTold: 0,
});

const ms = (seconds: number): number => seconds * 1000;
const kbps = (bits: number): number => bits / 1000;
const plain = (value: number): readonly CmcdNumber[] => [{ value, type: null }];

/** The picture's object type: `av` where the sound is in it. */
export const pictureType = ({ muxed }: CmcdView): CmcdObjectType => (muxed ? 'av' : 'v');

/** A number of the picture. */
const ofPicture = (view: CmcdView, value: number): readonly CmcdNumber[] => [{ value, type: pictureType(view) }];

const durationOf = ({ start, end }: Interval): number => ms((end ?? start) - start);

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** Starvation since this destination was last told, and all in all; telling it is what this does. */
function starvation({ timeline }: CmcdView, destination: CmcdDestination): CmcdData {
  const { stalls, stall, at } = timeline;
  const begun = stalls.length + (stall === null ? 0 : 1);
  const durations = stalls.toArray().map(durationOf);
  const starved = stall !== null || begun > destination.stallsTold;
  const untold = durations.slice(destination.durationsTold);
  destination.stallsTold = begun;
  destination.durationsTold = stalls.length;
  return {
    ...(starved ? { bs: true } : {}),
    ...(untold.length > 0 ? { bsd: untold.map((value) => ({ value, type: null })) } : {}),
    ...(begun > 0 ? { bsa: plain(begun) } : {}),
    ...(begun > 0 ? { bsda: plain(sum(durations) + (stall === null ? 0 : ms(at - stall.start))) } : {}),
  };
}

/** The codes of the errors that this destination was not told of. */
function newErrors({ timeline }: CmcdView, destination: CmcdDestination): CmcdData {
  const untold = timeline.errorCount - destination.errorsTold;
  destination.errorsTold = timeline.errorCount;
  if (untold <= 0) return {};
  return { ec: timeline.errors.slice(-untold).map(({ code }) => code) };
}

/** ms from the wish to play to the first frame; null before there was one. */
export function startDelay({ timeline: { requestedAt, startedAt } }: CmcdView): number | null {
  return requestedAt === null || startedAt === null ? null : ms(startedAt - requestedAt);
}

/** What happened since this destination was last told: stalls and errors, once each. */
export function untoldData(view: CmcdView, destination: CmcdDestination): CmcdData {
  return { ...starvation(view, destination), ...newErrors(view, destination) };
}

/** The start delay, once. */
export function untoldStart(view: CmcdView, destination: CmcdDestination): CmcdData {
  const delay = destination.startTold ? null : startDelay(view);
  if (delay === null) return {};
  destination.startTold = true;
  return { msd: delay };
}

const ENDINGS: readonly (readonly [RegExp, string])[] = [
  [/\.mpd([?#]|$)/i, 'd'],
  [/\.m3u8?([?#]|$)/i, 'h'],
  [/\.ism[lv]?(\/manifest)?([?#/]|$)/i, 's'],
];

const streamingFormat = ({ src, timeline }: CmcdView): CmcdData => {
  const known = ENDINGS.find(([ending]) => ending.test(src))?.[1] ?? (timeline.engine === 'hls' ? 'h' : undefined);
  return known === undefined ? {} : { sf: known };
};

/** Low latency is what aims to be closer to the live edge than two segments. */
function streamType({ timeline }: CmcdView): CmcdData {
  const { presentation, targetLatency, segmentDuration } = timeline;
  if (presentation === null) return {};
  if (presentation === 'vod') return { st: 'v' };
  return { st: targetLatency !== null && segmentDuration !== null && targetLatency < 2 * segmentDuration ? 'll' : 'l' };
}

/** How things stand: what any report can say of the session. */
export function stateData(view: CmcdView): CmcdData {
  const { timeline, throughput, bufferTarget, urgent } = view;
  const { machine, rate, position, rendition, ladder, latency, totalFrames, droppedFrames } = timeline;
  const shown = rendition === null ? undefined : ladder[rendition];
  const stands = machine.state === 'paused' || machine.state === 'ended';
  return {
    ...streamingFormat(view),
    ...streamType(view),
    sta: STATE_TOKENS[machine.state],
    pr: stands ? 0 : rate,
    ...(machine.started ? { pt: ms(position) } : {}),
    ...(shown === undefined ? {} : { pb: ofPicture(view, kbps(shown.bitrate)) }),
    ...(throughput === null ? {} : { mtp: plain(kbps(throughput)) }),
    ...(bufferTarget === null ? {} : { tbl: ofPicture(view, ms(bufferTarget)) }),
    ...(latency === null || timeline.presentation !== 'live' ? {} : { ltc: ms(latency) }),
    ...(totalFrames > 0 ? { dfa: droppedFrames } : {}),
    ...(urgent ? { su: true } : {}),
    bl: ofPicture(view, ms(timeline.bufferLevel)),
  };
}

/** The lowest and the highest rung, for what is about the picture. */
export function ladderData(view: CmcdView): CmcdData {
  const { ladder } = view.timeline;
  const [lowest] = ladder;
  const top = ladder.at(-1);
  if (lowest === undefined || top === undefined) return {};
  return { lb: ofPicture(view, kbps(lowest.bitrate)), tb: ofPicture(view, kbps(top.bitrate)) };
}

/** The bitrate of a rung, as declared; empty where there is none. */
export function bitrateData(view: CmcdView, rendition: number | null): CmcdData {
  const bitrate = rendition === null ? undefined : view.timeline.ladder[rendition]?.bitrate;
  return bitrate === undefined ? {} : { br: ofPicture(view, kbps(bitrate)) };
}
