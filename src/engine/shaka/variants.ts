import type shaka from 'shaka-player/dist/shaka-player.compiled-es2021.js';
import { redactUrl } from '../../media/redact-url.ts';
import type { VariantDescription } from '../ladder-map.ts';

/** A combination of a picture and a sound that shaka can play. */
export type Variant = shaka.extern.Variant;
/** One elementary stream of shaka's manifest. */
export type Stream = shaka.extern.Stream;

function keyOf({ bandwidth, video, audio }: Variant): string {
  if (video === null) return `audio ${audio?.bandwidth ?? bandwidth} ${audio?.codecs}`;
  const { width, height, frameRate, codecs, hdr } = video;
  // The bitrate of the picture alone where the manifest gives it (DASH), else that of the variant (HLS).
  return [video.bandwidth ?? bandwidth, width, height, frameRate, codecs, hdr].join(' ');
}

/**
 * A variant for the ladder. One rung is one picture: other languages of its sound and redundant streams are the same rung.
 */
export function describeVariant(variant: Variant): VariantDescription {
  const { id, bandwidth, video, audio } = variant;
  const codecs = [video?.codecs, audio?.codecs].filter((part) => part !== undefined && part !== '').join(',');
  const rendition = {
    // In HLS that is the URL of the playlist, which may carry secrets.
    id: redactUrl(video?.originalId ?? audio?.originalId ?? String(id)),
    bitrate: bandwidth,
    ...(video?.width === undefined ? {} : { width: video.width }),
    ...(video?.height === undefined ? {} : { height: video.height }),
    ...(video?.frameRate === undefined ? {} : { frameRate: video.frameRate }),
    ...(codecs === '' ? {} : { codecs }),
  };
  return { key: keyOf(variant), rendition };
}

/** The stream that makes a variant the rung it is: the picture, or the sound where there is no picture. */
export const mainStream = ({ video, audio }: Variant): Stream | null => video ?? audio;

/** Where `value` stands among `values`, 0…1; 0 if they are all the same. */
function standing(value: number, values: readonly number[]): number {
  const distinct = [...new Set(values)].sort((a, b) => a - b);
  return distinct.length < 2 ? 0 : distinct.indexOf(value) / (distinct.length - 1);
}

/**
 * The same variants, those first whose sound stands among the sounds as their picture among the pictures: where a picture
 * can be had with several sounds (DASH), poor pictures come with lean sound. Otherwise the order stays.
 */
export function bySuitableSound(variants: readonly Variant[]): readonly Variant[] {
  const pictures = variants.map(({ video, bandwidth }) => video?.bandwidth ?? bandwidth);
  const sounds = variants.map(({ audio }) => audio?.bandwidth ?? 0);
  if (new Set(sounds).size < 2) return variants;
  const distance = new Map(
    variants.map((variant, i) => [
      variant,
      Math.abs(standing(pictures[i] ?? 0, pictures) - standing(sounds[i] ?? 0, sounds)),
    ]),
  );
  return [...variants].sort((a, b) => (distance.get(a) ?? 0) - (distance.get(b) ?? 0));
}

/** Whether a variant is within what shaka's configuration (`abr.restrictions`) allows; unknown properties pass. */
export function meetsRestrictions({ bandwidth, video, audio }: Variant, limits: shaka.extern.Restrictions): boolean {
  const within = (value: number | null | undefined, min: number, max: number): boolean =>
    value === null || value === undefined || (value >= min && value <= max);
  const { width, height, frameRate } = video ?? {};
  return (
    within(bandwidth, limits.minBandwidth, limits.maxBandwidth) &&
    within(width, limits.minWidth, limits.maxWidth) &&
    within(height, limits.minHeight, limits.maxHeight) &&
    within(width === undefined || height === undefined ? null : width * height, limits.minPixels, limits.maxPixels) &&
    within(frameRate, limits.minFrameRate, limits.maxFrameRate) &&
    within(audio?.channelsCount, limits.minChannelsCount, limits.maxChannelsCount)
  );
}
