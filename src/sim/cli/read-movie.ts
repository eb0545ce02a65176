import { open, stat } from 'node:fs/promises';
import { basename, extname, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { toLadder } from '../../media/rendition.ts';
import { madeUpMovie } from '../made-up-movie.ts';
import { type Movie, parseSabreMovie, toMovie } from '../movie.ts';
import { type DashRepresentation, parseMpd, parseSidx } from './dash-presentation.ts';
import { isMultivariant, parseMediaPlaylist, parseMultivariant } from './hls-presentation.ts';
import { isUrl, readText } from './read-text.ts';
import { messageOf, UsageError } from './usage-error.ts';

/** Requests for sizes under way at once. */
const AT_ONCE = 8;

/** Segments of one rendition, or of sound: sizes in bytes, null where only asking tells. */
interface Track {
  readonly segments: readonly { readonly url: string; readonly duration: number; readonly bytes: number | null }[];
}

/**
 * A movie by the name of its file or its address: Sabre's JSON, an HLS playlist, a DASH manifest; or `made-up`. Sizes that the
 * presentation does not tell by byte ranges are asked for, one HEAD request (or file) a segment.
 *
 * @throws UsageError naming the movie and what of it is of no use
 */
export async function readMovie(name: string, signal?: AbortSignal): Promise<Movie> {
  if (name === 'made-up') return madeUpMovie();
  const text = await readText('movie file', name, signal);
  const id = basename(isUrl(name) ? new URL(name).pathname : name, extname(name));
  const url = isUrl(name) ? name : pathToFileURL(resolve(name)).href;
  try {
    if (text.trimStart().startsWith('#EXTM3U')) return await hlsMovie(id, text, url, signal);
    if (text.trimStart().startsWith('<')) return await dashMovie(id, text, url, signal);
    return parseSabreMovie(id, text);
  } catch (cause) {
    if (signal?.aborted) throw signal.reason;
    throw new UsageError(`movie file '${name}': ${messageOf(cause)}`, { cause });
  }
}

async function hlsMovie(id: string, text: string, url: string, signal?: AbortSignal): Promise<Movie> {
  if (!isMultivariant(text)) throw new RangeError('it must be the multivariant playlist, that lists the renditions');
  const variants = parseMultivariant(text);
  const playlist = async (uri: string): Promise<Track> => {
    const place = new URL(uri, url).href;
    const segments = parseMediaPlaylist(await textAt(place, signal));
    return { segments: segments.map((segment) => ({ ...segment, url: new URL(segment.uri, place).href })) };
  };
  const tracks = await Promise.all(variants.map(({ uri }) => playlist(uri)));
  const audio = variants[0]?.audio ?? null;
  const sound = audio === null ? null : await playlist(audio);
  const ladder = variants.map(({ bitrate, width, height, frameRate }) => ({
    id: `${Math.round(bitrate / 1000)}k`,
    bitrate,
    ...(width === null || height === null ? {} : { width, height }),
    ...(frameRate === null ? {} : { frameRate }),
  }));
  return assemble(id, ladder, tracks, sound === null ? 0 : await byteRate(sound, signal), signal);
}

async function dashMovie(id: string, text: string, url: string, signal?: AbortSignal): Promise<Movie> {
  const { video, soundBitrate } = parseMpd(text, url);
  const byBitrate = video.toSorted((a, b) => a.bitrate - b.bitrate);
  const tracks = await Promise.all(byBitrate.map((representation) => dashTrack(representation, signal)));
  const ladder = byBitrate.map(({ bitrate, width, height }) => ({
    id: `${Math.round(bitrate / 1000)}k`,
    bitrate,
    ...(width === null || height === null ? {} : { width, height }),
  }));
  return assemble(id, ladder, tracks, soundBitrate / 8, signal);
}

async function dashTrack({ segments, index }: DashRepresentation, signal?: AbortSignal): Promise<Track> {
  if (segments !== null) return { segments };
  if (index === null) return { segments: [] };
  const { url, range } = index;
  return { segments: parseSidx(await bytesAt(url, range, signal)).map((segment) => ({ ...segment, url })) };
}

/** Renditions of the same cut, side by side. `sound` is bytes/s that travel beside each. */
async function assemble(
  id: string,
  ladder: Movie['ladder'],
  tracks: readonly Track[],
  sound: number,
  signal?: AbortSignal,
): Promise<Movie> {
  const [first] = tracks;
  const durations = first?.segments.map(({ duration }) => duration) ?? [];
  for (const [rendition, { segments }] of tracks.entries()) {
    if (segments.length !== durations.length) {
      throw new RangeError(
        `rendition ${ladder[rendition]?.id} must have ${durations.length} segments like ${ladder[0]?.id}, got ${segments.length}`,
      );
    }
  }
  const columns = await Promise.all(tracks.map((track) => sizesOf(track, signal)));
  return toMovie({
    id,
    ladder: toLadder(ladder),
    segmentDuration: Math.max(...durations),
    durations,
    sizes: durations.map((duration, segment) => columns.map((column) => (column[segment] ?? 0) + sound * duration)),
  });
}

async function byteRate(track: Track, signal?: AbortSignal): Promise<number> {
  const sizes = await sizesOf(track, signal);
  const time = track.segments.reduce((sum, { duration }) => sum + duration, 0);
  return sizes.reduce((sum, size) => sum + size, 0) / time;
}

/** Bytes of each segment, asked for where not known, a few at a time. */
async function sizesOf({ segments }: Track, signal?: AbortSignal): Promise<number[]> {
  const sizes: number[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    for (let at = next++; at < segments.length; at = next++) {
      const segment = segments[at];
      if (segment !== undefined) sizes[at] = segment.bytes ?? (await sizeAt(segment.url, signal));
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, segments.length) }, work));
  return sizes;
}

async function sizeAt(url: string, signal?: AbortSignal): Promise<number> {
  if (url.startsWith('file:')) {
    const path = fileURLToPath(url);
    const found = await stat(path).catch((cause: unknown) => {
      throw new Error(`segment '${path}' does not exist, and nothing else tells its size`, { cause });
    });
    return found.size;
  }
  const response = await fetch(url, { method: 'HEAD', signal: signal ?? null });
  const size = Number(response.headers.get('content-length'));
  if (response.ok && size > 0) return size;
  throw new Error(
    `the size of ${url} must be told by a HEAD request, got ${response.ok ? 'no Content-Length' : response.status}`,
  );
}

async function textAt(url: string, signal?: AbortSignal): Promise<string> {
  return readText('playlist', url.startsWith('file:') ? fileURLToPath(url) : url, signal);
}

async function bytesAt(url: string, [from, to]: readonly [number, number], signal?: AbortSignal): Promise<Uint8Array> {
  const length = to - from + 1;
  if (url.startsWith('file:')) {
    const file = await open(fileURLToPath(url));
    try {
      const { buffer, bytesRead } = await file.read(new Uint8Array(length), 0, length, from);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  }
  const response = await fetch(url, { headers: { range: `bytes=${from}-${to}` }, signal: signal ?? null });
  if (response.status !== 206) throw new Error(`${url} must answer a range request with 206, got ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}
