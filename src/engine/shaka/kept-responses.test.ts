import { expect, it } from 'vitest';
import { type HttpResponse, httpRequest } from '../../net/http.ts';
import { keptResponses } from './kept-responses.ts';

const response = (text: string): HttpResponse => ({
  url: 'https://cdn.example/x',
  status: 200,
  headers: {},
  body: new TextEncoder().encode(text).buffer,
  start: 0,
  firstByte: 0.1,
  end: 0.2,
  fromCache: false,
});

it('keeps playlists that have an end, and initialization segments', () => {
  const kept = keptResponses();
  const playlist = httpRequest('https://cdn.example/video-1.m3u8', 'playlist');
  const complete = response('#EXTM3U\n#EXT-X-ENDLIST\n');
  kept.keep(playlist, complete);
  expect(kept.find(playlist)).toBe(complete);
  const init = httpRequest('https://cdn.example/init.mp4', 'init');
  kept.keep(init, response('moov'));
  expect(kept.find(init)).not.toBeNull();
});

it('keeps nothing that may change, and no segments', () => {
  const kept = keptResponses();
  const live = httpRequest('https://cdn.example/live.m3u8', 'playlist');
  kept.keep(live, response('#EXTM3U\n'));
  expect(kept.find(live)).toBeNull();
  const segment = httpRequest('https://cdn.example/1.m4s', 'segment');
  kept.keep(segment, response('#EXT-X-ENDLIST'));
  expect(kept.find(segment)).toBeNull();
});

it('tells byte ranges of one file apart', () => {
  const kept = keptResponses();
  const part = (range: string) => httpRequest('https://cdn.example/all.mp4', 'init', { headers: { Range: range } });
  kept.keep(part('bytes=0-99'), response('first'));
  expect(kept.find(part('bytes=0-99'))).not.toBeNull();
  expect(kept.find(part('bytes=100-199'))).toBeNull();
});

it('lets the oldest go', () => {
  const kept = keptResponses();
  const init = (n: number) => httpRequest(`https://cdn.example/${n}`, 'init');
  for (let n = 0; n <= 60; n += 1) kept.keep(init(n), response('moov'));
  expect(kept.find(init(0))).toBeNull();
  expect(kept.find(init(60))).not.toBeNull();
});
