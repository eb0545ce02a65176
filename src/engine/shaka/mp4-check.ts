/** Types of the boxes that a media or initialization segment of fragmented MP4 can begin with (ISO/IEC 14496-12, 23000-19). */
const FIRST_BOXES: ReadonlySet<string> = new Set([
  'ftyp',
  'styp',
  'moov',
  'moof',
  'sidx',
  'emsg',
  'prft',
  'free',
  'skip',
  'uuid',
]);

/** A box: where its contents and its end are in the body. */
interface Box {
  readonly type: string;
  readonly contents: number;
  readonly end: number;
}

/** The box that begins at `at`; null if there is no room for its header or for itself before `limit`. */
function boxAt(view: DataView, at: number, limit: number): Box | null {
  if (at + 8 > limit) return null;
  const size = view.getUint32(at);
  const type = String.fromCharCode(...[4, 5, 6, 7].map((offset) => view.getUint8(at + offset)));
  if (size === 0) return { type, contents: at + 8, end: limit };
  if (size !== 1) return size < 8 || at + size > limit ? null : { type, contents: at + 8, end: at + size };
  if (at + 16 > limit) return null;
  const large = Number(view.getBigUint64(at + 8));
  return large < 16 || at + large > limit ? null : { type, contents: at + 16, end: at + large };
}

/** The boxes that fill the stretch; null if they do not fill it exactly. */
function boxesIn(view: DataView, start: number, end: number): readonly Box[] | null {
  const boxes: Box[] = [];
  for (let at = start; at < end; ) {
    const box = boxAt(view, at, end);
    if (box === null) return null;
    boxes.push(box);
    at = box.end;
  }
  return boxes;
}

/**
 * What is wrong with a segment of fragmented MP4, in words; null if its boxes are in order, or if it is something else (such as
 * encrypted as a whole). Looks at the outline only: the boxes of the segment and of its fragments, not at samples.
 *
 * Source buffers take neither half a box nor a broken fragment: the first leaves them waiting for the rest, which then is the
 * next segment; the second closes them.
 */
export function wrongWithMp4(body: ArrayBuffer): string | null {
  const view = new DataView(body);
  const first = body.byteLength < 8 ? null : String.fromCharCode(...new Uint8Array(body, 4, 4));
  if (first === null) return body.byteLength === 0 ? 'it is empty' : 'it is shorter than a box';
  if (!FIRST_BOXES.has(first)) return null;
  const boxes = boxesIn(view, 0, body.byteLength);
  if (boxes === null) return 'it ends within a box';
  for (const { type, contents, end } of boxes) {
    if (type !== 'moof') continue;
    const children = boxesIn(view, contents, end)?.map((child) => child.type) ?? null;
    if (children === null || !children.includes('mfhd')) return 'a movie fragment is broken';
  }
  return null;
}
