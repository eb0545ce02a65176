import { childrenOf, parseXml, type XmlElement } from './xml.ts';

/** A segment of a representation: where it is, and its bytes where the manifest says so by a range. */
export interface DashSegment {
  readonly url: string;
  /** s. */
  readonly duration: number;
  readonly bytes: number | null;
}

/** A video representation: its segments, or the file and byte range of the index (`sidx`) that lists them. */
export interface DashRepresentation {
  readonly id: string;
  /** bits/s. */
  readonly bitrate: number;
  readonly width: number | null;
  readonly height: number | null;
  readonly segments: readonly DashSegment[] | null;
  readonly index: { readonly url: string; readonly range: readonly [number, number] } | null;
}

/** What a manifest offers to look at, and how fast the sound beside it flows (bits/s, the lowest offered; 0 where there is none). */
export interface DashPresentation {
  readonly video: readonly DashRepresentation[];
  readonly soundBitrate: number;
}

/** A segment of an index box. */
export interface IndexedSegment {
  /** s. */
  readonly duration: number;
  readonly bytes: number;
}

/**
 * The video of a static, single-period manifest: SegmentTemplate (timeline or duration), SegmentList, or SegmentBase with an index.
 *
 * @param url of the manifest, which others are relative to
 * @throws SyntaxError or RangeError naming what is missing or not covered
 * @see ISO/IEC 23009-1
 */
export function parseMpd(text: string, url: string): DashPresentation {
  const mpd = parseXml(text);
  if (mpd.name !== 'MPD') throw new SyntaxError(`a DASH manifest must be an MPD, got <${mpd.name}>`);
  if (mpd.attributes.type === 'dynamic')
    throw new RangeError('MPD must be static: live streams cannot be simulated from it');
  const [period, second] = childrenOf(mpd, 'Period');
  if (period === undefined || second !== undefined) {
    throw new RangeError(`MPD must have one Period, got ${period === undefined ? 'none' : 'several'}`);
  }
  const total = isoDuration(period.attributes.duration) ?? isoDuration(mpd.attributes.mediaPresentationDuration);
  const base = resolveBase(period, resolveBase(mpd, url));
  const sets = childrenOf(period, 'AdaptationSet');
  const videoSet = sets.find((set) => kindOf(set) === 'video');
  if (videoSet === undefined) throw new RangeError('MPD must have an AdaptationSet of video, got none');
  const video = childrenOf(videoSet, 'Representation').map((element) =>
    representation(element, videoSet, period, resolveBase(videoSet, base), total),
  );
  const sounds = sets.filter((set) => kindOf(set) === 'audio').flatMap((set) => childrenOf(set, 'Representation'));
  const rates = sounds.map(({ attributes }) => Number(attributes.bandwidth)).filter((rate) => rate > 0);
  return { video, soundBitrate: rates.length === 0 ? 0 : Math.min(...rates) };
}

/**
 * The segments that an index box lists; references to further indices are not followed.
 *
 * @throws RangeError if the bytes hold no `sidx` box, or one of indices
 * @see ISO/IEC 14496-12, 8.16.3
 */
export function parseSidx(bytes: Uint8Array): IndexedSegment[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  while (at + 8 <= view.byteLength && view.getUint32(at + 4) !== 0x73696478) at += Math.max(view.getUint32(at), 8);
  if (at + 32 > view.byteLength) throw new RangeError('index must have a sidx box, got none');
  const version = view.getUint8(at + 8);
  const timescale = view.getUint32(at + 16);
  const count = view.getUint16(at + (version === 0 ? 30 : 38));
  const first = at + (version === 0 ? 32 : 40);
  return Array.from({ length: count }, (_, index) => {
    const reference = view.getUint32(first + index * 12);
    if (reference >>> 31 === 1) throw new RangeError('sidx must list segments, got a list of indices');
    return { bytes: reference & 0x7fffffff, duration: view.getUint32(first + index * 12 + 4) / timescale };
  });
}

function kindOf(set: XmlElement): string {
  const representations = childrenOf(set, 'Representation');
  const type = set.attributes.contentType ?? set.attributes.mimeType ?? representations[0]?.attributes.mimeType ?? '';
  return type.split('/')[0] ?? '';
}

function resolveBase(element: XmlElement, base: string): string {
  const [own] = childrenOf(element, 'BaseURL');
  return own === undefined ? base : new URL(own.text.trim(), base).href;
}

function representation(
  element: XmlElement,
  set: XmlElement,
  period: XmlElement,
  base: string,
  total: number | null,
): DashRepresentation {
  const { id = '', bandwidth, width, height } = element.attributes;
  const bitrate = Number(bandwidth);
  if (!(bitrate > 0)) throw new SyntaxError(`bandwidth of Representation '${id}' must be > 0, got ${bandwidth}`);
  const url = resolveBase(element, base);
  const inherited = (name: string): XmlElement | null => inherit([period, set, element], name);
  const common = {
    id,
    bitrate,
    width: Number(width ?? set.attributes.width) || null,
    height: Number(height ?? set.attributes.height) || null,
  };
  const template = inherited('SegmentTemplate');
  const list = inherited('SegmentList');
  const single = inherited('SegmentBase');
  if (template !== null) {
    return { ...common, segments: fromTemplate(template, { id, bitrate, url, total }), index: null };
  }
  if (list !== null) return { ...common, segments: fromList(list, url, id), index: null };
  const range = rangeOf(single?.attributes.indexRange);
  if (range === null) throw new RangeError(`Representation '${id}' must say where its segments are, and does not`);
  return { ...common, segments: null, index: { url, range } };
}

/** An element with what it does not say itself taken from the same element further out. */
function inherit(levels: readonly XmlElement[], name: string): XmlElement | null {
  const found = levels.flatMap((level) => childrenOf(level, name).slice(0, 1));
  if (found.length === 0) return null;
  return found.reduce((outer, inner) => ({
    ...inner,
    attributes: { ...outer.attributes, ...inner.attributes },
    children: [...inner.children, ...outer.children.filter((child) => childrenOf(inner, child.name).length === 0)],
  }));
}

function fromTemplate(
  template: XmlElement,
  { id, bitrate, url, total }: { id: string; bitrate: number; url: string; total: number | null },
): DashSegment[] {
  const { media, timescale = '1', startNumber = '1', duration } = template.attributes;
  if (media === undefined) throw new SyntaxError(`SegmentTemplate of '${id}' must have media, got nothing`);
  const scale = Number(timescale);
  const [timeline] = childrenOf(template, 'SegmentTimeline');
  const times =
    timeline === undefined ? evenTimes(Number(duration), scale, total, id) : timelineTimes(timeline, scale, total, id);
  return times.map(({ time, length }, index) => {
    const values = { RepresentationID: id, Bandwidth: bitrate, Number: Number(startNumber) + index, Time: time };
    return { url: new URL(fillTemplate(media, values), url).href, duration: length / scale, bytes: null };
  });
}

/** Segments of a representation that are listed: two days of the shortest that anybody makes. */
const MOST_SEGMENTS = 200_000;

function requireFew(count: number, id: string): void {
  if (count <= MOST_SEGMENTS) return;
  throw new RangeError(
    `SegmentTemplate of '${id}' must have at most ${MOST_SEGMENTS} segments, got ${Math.ceil(count)}`,
  );
}

interface TimelineEntry {
  readonly time: number;
  readonly length: number;
}

function evenTimes(length: number, scale: number, total: number | null, id: string): TimelineEntry[] {
  if (!(length > 0)) throw new SyntaxError(`SegmentTemplate of '${id}' must have a SegmentTimeline or a duration`);
  if (total === null) throw new RangeError(`MPD must say how long it lasts, for the segments of '${id}'`);
  const end = total * scale;
  requireFew(end / length, id);
  return Array.from({ length: Math.ceil(end / length - 1e-6) }, (_, index) => ({
    time: index * length,
    length: Math.min(length, end - index * length),
  }));
}

function timelineTimes(timeline: XmlElement, scale: number, total: number | null, id: string): TimelineEntry[] {
  const entries: TimelineEntry[] = [];
  const runs = childrenOf(timeline, 'S');
  let time = 0;
  for (const [index, { attributes }] of runs.entries()) {
    const length = Number(attributes.d);
    if (!(length > 0)) throw new SyntaxError(`S of SegmentTimeline must have d > 0, got ${attributes.d}`);
    if (attributes.t !== undefined) time = Number(attributes.t);
    const next = runs[index + 1]?.attributes.t;
    const until = next === undefined ? (total ?? 0) * scale : Number(next);
    const repeats = Number(attributes.r ?? 0);
    const count = repeats < 0 ? Math.ceil((until - time) / length - 1e-6) : repeats + 1;
    requireFew(entries.length + count, id);
    for (let run = 0; run < count; run += 1) {
      entries.push({ time, length });
      time += length;
    }
  }
  return entries;
}

/** `$Number%05d$` and its like; `$$` is a dollar. */
function fillTemplate(template: string, values: Readonly<Record<string, string | number>>): string {
  return template.replace(/\$(\w*)(?:%0(\d+)d)?\$/g, (whole, name: string, width?: string) => {
    if (name === '') return '$';
    const value = values[name];
    return value === undefined ? whole : String(value).padStart(Number(width ?? 0), '0');
  });
}

function fromList(list: XmlElement, base: string, id: string): DashSegment[] {
  const { duration, timescale = '1' } = list.attributes;
  const length = Number(duration) / Number(timescale);
  if (!(length > 0)) throw new SyntaxError(`SegmentList of '${id}' must have a duration, got ${duration}`);
  return childrenOf(list, 'SegmentURL').map(({ attributes }) => {
    const range = rangeOf(attributes.mediaRange);
    return {
      url: new URL(attributes.media ?? '', base).href,
      duration: length,
      bytes: range === null ? null : range[1] - range[0] + 1,
    };
  });
}

function rangeOf(text: string | undefined): readonly [number, number] | null {
  const [, from, to] = /^(\d+)-(\d+)$/.exec(text ?? '') ?? [];
  return from === undefined || to === undefined ? null : [Number(from), Number(to)];
}

/** s of `PT1H2M3.5S`; null where there is none. */
function isoDuration(text: string | undefined): number | null {
  const match = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:([\d.]+)S)?)?$/.exec(text ?? '');
  if (match === null) return null;
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = match.slice(1).map((part) => Number(part ?? 0));
  return days * 86_400 + hours * 3600 + minutes * 60 + seconds;
}
