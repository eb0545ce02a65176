/** The page that the tests drive: the package's entry points and the picture-code reader, on `window`. */
import * as sluice from 'sluice';
import * as abr from 'sluice/abr';
import * as qoe from 'sluice/qoe';
import * as telemetry from 'sluice/telemetry';
import { readPictureCode } from '../fixtures/picture-code.ts';

const video = document.querySelector('video') as HTMLVideoElement;
const canvas = document.createElement('canvas');

/** Rung and media time shown on screen now; null while there is no readable picture. */
function readPicture(): ReturnType<typeof readPictureCode> {
  if (video.videoWidth === 0) return null;
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context) return null;
  context.drawImage(video, 0, 0);
  return readPictureCode(context.getImageData(0, 0, canvas.width, canvas.height));
}

export interface Harness {
  readonly video: HTMLVideoElement;
  readonly sluice: typeof sluice;
  readonly abr: typeof abr;
  readonly qoe: typeof qoe;
  readonly telemetry: typeof telemetry;
  readonly readPicture: typeof readPicture;
  /** The player under test, set by the test. */
  player?: sluice.Player;
}

declare global {
  interface Window {
    harness: Harness;
  }
}

window.harness = { video, sluice, abr, qoe, telemetry, readPicture };
document.documentElement.dataset.ready = 'true';
