import type { Fragment, FragmentLoaderContext, LoaderContext } from 'hls.js';
import type { RequestKind, SegmentReference, TrackType } from '../../media/playback-event.ts';
import type { LoadDescription } from './http-loader.ts';

const KINDS: Readonly<Record<string, RequestKind>> = {
  manifest: 'manifest',
  level: 'playlist',
  audioTrack: 'playlist',
  subtitleTrack: 'playlist',
  key: 'key',
  'server-certificate': 'licence',
};

/** What is known of the levels when a request is described. */
export interface LevelKnowledge {
  readonly mainTrack: () => TrackType;
  readonly indexOf: (level: number) => number | null;
  /** Media sequence number of the presentation's first segment; null when it is live, where numbers stay as they are. */
  readonly firstNumber: (frag: Fragment) => number | null;
}

function referenceOf(frag: Fragment, known: LevelKnowledge): SegmentReference {
  const main = frag.type === 'main';
  const track = main ? known.mainTrack() : frag.type === 'audio' ? 'audio' : 'text';
  const rendition = main ? known.indexOf(frag.level) : null;
  if (frag.sn === 'initSegment') return { track, rendition, number: null, start: 0, duration: 0 };
  const number = frag.sn - (known.firstNumber(frag) ?? 0);
  return { track, rendition, number, start: frag.start, duration: frag.duration };
}

/**
 * What a request of hls.js is for. Initialisation segments refer to their rendition, with no number or time. Parts (low-latency
 * HLS) refer to the segment they are of.
 */
export function describeLoad(context: LoaderContext, known: LevelKnowledge): LoadDescription {
  const { frag } = context as Partial<FragmentLoaderContext>;
  if (context.type !== 'media-fragment' || !frag) return { kind: KINDS[context.type] ?? 'other', segment: null };
  const kind = frag.type === 'subtitle' ? 'subtitle' : frag.sn === 'initSegment' ? 'init' : 'segment';
  return { kind, segment: referenceOf(frag, known) };
}
