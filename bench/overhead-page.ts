/** Plays one stream at one rendition, with Sluice or with the engine alone, and says when the first frame was shown. */
import { createPlayer, hls, shaka } from 'sluice';
import { loadShaka } from './shaka-module.ts';

const video = document.querySelector('video') as HTMLVideoElement;

/** What a run needs: a stream, the rendition by its bitrate (bits/s) and index, and s of forward buffer. */
export interface Run {
  readonly mode: 'sluice' | 'bare';
  readonly engine: 'hls' | 'shaka';
  readonly src: string;
  readonly index: number;
  readonly bitrate: number;
  readonly bufferTarget: number;
}

async function playWithSluice(run: Run): Promise<void> {
  const fixed = { name: 'fixed', decide: () => ({ index: run.index, reason: 'the bench plays one rendition' }) };
  const player = createPlayer({
    media: video,
    engine: run.engine,
    strategy: fixed,
    bufferTarget: run.bufferTarget,
    capToPlayerSize: false,
  });
  void player.load(run.src);
  await player.play();
}

async function playWithHls(run: Run): Promise<void> {
  const { default: Hls } = await import('hls.js');
  const engine = new Hls({
    startLevel: run.index,
    testBandwidth: false,
    maxBufferLength: run.bufferTarget,
    maxMaxBufferLength: run.bufferTarget,
    maxBufferSize: 0,
    backBufferLength: 30,
  });
  engine.loadSource(run.src);
  engine.attachMedia(video);
  engine.once(Hls.Events.MANIFEST_PARSED, () => {
    engine.loadLevel = run.index;
    void video.play();
  });
}

async function playWithShaka(run: Run): Promise<void> {
  const library = await loadShaka();
  const engine = new library.Player();
  await engine.attach(video);
  engine.configure({
    abr: { restrictions: { minBandwidth: run.bitrate - 1000, maxBandwidth: run.bitrate + 1000 } },
    streaming: { bufferingGoal: run.bufferTarget, bufferBehind: 30 },
  });
  await engine.load(run.src, null, 'application/x-mpegurl');
  void video.play();
}

/** Loads engine code before the clock starts, then plays; resolves with ms from load to the first frame on screen. */
async function start(run: Run): Promise<number> {
  if (run.mode === 'sluice') await (run.engine === 'hls' ? hls : shaka).load();
  else if (run.engine === 'hls') await import('hls.js');
  else await loadShaka();
  await fetch(run.src).then((response) => response.text());
  const shown = new Promise<number>((resolve) => video.requestVideoFrameCallback(() => resolve(performance.now())));
  const before = performance.now();
  if (run.mode === 'sluice') void playWithSluice(run);
  else if (run.engine === 'hls') void playWithHls(run);
  else void playWithShaka(run);
  return (await shown) - before;
}

declare global {
  interface Window {
    overhead: { start: typeof start };
  }
}

window.overhead = { start };
document.documentElement.dataset.ready = 'true';
