import type { ErrorCategory, ErrorCode } from './player-error.ts';
import type { AudioTrack, Ladder, TextTrack } from './rendition.ts';

/** What a request is for. */
export type RequestKind = 'manifest' | 'playlist' | 'init' | 'segment' | 'subtitle' | 'key' | 'licence' | 'other';

/** Which elementary stream a segment carries; `muxed` is audio and video in one. */
export type TrackType = 'video' | 'audio' | 'muxed' | 'text';

/**
 * A media segment. `rendition` is an index into the ladder, null for audio and text of their own; `number` counts
 * segments within the presentation as the engine does; `start` (media time) and `duration` are seconds.
 */
export interface SegmentReference {
  readonly track: TrackType;
  readonly rendition: number | null;
  readonly number: number | null;
  readonly start: number;
  readonly duration: number;
}

/** Why a session ended: the media ended, the app or the viewer left, or a fatal error. */
export type SessionEndReason = 'ended' | 'quit' | 'failed';

/** A session starts: `startedAt` is ms since the epoch at session clock 0; `src` is redacted. */
export interface SessionStartFact {
  readonly type: 'sessionStart';
  readonly sessionId: string;
  readonly startedAt: number;
  readonly engine: string;
  readonly strategy: string;
  readonly src: string;
}

/** Somebody asked for playback (CTA-2066 playbackRequest): start-up time counts from the first of these. */
export interface PlaybackRequestFact {
  readonly type: 'playbackRequest';
}

/** The presentation is known. `duration` is s, null when live; `segmentDuration` and `targetLatency` are s. */
export interface ManifestFact {
  readonly type: 'manifest';
  readonly presentation: 'vod' | 'live';
  readonly duration: number | null;
  readonly ladder: Ladder;
  readonly segmentDuration: number | null;
  readonly targetLatency: number | null;
  readonly audioTracks: readonly AudioTrack[];
  readonly textTracks: readonly TextTrack[];
}

/** The media element said so, at this media time (s). What it means (start-up, seek, stall) is decided in `session`. */
export interface ElementFact {
  readonly type: 'play' | 'pause' | 'playing' | 'waiting' | 'seeking' | 'seeked' | 'ended';
  readonly position: number;
}

/** The playback rate changed; 1 is normal speed. */
export interface RateChangeFact {
  readonly type: 'rateChange';
  readonly position: number;
  readonly rate: number;
}

/**
 * What could be read off the element now and then: media time and forward buffer in s, frames since the element's
 * start, live latency in s (null when not live or not known).
 */
export interface SampleFact {
  readonly type: 'sample';
  readonly position: number;
  readonly bufferLevel: number;
  readonly droppedFrames: number;
  readonly totalFrames: number;
  readonly latency: number | null;
}

/**
 * One attempt at one request is over; `at` is its end. `start`, `firstByte` (first byte of the response, null if none
 * came) are s on the session clock; `bytes` is the body received, aborted ones included; `url` is redacted. `linkBytes`
 * is what all requests of the session brought between first byte and end, this one included: what the link could carry
 * while it was shared.
 */
export interface RequestFact {
  readonly type: 'request';
  readonly id: number;
  readonly attempt: number;
  readonly kind: RequestKind;
  readonly url: string;
  readonly segment: SegmentReference | null;
  readonly start: number;
  readonly firstByte: number | null;
  readonly bytes: number;
  readonly linkBytes?: number;
  readonly status: number | null;
  readonly outcome: 'ok' | 'failed' | 'aborted';
  readonly fromCache: boolean;
  readonly error: ErrorCode | null;
}

/** What a decision was made from. Bits/s and s; null where not known. */
export interface DecisionInputs {
  readonly throughput: number | null;
  readonly latency: number | null;
  readonly bufferLevel: number;
  readonly bufferTarget: number;
  readonly playbackRate: number;
}

/**
 * A choice was made and acted on. `from` and `index` are indices into the ladder, `candidates` are those that were open
 * to choice (ascending), `segment` is the one it is for. `trigger`: the next segment, a download in flight given up,
 * or a selection by the viewer.
 */
export interface DecisionFact {
  readonly type: 'decision';
  readonly trigger: 'next' | 'abandon' | 'selection';
  readonly strategy: string;
  readonly segment: { readonly number: number | null; readonly start: number };
  readonly from: number | null;
  readonly index: number;
  readonly candidates: readonly number[];
  readonly reason: string;
  readonly inputs: DecisionInputs;
}

/** Media was appended: from `start` to `end` (media time, s), `bytes` as transferred. */
export interface BufferedFact {
  readonly type: 'buffered';
  readonly track: TrackType;
  readonly rendition: number | null;
  readonly start: number;
  readonly end: number;
  readonly bytes: number;
}

/** Media between `start` and `end` (media time, s) was thrown out of the buffer. */
export interface FlushedFact {
  readonly type: 'flushed';
  readonly track: TrackType;
  readonly start: number;
  readonly end: number;
}

/** Another rendition is on screen, from this media time (s). */
export interface RenditionChangeFact {
  readonly type: 'renditionChange';
  readonly index: number;
  readonly position: number;
}

/** The viewer or the app fixed a rendition, or (null) left the choice to the strategy. */
export interface SelectionFact {
  readonly type: 'selection';
  readonly index: number | null;
}

/** Why the choice is limited from above. */
export type CapSource = 'playerSize' | 'droppedFrames' | 'dataSaver' | 'user';

/** The highest rendition that `source` allows; null when it no longer limits. */
export interface CapFact {
  readonly type: 'cap';
  readonly source: CapSource;
  readonly index: number | null;
}

/** Another audio or text rendition is in use; null is none. */
export interface TrackChangeFact {
  readonly type: 'audioTrackChange' | 'textTrackChange';
  readonly id: string | null;
}

/** The player's picture area has this size now, in device pixels (CTA-2066 playerResize). */
export interface PlayerResizeFact {
  readonly type: 'playerResize';
  readonly width: number;
  readonly height: number;
}

/**
 * What the edge said of itself (CMSD, CTA-5006): load 0…1 (`du` and the like), suggested maximum and estimated
 * throughput in bits/s (`mb`, `etp`), round trip in s (`rtt`), whether it is peak hour there.
 */
export interface EdgeFact {
  readonly type: 'edge';
  readonly load: number | null;
  readonly peakHour: boolean | null;
  readonly maxBitrate: number | null;
  readonly throughput: number | null;
  readonly roundTripTime: number | null;
}

/** Trouble. `fatal`: playback cannot go on. `url` is redacted; `status` is HTTP's. */
export interface ErrorFact {
  readonly type: 'error';
  readonly category: ErrorCategory;
  readonly code: ErrorCode;
  readonly message: string;
  readonly fatal: boolean;
  readonly url: string | null;
  readonly status: number | null;
}

/** The engine was helped over an error of this code. */
export interface RecoveryFact {
  readonly type: 'recovery';
  readonly code: ErrorCode;
  readonly action: string;
}

/** The session is over; nothing follows. */
export interface SessionEndFact {
  readonly type: 'sessionEnd';
  readonly reason: SessionEndReason;
}

/** Everything that can be said of a session. Plain data: survives NDJSON, postMessage and replay. */
export type Fact =
  | SessionStartFact
  | PlaybackRequestFact
  | ManifestFact
  | ElementFact
  | RateChangeFact
  | SampleFact
  | RequestFact
  | DecisionFact
  | BufferedFact
  | FlushedFact
  | RenditionChangeFact
  | SelectionFact
  | CapFact
  | TrackChangeFact
  | PlayerResizeFact
  | EdgeFact
  | ErrorFact
  | RecoveryFact
  | SessionEndFact;

/** A fact and when it was seen: `at` is s on the session clock. */
export type PlaybackEvent = Fact & { readonly at: number };

/** Where facts go. */
export type Report = (event: PlaybackEvent) => void;

/** The event whose `type` is T. */
export type EventOf<T extends Fact['type']> = PlaybackEvent & { readonly type: T };
