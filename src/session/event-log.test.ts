import { describe, expect, it } from 'vitest';
import type { PlaybackEvent } from '../media/playback-event.ts';
import { createEventLog, toNdjson } from './event-log.ts';
import { BRIEF_LADDER, madeUpSession } from './made-up-session.ts';
import { parseNdjson } from './parse-ndjson.ts';
import { replay } from './timeline.ts';

const sample = (at: number): PlaybackEvent => ({
  at,
  type: 'sample',
  position: at,
  bufferLevel: 1,
  droppedFrames: 0,
  totalFrames: 0,
  latency: null,
});
const playing = (at: number): PlaybackEvent => ({ at, type: 'playing', position: at });
const request: PlaybackEvent = { at: 0, type: 'playbackRequest' };

describe('createEventLog', () => {
  it('keeps facts in order', () => {
    const log = createEventLog();
    const facts = [request, playing(1), sample(2)];
    for (const fact of facts) log.append(fact);
    expect(log.events).toEqual(facts);
    expect(log.dropped).toBe(0);
  });

  it('when full drops a sixteenth: the oldest samples', () => {
    const log = createEventLog(16);
    log.append(request);
    log.append(playing(1));
    for (let at = 2; at < 16; at += 1) log.append(sample(at));
    log.append(playing(16));
    expect(log.events.map(({ at }) => at)).toEqual([0, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]);
    expect(log.dropped).toBe(1);
  });

  it('without samples drops what is oldest, but never what says which session it is', () => {
    const log = createEventLog(4);
    log.append(request);
    for (let at = 1; at < 6; at += 1) log.append(playing(at));
    expect(log.events).toEqual([request, playing(3), playing(4), playing(5)]);
    expect(log.dropped).toBe(2);
  });

  it('never holds more than its limit, whatever it is given', () => {
    const log = createEventLog(8);
    for (let count = 0; count < 100; count += 1) log.append(request);
    expect(log.events.length).toBeLessThanOrEqual(8);
    expect(log.dropped).toBe(100 - log.events.length);
  });

  it('is the same list for whoever holds it', () => {
    const log = createEventLog(4);
    const { events } = log;
    for (let at = 0; at < 40; at += 1) log.append(sample(at));
    expect(log.events).toBe(events);
    expect(events.at(-1)).toEqual(sample(39));
  });

  it('wants a limit it can keep', () => {
    expect(() => createEventLog(1)).toThrow('limit must be a whole number > 1, got 1');
    expect(() => createEventLog(2.5)).toThrow(RangeError);
  });
});

describe('NDJSON', () => {
  const session = madeUpSession({
    ladder: BRIEF_LADDER,
    startup: 1.25,
    renditions: [0, 3, 3, 9],
    stalls: [{ at: 6, duration: 2 }],
    sound: true,
    playerSize: { width: 1280, height: 720 },
  });

  it('round trip: the same facts, the same timeline', () => {
    const read = parseNdjson(toNdjson(session));
    expect(read).toEqual(session);
    expect(replay(read)).toEqual(replay(session));
    expect(toNdjson(read)).toBe(toNdjson(session));
  });

  it('is one object a line, each line ended by LF', () => {
    expect(toNdjson([request, playing(1)])).toBe(
      '{"at":0,"type":"playbackRequest"}\n{"at":1,"type":"playing","position":1}\n',
    );
  });

  it('skips empty lines, CRLF and a byte order mark', () => {
    expect(
      parseNdjson('\uFEFF{"at":0,"type":"playbackRequest"}\r\n\r\n{"at":1,"type":"playing","position":1}\r\n'),
    ).toEqual([request, playing(1)]);
  });

  it('of nothing is nothing', () => {
    expect(parseNdjson('')).toEqual([]);
    expect(toNdjson([])).toBe('');
  });

  it('refuses time that runs backwards', () => {
    expect(() => parseNdjson(toNdjson([playing(2), playing(1)]))).toThrow(
      new RangeError('line 2: at must not be before the line above (2 s), got 1 s'),
    );
  });

  const first = '{"at":0,"type":"playbackRequest"}\n\n';
  it.each<[what: string, line: string, message: string]>([
    ['text', 'hello', 'line 3 is not JSON: hello'],
    ['half a line', '{"at":1,', 'line 3 is not JSON: {"at":1,'],
    ['a list', '[]', 'line 3: a fact must be a JSON object, got []'],
    ['null', 'null', 'line 3: a fact must be a JSON object, got null'],
    ['no type', '{"at":1}', 'line 3: type must be a known fact, got nothing'],
    ['an inherited name', '{"at":1,"type":"constructor"}', 'line 3: type must be a known fact, got "constructor"'],
    ['no time', '{"type":"ended","position":1}', 'line 3: ended.at must be a number >= 0, got nothing'],
    ['time as text', '{"at":"1","type":"ended","position":1}', 'line 3: ended.at must be a number >= 0, got "1"'],
    ['endless time', '{"at":1e999,"type":"ended","position":1}', 'line 3: ended.at must be a number >= 0, got null'],
    [
      'time before the start',
      '{"at":-1,"type":"ended","position":1}',
      'line 3: ended.at must be a number >= 0, got -1',
    ],
    ['no position', '{"at":1,"type":"playing"}', 'line 3: playing.position must be a number, got nothing'],
    [
      'a ladder that is no list',
      '{"at":1,"type":"manifest","presentation":"vod","duration":1,"ladder":{"length":1},"segmentDuration":1,"targetLatency":null,"audioTracks":[],"textTracks":[]}',
      'line 3: manifest.ladder must be a list of at most 1000 renditions {id, bitrate > 0, …} ascending by bitrate, got {"length":1}',
    ],
    [
      'a bitrate of 0',
      '{"at":1,"type":"manifest","presentation":"vod","duration":1,"ladder":[{"id":"a","bitrate":0}],"segmentDuration":1,"targetLatency":null,"audioTracks":[],"textTracks":[]}',
      'line 3: manifest.ladder must be a list of at most 1000 renditions {id, bitrate > 0, …} ascending by bitrate, got [{"id":"a","bitrate":0}]',
    ],
    [
      'a rate below 0',
      '{"at":1,"type":"rateChange","position":1,"rate":-2}',
      'line 3: rateChange.rate must be a number >= 0, got -2',
    ],
    [
      'half an index',
      '{"at":1,"type":"renditionChange","index":1.5,"position":0}',
      'line 3: renditionChange.index must be a whole number >= 0, got 1.5',
    ],
    [
      'an unknown track',
      '{"at":1,"type":"buffered","track":"smell","rendition":0,"start":0,"end":4,"bytes":1}',
      'line 3: buffered.track must be one of video, audio, muxed, text, got "smell"',
    ],
    [
      'bytes as text',
      '{"at":1,"type":"buffered","track":"video","rendition":0,"start":0,"end":4,"bytes":"many"}',
      'line 3: buffered.bytes must be a number >= 0, got "many"',
    ],
    [
      'an unknown code',
      '{"at":1,"type":"recovery","code":"toString","action":"x"}',
      'line 3: recovery.code must be a known error code, got "toString"',
    ],
    [
      'an unknown reason',
      '{"at":1,"type":"sessionEnd","reason":"bored"}',
      'line 3: sessionEnd.reason must be one of ended, quit, failed, got "bored"',
    ],
    [
      'a segment without a duration',
      '{"at":1,"type":"request","id":1,"attempt":1,"kind":"segment","url":"a","segment":{"track":"video","rendition":0,"number":1,"start":0},"start":0,"firstByte":0,"bytes":1,"status":200,"outcome":"ok","fromCache":false,"error":null}',
      'line 3: request.segment must be a segment {track, rendition, number, start, duration}, or null, got {"track":"video","rendition":0,"number":1,"start":0}',
    ],
  ])('refuses %s, with the line, the field, what was expected and what came', (_what, line, message) => {
    expect(() => parseNdjson(`${first}${line}\n`)).toThrow(message);
  });

  it('shortens what it quotes', () => {
    const line = `{"at":1,"type":"recovery","code":"${'x'.repeat(10_000)}","action":"x"}`;
    expect(() => parseNdjson(line)).toThrow(/got "x{59}…$/);
  });

  it('lets through what a newer version may add', () => {
    const line = '{"at":0,"type":"playbackRequest","mood":"good"}';
    expect(parseNdjson(line)).toEqual([{ at: 0, type: 'playbackRequest', mood: 'good' }]);
  });
});
