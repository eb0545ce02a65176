import Hls, { type AbrController, type Fragment, type Level } from 'hls.js';
import { PlayerError } from '../../media/player-error.ts';
import { abandonWatch } from '../abandon-watch.ts';
import type { Engine, EngineDeps, EngineFactory } from '../engine.ts';
import { factWriter } from '../fact-writer.ts';
import { playbackPhase } from '../playback-phase.ts';
import { shownRendition } from '../shown-rendition.ts';
import { reportBuffer } from './buffer-facts.ts';
import { abortDownload, followDownloads } from './downloads.ts';
import { handleErrors } from './error-handling.ts';
import { createGaps, type Gaps } from './gaps.ts';
import { hlsConfig } from './hls-config.ts';
import { httpLoaders } from './http-loader.ts';
import { keepPlaying } from './keep-playing.ts';
import { type ChooserParts, LevelChooser } from './level-chooser.ts';
import { describeLoad, type LevelKnowledge } from './load-description.ts';
import { type Presentation, watchPresentation } from './presentation.ts';
import { softenTextErrors } from './text-errors.ts';
import { trackSelection } from './track-selection.ts';

/** A promise and its ends, settled once. */
interface Outcome {
  readonly promise: Promise<void>;
  resolve(): void;
  reject(error: PlayerError): void;
}

function outcome(): Outcome {
  let resolve = (): void => {};
  let reject = (_error: PlayerError): void => {};
  const promise = new Promise<void>((done, failed) => {
    resolve = done;
    reject = failed;
  });
  // Errors after `load()` are facts; nobody has to wait for this promise.
  promise.catch(() => {});
  return { promise, resolve, reject };
}

/** The chooser as the class that hls.js constructs, telling when it does: it comes before hls.js's other controllers. */
function chooserClass(parts: ChooserParts, made: (hls: Hls, chooser: LevelChooser) => void): typeof AbrController {
  class Chooser extends LevelChooser {
    constructor(hls: Hls) {
      super(hls, parts);
      made(hls, this);
    }
  }
  // hls.js only uses AbrComponentAPI, which the chooser implements; its type asks for the private members too.
  return Chooser as unknown as typeof AbrController;
}

/**
 * Plays with hls.js. hls.js keeps playlists, buffer and demuxing; choosing, fetching and meaning are ours: its AbrController is
 * replaced by {@link LevelChooser}, its loader by one over the request pipeline, its events become facts.
 */
export const createHlsEngine: EngineFactory = (deps: EngineDeps): Engine => {
  const { media, clock, settings } = deps;
  const facts = factWriter(clock, deps.report);
  const loaded = outcome();
  const phase = playbackPhase(media, () => bufferLevel());
  const shown = shownRendition(media, (index, position) => facts.tell({ type: 'renditionChange', index, position }));
  const watch = abandonWatch(clock, deps.abandon);
  const made: { chooser?: LevelChooser; presentation?: Presentation; gaps?: Gaps } = {};
  const stops: (() => void)[] = [() => watch.stop(), () => phase.stop(), () => shown.stop()];
  let gone: Promise<void> | null = null;

  const levelKnowledge: LevelKnowledge = {
    mainTrack: () => made.presentation?.mainTrack() ?? 'muxed',
    indexOf: (level) => made.chooser?.indexOf(level) ?? null,
    firstNumber: (frag) => firstNumberOf(hls, frag),
  };
  const loaders = httpLoaders({
    http: deps.http,
    clock,
    describe: (context) => describeLoad(context, levelKnowledge),
  });

  const failed = (error: PlayerError): void => loaded.reject(error);
  const onMade = (instance: Hls, chooser: LevelChooser): void => {
    made.chooser = chooser;
    made.gaps = createGaps(instance);
    stops.push(softenTextErrors(instance, { clock, facts, gaps: made.gaps }));
    keepPlaying(instance, media);
    made.presentation = watchPresentation(instance, facts, {
      known: () => loaded.resolve(),
      failed: (cause) => failed(new PlayerError('MANIFEST_PARSE_FAILED', String(cause), { fatal: true, cause })),
    });
  };
  const ladder = (): ReturnType<Presentation['ladder']> => made.presentation?.ladder() ?? null;
  const chooserParts: ChooserParts = {
    media,
    clock,
    decide: deps.decide,
    bufferTarget: settings.bufferTarget,
    phase: () => phase.phase,
    ladder,
  };
  const hls = new Hls(
    hlsConfig(settings, { loader: loaders.Loader, abrController: chooserClass(chooserParts, onMade) }),
  );
  const { chooser, gaps } = made;
  if (!chooser || !gaps)
    throw new PlayerError('ENGINE_FAILED', 'hls.js did not construct the ABR controller', { fatal: true });

  const bufferLevel = (): number => (gone === null ? (hls.mainForwardBufferInfo?.len ?? 0) : 0);

  followDownloads(hls, { media, clock, facts, chooser, watch });
  reportBuffer(hls, facts, { mainTrack: levelKnowledge.mainTrack, indexOf: levelKnowledge.indexOf, shown });
  const tracks = trackSelection(hls, facts);
  const suspect = (): void => penalise(levelsOfRung(hls, ladder(), shown.at(media.currentTime)));
  stops.push(handleErrors(hls, { media, clock, facts, gaps, suspect, failed }));

  const replaceAhead = (): void => {
    const choice = chooser.ask();
    if (choice === null) return;
    const { frag } = hls.inFlightFragments.main;
    const inFlight = frag?.loader ? chooser.indexOf(frag.level) : null;
    if (inFlight !== null && inFlight !== choice.index && frag) {
      chooser.force(choice, false);
      abortDownload(hls, frag, null);
    }
    if (!shown.othersAfter(media.currentTime, choice.index)) return;
    chooser.force(choice, false);
    // "No level by hand", and hls.js flushes what is ahead as far as it can be replaced in time.
    hls.nextLevel = -1;
  };

  const destroy = async (): Promise<void> => {
    facts.close();
    for (const stop of stops) stop();
    hls.destroy();
    loaded.reject(new PlayerError('ABORTED', 'the engine was destroyed'));
    await loaders.idle();
  };

  const engine: Engine = {
    async load(src, signal) {
      const stop = (): void => {
        loaded.reject(new PlayerError('ABORTED', 'load() was aborted', { cause: signal.reason }));
        void engine.destroy();
      };
      if (signal.aborted) stop();
      else {
        signal.addEventListener('abort', stop, { once: true });
        hls.loadSource(src);
        hls.attachMedia(media);
      }
      try {
        await loaded.promise;
      } finally {
        signal.removeEventListener('abort', stop);
      }
    },
    reconsider({ replaceBuffer }) {
      if (gone !== null) return;
      chooser.forget();
      if (replaceBuffer) replaceAhead();
    },
    selectAudioTrack: (id) => {
      if (gone === null) tracks.selectAudio(id);
    },
    selectTextTrack: (id) => {
      if (gone === null) tracks.selectText(id);
    },
    live() {
      if (gone !== null || !hls.latestLevelDetails?.live) return null;
      return { latency: hls.latency || null, edge: hls.liveSyncPosition ?? media.currentTime };
    },
    bufferLevel,
    destroy() {
      gone ??= destroy();
      return gone;
    },
  };
  return engine;
};

/** VOD segments count from 0 whatever the playlist starts at; live ones keep their media sequence number. */
function firstNumberOf(hls: Hls, { type, level }: Fragment): number | null {
  const playlists = type === 'main' ? hls.levels : type === 'audio' ? hls.audioTracks : hls.subtitleTracks;
  const details = playlists[level]?.details;
  return details === undefined || details.live ? null : details.startSN;
}

function levelsOfRung(hls: Hls, map: ReturnType<Presentation['ladder']>, index: number | null): readonly Level[] {
  return map === null || index === null ? [] : map.variantsOf(index, hls.levels);
}

/** As hls.js marks a level that failed. */
function penalise(levels: readonly Level[]): void {
  for (const level of levels) {
    level.loadError += 1;
    level.loadErrorTime = performance.now();
  }
}
