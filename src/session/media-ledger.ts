import type { EventOf, TrackType } from '../media/playback-event.ts';

/**
 * A piece of media that has arrived: media time `start`…`end` in s, `bytes` as transferred. `appended` is false between
 * its download and the source buffer. `playedFrom`…`playedTo` is what was shown of it, equal when nothing was.
 */
export interface MediaPiece {
  readonly rendition: number | null;
  readonly muxed: boolean;
  readonly start: number;
  readonly end: number;
  readonly bytes: number;
  readonly appended: boolean;
  readonly playedFrom: number;
  readonly playedTo: number;
}

/** Bytes of media that were fetched and never shown, by cause. */
export interface Waste {
  /** Of downloads given up (a switch down in flight, a seek, a hedge that lost). */
  readonly abandoned: number;
  /** Of attempts that broke off. */
  readonly failed: number;
  /** Fetched again in another rendition before they were shown. */
  readonly replaced: number;
  /** Thrown out of the buffer before they were shown. */
  readonly flushed: number;
  /** Lost from sight: left behind by seeks for longer than the ledger remembers. */
  readonly forgotten: number;
}

/** Every piece of media between the network and the eye: picture (video or muxed) and sound apart, in order of arrival. */
export interface MediaLedger {
  readonly picture: readonly MediaPiece[];
  readonly sound: readonly MediaPiece[];
  readonly waste: Waste;
}

/** Nothing has arrived. */
export const EMPTY_LEDGER: MediaLedger = {
  picture: [],
  sound: [],
  waste: { abandoned: 0, failed: 0, replaced: 0, flushed: 0, forgotten: 0 },
};

/** s of overlap between neighbours that is a seam (audio priming, rounded times), not the same media again. */
const SEAM = 0.1;
/** s behind the playhead after which media that was shown is not needed any more (a seek further back finds no bytes for it). */
const KEPT_BEHIND = 30;
/** s of media below which there is nothing to account for. */
const LEAST = 0.001;
/** Pieces remembered at most: 10 min of 2 s segments, more than any buffer holds. */
const MOST_PIECES = 300;

/** A piece of which nothing was shown. */
const pieceOf = (
  { track, rendition, start }: { track: TrackType; rendition: number | null; start: number },
  end: number,
  bytes: number,
  appended: boolean,
): MediaPiece => ({
  rendition,
  muxed: track === 'muxed',
  start,
  end,
  bytes,
  appended,
  playedFrom: start,
  playedTo: start,
});

type Part = 'picture' | 'sound';

const partOf = (track: TrackType): Part | null => (track === 'text' ? null : track === 'audio' ? 'sound' : 'picture');

/** Share of a piece, 0…1, that lies within `from`…`to` and was not shown. */
function unshown(piece: MediaPiece, from: number, to: number): number {
  const start = Math.max(piece.start, from);
  const end = Math.min(piece.end, to);
  const shown = Math.max(Math.min(piece.playedTo, end) - Math.max(piece.playedFrom, start), 0);
  return Math.max(end - start - shown, 0) / (piece.end - piece.start);
}

const within = (piece: MediaPiece, start: number, end: number): MediaPiece => ({
  ...piece,
  start,
  end,
  bytes: (piece.bytes * (end - start)) / (piece.end - piece.start),
  playedFrom: Math.min(Math.max(piece.playedFrom, start), end),
  playedTo: Math.min(Math.max(piece.playedTo, start), end),
});

/** Takes `from`…`to` out of the pieces; `lost` is the bytes of it that were never shown. */
function cut(pieces: readonly MediaPiece[], from: number, to: number): { rest: MediaPiece[]; lost: number } {
  const rest: MediaPiece[] = [];
  let lost = 0;
  for (const piece of pieces) {
    if (Math.min(piece.end, to) - Math.max(piece.start, from) <= Math.min(SEAM, (piece.end - piece.start) / 2)) {
      rest.push(piece);
      continue;
    }
    lost += piece.bytes * unshown(piece, from, to);
    if (from - piece.start > SEAM) rest.push(within(piece, piece.start, from));
    if (piece.end - to > SEAM) rest.push(within(piece, to, piece.end));
  }
  return { rest, lost };
}

const spend = (ledger: MediaLedger, cause: keyof Waste, bytes: number): MediaLedger =>
  bytes === 0 ? ledger : { ...ledger, waste: { ...ledger.waste, [cause]: ledger.waste[cause] + bytes } };

const isShown = (piece: MediaPiece): boolean => piece.playedTo - piece.playedFrom >= piece.end - piece.start - SEAM;

/** Forgets what was shown long ago, and the oldest if there is too much. */
function tidy(ledger: MediaLedger, part: Part, position: number): MediaLedger {
  const needed = ledger[part].filter((piece) => piece.end > position - KEPT_BEHIND || !isShown(piece));
  const excess = needed.splice(0, Math.max(needed.length - MOST_PIECES, 0));
  const lost = excess.reduce((sum, piece) => sum + piece.bytes * unshown(piece, piece.start, piece.end), 0);
  return spend({ ...ledger, [part]: needed }, 'forgotten', lost);
}

/** A request is over: media that came whole waits to be appended, what came of the others is lost. */
export function arrived(ledger: MediaLedger, event: EventOf<'request'>, position: number): MediaLedger {
  const { segment, kind, outcome, bytes } = event;
  if (kind !== 'segment') return ledger;
  if (outcome !== 'ok') return spend(ledger, outcome === 'aborted' ? 'abandoned' : 'failed', bytes);
  const part = segment === null ? null : partOf(segment.track);
  if (segment === null || part === null || !(segment.duration >= LEAST)) return ledger;
  const piece = pieceOf(segment, segment.start + segment.duration, bytes, false);
  return tidy({ ...ledger, [part]: [...ledger[part], piece] }, part, position);
}

/** Media is in the buffer. It takes the place of its own download, and of whatever was there before. */
export function appended(ledger: MediaLedger, event: EventOf<'buffered'>, position: number): MediaLedger {
  const { rendition, start, end, bytes } = event;
  const part = partOf(event.track);
  if (part === null || !(end - start >= LEAST)) return ledger;
  const isOwn = (piece: MediaPiece): boolean => {
    const middle = (piece.start + piece.end) / 2;
    return !piece.appended && piece.rendition === rendition && middle > start && middle < end;
  };
  const { rest, lost } = cut(
    ledger[part].filter((piece) => !isOwn(piece)),
    start,
    end,
  );
  rest.push(pieceOf(event, end, bytes, true));
  return tidy(spend({ ...ledger, [part]: rest }, 'replaced', lost), part, position);
}

/** Media was thrown out of the buffer. Downloads still on their way there stay. */
export function flushed(ledger: MediaLedger, { track, start, end }: EventOf<'flushed'>): MediaLedger {
  const part = partOf(track);
  if (part === null || !(end > start)) return ledger;
  const waiting = ledger[part].filter((piece) => !piece.appended);
  const { rest, lost } = cut(
    ledger[part].filter((piece) => piece.appended),
    start,
    end,
  );
  return spend({ ...ledger, [part]: [...rest, ...waiting] }, 'flushed', lost);
}

/** The piece in the buffer that is shown at a media time, the last appended if several cover it. */
export function pieceAt(pieces: readonly MediaPiece[], position: number): MediaPiece | null {
  for (let index = pieces.length - 1; index >= 0; index -= 1) {
    const piece = pieces[index] as MediaPiece;
    if (piece.appended && piece.start <= position && position < piece.end) return piece;
  }
  return null;
}

const show = (piece: MediaPiece, from: number, to: number): MediaPiece => {
  const start = Math.max(piece.start, from);
  const end = Math.min(piece.end, to);
  const first = piece.playedFrom === piece.playedTo;
  return {
    rendition: piece.rendition,
    muxed: piece.muxed,
    start: piece.start,
    end: piece.end,
    bytes: piece.bytes,
    appended: piece.appended,
    playedFrom: first ? start : Math.min(piece.playedFrom, start),
    playedTo: first ? end : Math.max(piece.playedTo, end),
  };
};

function mark(pieces: readonly MediaPiece[], from: number, to: number): readonly MediaPiece[] {
  let marked: MediaPiece[] | null = null;
  for (let index = 0; index < pieces.length; index += 1) {
    const piece = pieces[index] as MediaPiece;
    if (!piece.appended || piece.start >= to || piece.end <= from) continue;
    marked ??= pieces.slice();
    marked[index] = show(piece, from, to);
  }
  return marked ?? pieces;
}

/** Media between two media times was shown. */
export function shown({ picture, sound, waste }: MediaLedger, from: number, to: number): MediaLedger {
  return { picture: mark(picture, from, to), sound: mark(sound, from, to), waste };
}

function ahead(pieces: readonly MediaPiece[]): number {
  let bytes = 0;
  for (let index = 0; index < pieces.length; index += 1) {
    const { start, end, playedFrom, playedTo, bytes: all } = pieces[index] as MediaPiece;
    bytes += all * Math.max(1 - (playedTo - playedFrom) / (end - start), 0);
  }
  return bytes;
}

/** Bytes that have arrived, were not shown and are not lost yet. */
export function bytesAhead({ picture, sound }: MediaLedger): number {
  return ahead(picture) + ahead(sound);
}
