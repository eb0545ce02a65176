import type { EventOf, PlaybackEvent } from '../../media/playback-event.ts';
import { advance, EMPTY_TIMELINE, type Timeline } from '../../session/timeline.ts';
import type { FactSource } from '../beacons.ts';
import type { Metrics, Tags } from './instruments.ts';

/** s: start-up and stalls as viewers tell them apart. */
const WAIT_BOUNDS: readonly number[] = [0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 5, 8, 13, 21, 34];

function instruments(metrics: Metrics) {
  const count = (name: string, description: string, unit = '{event}') =>
    metrics.counter(`media.playback.${name}`, { description, unit });
  return {
    sessions: count('sessions', 'Sessions started', '{session}'),
    ends: count('session.ends', 'Sessions ended, by reason', '{session}'),
    startup: metrics.timer('media.playback.startup', {
      description: 'Wish to play to first frame',
      bounds: WAIT_BOUNDS,
    }),
    stalls: metrics.timer('media.playback.stall', {
      description: 'Stalls, by how long they lasted',
      bounds: WAIT_BOUNDS,
    }),
    seeks: metrics.timer('media.playback.seek', { description: 'Waits for seeks', bounds: WAIT_BOUNDS }),
    switches: count('switches', 'Changes of the rendition on screen, by direction'),
    decisions: count('decisions', 'Decisions acted on, by trigger'),
    errors: count('errors', 'Errors, by code'),
    recoveries: count('recoveries', 'Errors that the engine was helped over, by code'),
    requests: metrics.timer('media.playback.request', { description: 'Requests, by how long they took' }),
    firstBytes: metrics.timer('media.playback.request.first_byte', { description: 'Time to the first byte' }),
    bytes: count('bytes', 'Bytes of bodies received', 'By'),
    buffer: metrics.gauge('media.playback.buffer', { description: 'Forward buffer', unit: 's' }),
    throughput: metrics.gauge('media.playback.throughput', { description: 'Throughput reckoned with', unit: 'bit/s' }),
    dropped: metrics.gauge('media.playback.frames.dropped', {
      description: 'Frames dropped in the session',
      unit: '{frame}',
    }),
  };
}

/** What a request was about, in few words: a URL would be a series of its own. */
const requestTags = ({ kind, outcome, fromCache, error }: EventOf<'request'>): Tags => ({
  kind,
  outcome,
  cached: fromCache,
  ...(error === null ? {} : { error }),
});

/** Intervals that ended with a fact: what was open before and is over now. */
const ended = (before: { start: number } | null, after: { start: number } | null, at: number): number | null =>
  before !== null && after?.start !== before.start ? at - before.start : null;

/**
 * Records a player's sessions as metrics, tagged with engine and strategy: start-up, stalls and seeks, switches, decisions, errors,
 * requests by kind and outcome, bytes, buffer and throughput. Returns what stops it.
 *
 * @param tags  more tags for all of them: app version, device class, A/B variant; nothing that names a viewer
 */
export function recordPlayback(metrics: Metrics, source: FactSource, tags: Tags = {}): () => void {
  const to = instruments(metrics);
  let timeline: Timeline = EMPTY_TIMELINE;
  let own: Tags = tags;

  const start = (event: EventOf<'sessionStart'>): void => {
    own = { ...tags, engine: event.engine, strategy: event.strategy };
    if (event.sessionId === timeline.sessionId) return;
    timeline = EMPTY_TIMELINE;
    to.sessions.add(1, own);
  };

  const request = (event: EventOf<'request'>): void => {
    const about = { ...own, ...requestTags(event) };
    to.requests.record(event.at - event.start, about);
    if (event.firstByte !== null) to.firstBytes.record(event.firstByte - event.start, about);
    to.bytes.add(event.bytes, about);
  };

  const switched = (from: number | null, index: number): void => {
    if (from !== null && from !== index) to.switches.add(1, { ...own, direction: index > from ? 'up' : 'down' });
  };

  const count = (event: PlaybackEvent, before: Timeline): void => {
    if (event.type === 'request') request(event);
    if (event.type === 'renditionChange') switched(before.rendition, event.index);
    if (event.type === 'error') to.errors.add(1, { ...own, code: event.code, fatal: event.fatal });
    if (event.type === 'recovery') to.recoveries.add(1, { ...own, code: event.code });
    if (event.type === 'sessionEnd') to.ends.add(1, { ...own, reason: event.reason });
    if (event.type === 'decision') {
      to.decisions.add(1, { ...own, trigger: event.trigger });
      if (event.inputs.throughput !== null) to.throughput.set(event.inputs.throughput, own);
    }
    if (event.type === 'sample') {
      to.buffer.set(event.bufferLevel, own);
      to.dropped.set(event.droppedFrames, own);
    }
  };

  const wait = (before: Timeline, { at, stall, seek, startedAt, requestedAt }: Timeline): void => {
    if (before.startedAt === null && startedAt !== null && requestedAt !== null) {
      to.startup.record(startedAt - requestedAt, own);
    }
    const stalled = ended(before.stall, stall, at);
    if (stalled !== null) to.stalls.record(stalled, own);
    const sought = ended(before.seek, seek, at);
    if (sought !== null) to.seeks.record(sought, own);
  };

  const take = (event: PlaybackEvent): void => {
    if (event.type === 'sessionStart') start(event);
    const before = timeline;
    timeline = advance(timeline, event);
    count(event, before);
    wait(before, timeline);
  };

  for (const event of [...source.events]) take(event);
  const subscription = source.events$.subscribe(take);
  return () => subscription.unsubscribe();
}
