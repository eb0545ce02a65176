/** A variant of a multivariant playlist; `uri` as it stands there. */
export interface HlsVariant {
  readonly uri: string;
  /** BANDWIDTH, bits/s. */
  readonly bitrate: number;
  readonly width: number | null;
  readonly height: number | null;
  readonly frameRate: number | null;
  readonly codecs: string | null;
  /** The playlist of its sound, where that has segments of its own. */
  readonly audio: string | null;
}

/** A segment of a media playlist: `bytes` where the playlist says it. */
export interface HlsSegment {
  readonly uri: string;
  /** s. */
  readonly duration: number;
  readonly bytes: number | null;
}

/**
 * The variants of a multivariant playlist, one for each bitrate, all of the first one's video codec.
 *
 * @throws SyntaxError where the text is no such playlist
 * @see RFC 8216, section 4.3.4
 */
export function parseMultivariant(text: string): HlsVariant[] {
  const lines = playlistLines(text);
  const sounds = lines.flatMap((line) => {
    const media = attributesOf(line, '#EXT-X-MEDIA:');
    return media?.TYPE === 'AUDIO' && media.URI !== undefined ? [media] : [];
  });
  const variants = lines.flatMap((line, index): HlsVariant[] => {
    const stream = attributesOf(line, '#EXT-X-STREAM-INF:');
    const uri = lines.slice(index + 1).find((next) => !next.startsWith('#'));
    if (stream === null || uri === undefined) return [];
    const bitrate = Number(stream.BANDWIDTH);
    if (!(bitrate > 0)) throw new SyntaxError(`BANDWIDTH of variant '${uri}' must be > 0, got ${stream.BANDWIDTH}`);
    const [width, height] = (stream.RESOLUTION ?? '').split('x').map(Number);
    const group = sounds.filter((media) => media['GROUP-ID'] === stream.AUDIO);
    const sound = group.find((media) => media.DEFAULT === 'YES') ?? group[0];
    return [
      {
        uri,
        bitrate,
        width: width || null,
        height: height || null,
        frameRate: Number(stream['FRAME-RATE']) || null,
        codecs: stream.CODECS ?? null,
        audio: sound?.URI ?? null,
      },
    ];
  });
  const [first] = variants;
  if (first === undefined)
    throw new SyntaxError('a multivariant playlist must have a variant (#EXT-X-STREAM-INF), got none');
  const alike = variants.filter(({ codecs }) => family(codecs) === family(first.codecs));
  const byBitrate = new Map(alike.toReversed().map((variant) => [variant.bitrate, variant]));
  return [...byBitrate.values()].sort((a, b) => a.bitrate - b.bitrate);
}

/**
 * The segments of a media playlist. A playlist that is still growing has no end to simulate to.
 *
 * @throws SyntaxError where the text is no such playlist, RangeError where it is live
 * @see RFC 8216, sections 4.3.2 and 4.3.3
 */
export function parseMediaPlaylist(text: string): HlsSegment[] {
  const segments: HlsSegment[] = [];
  let duration: number | null = null;
  let bytes: number | null = null;
  let ended = false;
  for (const line of playlistLines(text)) {
    if (line.startsWith('#EXTINF:')) {
      duration = Number.parseFloat(line.slice('#EXTINF:'.length));
      if (!(duration > 0)) throw new SyntaxError(`EXTINF must be > 0 s, got '${line}'`);
    } else if (line.startsWith('#EXT-X-BYTERANGE:'))
      bytes = Number.parseInt(line.slice('#EXT-X-BYTERANGE:'.length), 10);
    else if (line === '#EXT-X-ENDLIST') ended = true;
    else if (!line.startsWith('#') && duration !== null) {
      segments.push({ uri: line, duration, bytes });
      duration = null;
      bytes = null;
    }
  }
  if (segments.length === 0) throw new SyntaxError('a media playlist must have a segment (#EXTINF), got none');
  if (!ended)
    throw new RangeError(
      'a media playlist must have an end (#EXT-X-ENDLIST): live streams cannot be simulated from it',
    );
  return segments;
}

/** Whether a playlist lists variants, not segments. */
export function isMultivariant(text: string): boolean {
  return /^#EXT-X-STREAM-INF:/m.test(text);
}

function playlistLines(text: string): string[] {
  const lines = text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
  if (lines[0] !== '#EXTM3U') throw new SyntaxError(`an HLS playlist must begin with #EXTM3U, got '${lines[0] ?? ''}'`);
  return lines;
}

function attributesOf(line: string, tag: string): Record<string, string | undefined> | null {
  if (!line.startsWith(tag)) return null;
  const pairs = line.slice(tag.length).matchAll(/([A-Z0-9-]+)=("[^"]*"|[^,]*)/g);
  return Object.fromEntries([...pairs].map(([, name = '', value = '']) => [name, value.replace(/^"|"$/g, '')]));
}

/** `avc1` of `avc1.640028,mp4a.40.2`; nothing where only sound is named. */
function family(codecs: string | null): string {
  const video = (codecs ?? '').split(',').find((codec) => !/^\s*(mp4a|ac-3|ec-3|opus|flac|fLaC)/.test(codec));
  return (video ?? '').trim().split('.')[0] ?? '';
}
