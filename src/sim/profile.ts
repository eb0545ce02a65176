/** When a player looks at a download in flight to decide whether to give it up. */
export interface LookRule {
  /** Bits that must have come since the last look, and ms that must have passed: both. */
  readonly bits: number;
  readonly timeMs: number;
  /** Whether it also looks while waiting for the first byte. */
  readonly duringLatency: boolean;
  /** Whether the first segment may be given up. */
  readonly firstSegment: boolean;
}

/** When the sound of a segment is fetched, where it is apart from the picture. */
export interface SoundRule {
  /** Segments that it may be ahead of the picture segment in flight. */
  readonly ahead: number;
  /** Whether it goes on as soon as a picture segment has arrived; else it is looked at after each of its own, and every `pollMs`. */
  readonly prompt: boolean;
  readonly pollMs: number;
}

/**
 * How a player fetches around the strategy's choices. Times in s where not named ms. {@link sabre} has no overhead at all; {@link hls} and
 * {@link shaka} follow the engines.
 */
export interface PlayerProfile {
  readonly name: string;
  /** Forward buffer at which fetching stops, unless the simulation says otherwise. */
  readonly bufferTarget: number;
  /** ms too much in the buffer for another request to leave, from level, segment and target in ms. */
  readonly excess: (levelMs: number, segmentMs: number, targetMs: number) => number;
  /** How often a player with a full buffer looks again; 0 is at once. */
  readonly pollMs: number;
  /** From when that is counted: the end of the last download, or the start of the session. */
  readonly pollFrom: 'download' | 'start';
  /** What each request takes besides latency and bytes: until it reaches the link, and from its last byte until the player knows. */
  readonly requestMs: { readonly before: number; readonly after: number };
  /** From the end of a download until its media can be played and the next request can leave. */
  readonly turnaroundMs: number;
  /** From the first media in the buffer to the first frame. */
  readonly firstFrameMs: number;
  /** Media needed before playback starts, and before it goes on after a stall. 0: the first segment will do. */
  readonly startBuffer: number;
  readonly resumeBuffer: number;
  readonly look: LookRule;
  /** After an abandonment: fetch the rendition it was given up for, or ask the strategy again (Sabre's slip). */
  readonly afterAbandonment: 'fetchTarget' | 'askAgain';
  readonly sound: SoundRule;
  /** What the player needs for itself before it asks for the first segment. */
  readonly startMs: number;
  /**
   * Bytes that are no media, in round trips one after the other: before anything else (multivariant playlist, the first playlists), and
   * before the first segment of each further rendition (its playlist and header).
   */
  readonly setup: readonly number[];
  readonly firstUse: readonly number[];
}

/** As measured in Chromium against a local server: see `npm run fidelity`. */
const BROWSER_REQUEST = { before: 6, after: 0 };

/**
 * The timing of UMass-LIDS Sabre: a request leaves as soon as its segment fits under the buffer limit, playback starts and
 * goes on with one segment, a download is looked at each 50 ms and 12 000 bits, nothing else costs anything.
 *
 * @param options `askAgain: true` reproduces a slip of Sabre: the rendition a download is given up for is forgotten and the
 * strategy asked again, with the throughput it had before
 * @see UMass-LIDS/sabre, `src/sabre.py`, commit 09b03bb
 */
export function sabre(options: { readonly askAgain?: boolean } = {}): PlayerProfile {
  return {
    name: 'sabre',
    bufferTarget: 25,
    excess: (level, duration, target) => level + duration - target,
    pollMs: 0,
    pollFrom: 'download',
    requestMs: { before: 0, after: 0 },
    turnaroundMs: 0,
    firstFrameMs: 0,
    startBuffer: 0,
    resumeBuffer: 0,
    look: { bits: 12_000, timeMs: 50, duringLatency: false, firstSegment: false },
    afterAbandonment: options.askAgain ? 'askAgain' : 'fetchTarget',
    sound: { ahead: 0, prompt: true, pollMs: 100 },
    setup: [],
    startMs: 0,
    firstUse: [],
  };
}

/**
 * How hls.js 1.7 fetches under Sluice: level and buffer are looked at every 100 ms and right after each append, a request
 * leaves while the forward buffer is below the target (so the buffer may reach target + a segment), and a level's playlist
 * is fetched before its first segment (its header beside it).
 *
 * @see hls.js `src/controller/stream-controller.ts` (`doTickIdle`), `base-stream-controller.ts` (`getMaxBufferLength`)
 */
export function hls(): PlayerProfile {
  return {
    name: 'hls',
    bufferTarget: 30,
    excess: (level, _duration, target) => level - target,
    pollMs: 100,
    pollFrom: 'start',
    requestMs: BROWSER_REQUEST,
    turnaroundMs: 9,
    firstFrameMs: 90,
    startBuffer: 0,
    resumeBuffer: 0,
    look: { bits: 0, timeMs: 100, duringLatency: true, firstSegment: true },
    afterAbandonment: 'fetchTarget',
    sound: { ahead: 0, prompt: true, pollMs: 100 },
    setup: [2_600, 11_600],
    startMs: 15,
    firstUse: [5_800],
  };
}

/**
 * How shaka-player 5.2 fetches under Sluice: each segment is decided upon when shaka is about to request it, the buffer is looked
 * at every half second while it is at the goal and right after each append, and a variant's playlist is
 * fetched before its first segment (its header beside it).
 *
 * @see shaka-player `lib/media/streaming_engine.js` (`update_`), `lib/util/player_configuration.js`
 */
export function shaka(): PlayerProfile {
  return {
    name: 'shaka',
    bufferTarget: 30,
    excess: (level, _duration, target) => level - target,
    pollMs: 500,
    pollFrom: 'download',
    requestMs: BROWSER_REQUEST,
    turnaroundMs: 5,
    firstFrameMs: 2,
    startBuffer: 0,
    resumeBuffer: 0,
    look: { bits: 0, timeMs: 100, duringLatency: true, firstSegment: true },
    afterAbandonment: 'fetchTarget',
    sound: { ahead: 1, prompt: false, pollMs: 500 },
    setup: [2_600, 11_600],
    startMs: 38,
    firstUse: [5_800],
  };
}

/** The profiles by name. */
export const PROFILES: Readonly<Record<'sabre' | 'hls' | 'shaka', () => PlayerProfile>> = { sabre, hls, shaka };
