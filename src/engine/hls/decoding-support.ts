import type Hls from 'hls.js';
import type { Level } from 'hls.js';

/** Beyond what every device with Media Source Extensions decodes: AVC up to 1080 lines, 30 frames/s, 8 Mbit/s, standard range. */
export function needsCheck(
  level: Pick<Level, 'videoCodec' | 'width' | 'height' | 'frameRate' | 'videoRange' | 'bitrate'>,
): boolean {
  const { videoCodec, width, height, frameRate, videoRange, bitrate } = level;
  if (videoCodec === undefined) return false;
  return (
    !/^avc[13]/.test(videoCodec) ||
    Math.min(width, height) > 1080 ||
    frameRate > 30 ||
    bitrate > 8_000_000 ||
    videoRange !== 'SDR'
  );
}

/**
 * Asks MediaCapabilities about the demanding levels, once, in the background. hls.js keeps the answer in `level.supportedResult`,
 * where the chooser reads it; its own AbrController, which we replace, would have asked.
 */
export function checkDecoding(hls: Hls, levels: readonly Level[]): void {
  if (!globalThis.navigator?.mediaCapabilities) return;
  for (const level of levels.filter(needsCheck)) {
    if (level.supportedResult || level.supportedPromise) continue;
    level.supportedPromise = hls.getMediaDecodingInfo(level);
    level.supportedPromise.then(
      (result) => {
        // An error means that nothing is known, not that it cannot be decoded.
        if (!result.error) level.supportedResult = result;
      },
      () => {},
    );
  }
}
