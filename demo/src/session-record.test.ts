import type { PlaybackEvent } from 'sluice';
import { parseNdjson, replay, toNdjson, weighted } from 'sluice/qoe';
import { expect, test } from 'vitest';
import { createSessionRecord, decisionAt, recordOf, rowAt } from './session-record.ts';

const LADDER = [
  { id: 'low', bitrate: 235_000, height: 180 },
  { id: 'high', bitrate: 2_350_000, height: 720 },
];

const decision = (at: number, index: number, throughput: number | null): PlaybackEvent => ({
  at,
  type: 'decision',
  trigger: 'next',
  strategy: 'throughput',
  segment: { number: 0, start: 0 },
  from: null,
  index,
  candidates: [0, 1],
  reason: 'a test',
  inputs: { throughput, latency: 0.03, bufferLevel: 4, bufferTarget: 30, playbackRate: 1 },
});

const request = (id: number, at: number, bytes: number, parts: object = {}): PlaybackEvent => ({
  at,
  type: 'request',
  id,
  attempt: 1,
  kind: 'segment',
  url: 'segment-0.m4s',
  segment: { track: 'video', rendition: 1, number: 0, start: 0, duration: 4 },
  start: at - 1.1,
  firstByte: at - 1,
  bytes,
  status: 200,
  outcome: 'ok',
  fromCache: false,
  error: null,
  ...parts,
});

const SESSION: readonly PlaybackEvent[] = [
  {
    at: 0,
    type: 'sessionStart',
    sessionId: 's',
    startedAt: 0,
    engine: 'hls',
    strategy: 'throughput',
    src: 'main.m3u8',
  },
  { at: 0.1, type: 'playbackRequest' },
  {
    at: 0.2,
    type: 'manifest',
    presentation: 'vod',
    duration: 64,
    ladder: LADDER,
    segmentDuration: 4,
    targetLatency: null,
    audioTracks: [],
    textTracks: [],
  },
  decision(0.3, 0, null),
  request(1, 1.5, 125_000),
  { at: 1.6, type: 'renditionChange', index: 0, position: 0 },
  { at: 1.7, type: 'playing', position: 0 },
  decision(2, 1, 1_000_000),
  request(2, 3.5, 250_000, { outcome: 'aborted' }),
  request(3, 3.6, 40_000, { segment: { track: 'audio', rendition: null, number: 0, start: 0, duration: 4 } }),
  { at: 4, type: 'sample', position: 2.3, bufferLevel: 5.7, droppedFrames: 0, totalFrames: 57, latency: null },
  { at: 6, type: 'renditionChange', index: 1, position: 4.3 },
  { at: 9, type: 'sample', position: 7.3, bufferLevel: 3, droppedFrames: 0, totalFrames: 180, latency: null },
];

test('a row stands for each moment, with what held then', () => {
  const { table } = recordOf(SESSION);
  const row = rowAt(table.at, 3);
  expect(table.at[row]).toBe(2);
  expect(table.columns.requested[row]).toBe(1);
  expect(table.columns.shown[row]).toBe(0);
  expect(table.columns.estimate[row]).toBe(1_000_000);
  expect(rowAt(table.at, -1)).toBe(-1);
  expect(table.columns.bufferLevel.at(-1)).toBe(3);
});

test('delivered is bits of a picture segment over the time since its first byte', () => {
  const { table } = recordOf(SESSION);
  expect(table.columns.delivered[rowAt(table.at, 1.5)]).toBeCloseTo(1_000_000);
  expect(table.columns.delivered[rowAt(table.at, 3.5)]).toBeCloseTo(2_000_000);
  expect(table.columns.delivered[rowAt(table.at, 3.6)]).toBeNull();
});

test('bytes are summed, those given up apart', () => {
  const record = recordOf(SESSION);
  expect(record.received).toBe(125_000 + 250_000 + 40_000);
  expect(record.givenUp).toBe(250_000);
});

test('an exported session gives the same table and the same score again', () => {
  const live = createSessionRecord();
  for (const event of SESSION) live.push(event);
  const again = recordOf(parseNdjson(toNdjson(SESSION)));
  expect(again.table).toEqual(live.table);
  expect(again.scores).toEqual(live.scores);
  expect(again.scores.weighted).toEqual(weighted().score(replay(SESSION)));
  expect(again.scores.weighted?.value).not.toBeNull();
});

test('each model has its value and its parts in every row', () => {
  const { table, scores } = recordOf(SESSION);
  expect(Object.keys(table.scores)).toEqual(['weighted', 'experience', 'p1203', 'linear']);
  for (const [name, { value, parts }] of Object.entries(table.scores)) {
    expect(value.length).toBe(table.at.length);
    expect(parts.map((part) => part.length)).toEqual(Array(4).fill(table.at.length));
    expect(value.at(-1)).toBe(scores[name]?.value);
  }
  const { value, parts } = table.scores.weighted ?? { value: [], parts: [] };
  const sum = parts.reduce((all, part) => all + (part.at(-1) ?? Number.NaN), 0);
  expect(sum).toBeCloseTo(value.at(-1) ?? Number.NaN, 9);
});

test('the true limit holds until it changes', () => {
  const record = createSessionRecord();
  record.limit({ at: 0, bandwidth: 8e6 });
  for (const event of SESSION.slice(0, 8)) record.push(event);
  record.limit({ at: 3, bandwidth: 0.6e6 });
  for (const event of SESSION.slice(8)) record.push(event);
  const { at, columns } = record.table;
  expect(columns.limit[rowAt(at, 2.9)]).toBe(8e6);
  expect(columns.limit[rowAt(at, 3)]).toBe(0.6e6);
  expect(columns.limit.at(-1)).toBe(0.6e6);
});

test('the decision in force is the latest one', () => {
  const { decisions } = recordOf(SESSION);
  expect(decisionAt(decisions, 0.2)).toBe(-1);
  expect(decisionAt(decisions, 0.3)).toBe(0);
  expect(decisionAt(decisions, 5)).toBe(1);
});
