import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createFixtureServer } from '../../../fixtures/server/fixture-server.ts';
import { parseMpd, parseSidx } from './dash-presentation.ts';
import { parseMediaPlaylist, parseMultivariant } from './hls-presentation.ts';
import { readMovie } from './read-movie.ts';
import { parseXml } from './xml.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-movie-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));
const write = async (name: string, content: string | Uint8Array): Promise<string> => {
  await writeFile(join(folder, name), content);
  return join(folder, name);
};

const MULTIVARIANT = `#EXTM3U
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="s",NAME="en",DEFAULT=YES,URI="sound.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=2000000,RESOLUTION=1280x720,CODECS="avc1.64001f,mp4a.40.2",AUDIO="s"
high.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=900000,RESOLUTION=1280x720,CODECS="hvc1.1.6.L93,mp4a.40.2",AUDIO="s"
other.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=500000,RESOLUTION=640x360,CODECS="avc1.64001e,mp4a.40.2",AUDIO="s"
low.m3u8
`;
const media = (rows: readonly (readonly [duration: number, bytes: number])[]): string =>
  [
    '#EXTM3U',
    '#EXT-X-TARGETDURATION:4',
    ...rows.flatMap(([duration, bytes]) => [`#EXTINF:${duration},`, `#EXT-X-BYTERANGE:${bytes}@0`, 'all.mp4']),
    '#EXT-X-ENDLIST',
  ].join('\n');

describe('a movie from an HLS presentation', () => {
  it('has sizes from byte ranges, one codec, and its sound beside every segment', async () => {
    const name = await write('main.m3u8', MULTIVARIANT);
    await write(
      'high.m3u8',
      media([
        [4, 900_000],
        [2, 500_000],
      ]),
    );
    await write(
      'low.m3u8',
      media([
        [4, 200_000],
        [2, 110_000],
      ]),
    );
    await write('sound.m3u8', media([[6, 96_000]]));
    const movie = await readMovie(name);
    expect(movie).toMatchObject({ id: 'main', segmentDuration: 4, durations: [4, 2] });
    expect(movie.ladder).toEqual([
      { id: '500k', bitrate: 500_000, width: 640, height: 360 },
      { id: '2000k', bitrate: 2_000_000, width: 1280, height: 720 },
    ]);
    // 96 kB of sound in 6 s are 16 kB each second.
    expect(movie.sizes).toEqual([
      [264_000, 964_000],
      [142_000, 532_000],
    ]);
  });

  it('asks a server for what the playlist does not tell', async () => {
    const server = await createFixtureServer();
    try {
      const movie = await readMovie(`${server.origin}/vod/main.m3u8`);
      expect(movie.durations).toHaveLength(16);
      for (const [index, { bitrate }] of movie.ladder.entries()) {
        const bits = movie.sizes.reduce((sum, row) => sum + (row[index] ?? 0) * 8, 0);
        // The server pads segments to the declared bitrate, sound included.
        expect(bits / 64 / bitrate).toBeCloseTo(1, 1.5);
      }
    } finally {
      await server.close();
    }
  }, 60_000);

  it('is refused by name where it is live, of unequal cuts, or a part only', async () => {
    const live = media([[4, 1]]).replace('#EXT-X-ENDLIST', '');
    expect(() => parseMediaPlaylist(live)).toThrow('must have an end (#EXT-X-ENDLIST)');
    expect(() => parseMultivariant('<html>')).toThrow("must begin with #EXTM3U, got '<html>'");
    const part = await write('part.m3u8', media([[4, 1]]));
    await expect(readMovie(part)).rejects.toThrow(`movie file '${part}': it must be the multivariant playlist`);
    await write('low.m3u8', media([[4, 200_000]]));
    await expect(readMovie(join(folder, 'main.m3u8'))).rejects.toThrow(
      'rendition 2000k must have 1 segments like 500k, got 2',
    );
    await expect(readMovie(join(folder, 'none.m3u8'))).rejects.toThrow("none.m3u8' does not exist");
  });
});

/** An index of two segments: 1000 bytes for 4 s, 500 bytes for 2 s, after a box that is none. */
function sidx(version: 0 | 1): Uint8Array {
  const bytes = new Uint8Array(100);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 12);
  view.setUint32(4, 0x73747970); // styp
  const head = version === 0 ? 20 : 28;
  view.setUint32(12, 12 + head + 24);
  view.setUint32(16, 0x73696478);
  view.setUint8(20, version);
  view.setUint32(28, 90_000);
  const count = 12 + 12 + (version === 0 ? 18 : 26);
  view.setUint16(count, 2);
  for (const [at, [size, duration]] of [
    [1000, 4],
    [500, 2],
  ].entries()) {
    view.setUint32(count + 2 + at * 12, size ?? 0);
    view.setUint32(count + 2 + at * 12 + 4, (duration ?? 0) * 90_000);
  }
  return bytes;
}

const mpd = (set: string): string =>
  `<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT0M10S"><!-- a --><Period>${set}</Period></MPD>`;

describe('a movie from a DASH presentation', () => {
  it('follows timelines, durations and lists of segments', () => {
    const timeline = mpd(
      `<AdaptationSet mimeType="video/mp4"><SegmentTemplate timescale="1000" media="$RepresentationID$/$Time$-$Number%03d$.m4s" startNumber="5"><SegmentTimeline><S t="0" d="4000" r="1"/><S d="2000"/></SegmentTimeline></SegmentTemplate><Representation id="v1" bandwidth="800000" width="640" height="360"/></AdaptationSet><AdaptationSet contentType="audio"><Representation id="a" bandwidth="96000"/></AdaptationSet>`,
    );
    const result = parseMpd(timeline, 'https://host/dir/manifest.mpd');
    expect(result.soundBitrate).toBe(96_000);
    expect(result.video[0]).toMatchObject({ id: 'v1', bitrate: 800_000, width: 640, height: 360 });
    expect(result.video[0]?.segments).toEqual([
      { url: 'https://host/dir/v1/0-005.m4s', duration: 4, bytes: null },
      { url: 'https://host/dir/v1/4000-006.m4s', duration: 4, bytes: null },
      { url: 'https://host/dir/v1/8000-007.m4s', duration: 2, bytes: null },
    ]);
    const even = mpd(
      '<AdaptationSet contentType="video"><Representation id="v" bandwidth="1"><SegmentTemplate duration="4" media="$Number$.m4s"/></Representation></AdaptationSet>',
    );
    expect(parseMpd(even, 'https://host/m').video[0]?.segments?.map(({ duration }) => duration)).toEqual([4, 4, 2]);
    const list = mpd(
      '<AdaptationSet contentType="video"><Representation id="v" bandwidth="1"><BaseURL>all.mp4</BaseURL><SegmentList duration="5"><SegmentURL mediaRange="100-299"/><SegmentURL mediaRange="300-349"/></SegmentList></Representation></AdaptationSet>',
    );
    expect(parseMpd(list, 'https://host/m').video[0]?.segments?.map(({ bytes }) => bytes)).toEqual([200, 50]);
  });

  it('reads the index of a file of its own', async () => {
    for (const version of [0, 1] as const) {
      expect(parseSidx(sidx(version))).toEqual([
        { bytes: 1000, duration: 4 },
        { bytes: 500, duration: 2 },
      ]);
    }
    await write('v.mp4', sidx(0));
    const name = await write(
      'main.mpd',
      mpd(
        '<AdaptationSet contentType="video"><Representation id="v" bandwidth="2000"><BaseURL>v.mp4</BaseURL><SegmentBase indexRange="12-99"/></Representation></AdaptationSet>',
      ),
    );
    expect(await readMovie(name)).toMatchObject({ durations: [4, 2], sizes: [[1000], [500]] });
    expect(() => parseSidx(new Uint8Array(40))).toThrow('index must have a sidx box, got none');
  });

  it('is refused where it is live, broken or says nothing', () => {
    expect(() => parseMpd('<MPD type="dynamic"><Period/></MPD>', 'https://h/')).toThrow('MPD must be static');
    expect(() => parseMpd(mpd(''), 'https://h/')).toThrow('MPD must have an AdaptationSet of video, got none');
    expect(() => parseXml('<a><b></a>')).toThrow('</a> closes <b>');
    expect(() => parseXml('<a>')).toThrow('<a> is not closed');
    expect(parseXml('<x:a t="1 &lt; 2"><![CDATA[<]]>&#65;</x:a>')).toEqual({
      name: 'a',
      attributes: { t: '1 < 2' },
      children: [],
      text: '<A',
    });
  });
});
