import type { Level } from 'hls.js';
import type { Rendition } from '../../media/rendition.ts';
import type { VariantDescription } from '../ladder-map.ts';

/**
 * bits/s for the only level of a media playlist that is played without a multivariant playlist and says nothing of its size.
 * With one rung there is nothing to choose, so the number only stands in metrics.
 */
const UNDECLARED_BITRATE = 1_000_000;

/** bits/s from the byte ranges or EXT-X-BITRATE of a media playlist; null when it has neither. */
function bitrateOfDetails(level: Level): number | null {
  const fragments = level.details?.fragments ?? [];
  const known = fragments.filter(({ bitrate }) => bitrate !== null);
  const seconds = known.reduce((sum, { duration }) => sum + duration, 0);
  const bits = known.reduce((sum, { bitrate, duration }) => sum + (bitrate ?? 0) * duration, 0);
  return seconds > 0 ? bits / seconds : null;
}

/**
 * What an hls.js level is to us. Levels that differ only in URI, pathway or rendition groups are the same rung: redundant
 * streams and clones of content steering.
 */
export function rungOfLevel(level: Level): VariantDescription {
  const { width, height, frameRate, codecs, codecSet, videoRange } = level;
  const bitrate = level.bitrate || (bitrateOfDetails(level) ?? UNDECLARED_BITRATE);
  const { audioCodec, videoCodec } = level;
  const size = width > 0 && height > 0 ? `${width}x${height}` : audioCodec && !videoCodec ? 'audio' : 'unsized';
  const rendition: Rendition = {
    id: [size, bitrate, codecSet, videoRange === 'SDR' ? '' : videoRange].filter((part) => part !== '').join('-'),
    bitrate,
    ...(width > 0 && height > 0 ? { width, height } : {}),
    ...(frameRate > 0 ? { frameRate } : {}),
    ...(codecs === '' ? {} : { codecs }),
  };
  return { key: `${level.bitrate}|${size}|${frameRate}|${codecs}|${videoRange}`, rendition };
}
