import type Hls from 'hls.js';
import type { Fragment, Part } from 'hls.js';
import type { AbrChoice } from '../../abr/abr-controller.ts';
import type { Clock } from '../../media/clock.ts';
import { type AbandonWatch, progressOf } from '../abandon-watch.ts';
import type { FactWriter } from '../fact-writer.ts';
import { Events } from './hls-events.ts';
import type { HttpLoad } from './http-loader.ts';
import type { LevelChooser } from './level-chooser.ts';

/** What {@link followDownloads} is made of. */
export interface DownloadParts {
  readonly media: HTMLMediaElement;
  readonly clock: Clock;
  readonly facts: FactWriter;
  readonly chooser: LevelChooser;
  readonly watch: AbandonWatch;
}

/** Gives the picture segment in flight up, so that hls.js asks for the level to fetch again. */
export function abortDownload(hls: Hls, frag: Fragment, part: Part | null): void {
  // The new level first: its playlist may have to be fetched.
  hls.nextLoadLevel = hls.nextAutoLevel;
  frag.abortRequests();
  // Left alone, its initialisation segment would abort, once it is there, whatever is in flight by then.
  frag.initSegment?.abortRequests();
  hls.trigger(Events.FRAG_LOAD_EMERGENCY_ABORTED, { frag, part, stats: (part ?? frag).stats });
}

/** hls.js announces a load of declared gaps too, and asks for nothing. */
const isGap = (frag: Fragment): boolean => frag.gap === true && frag.tagList.some(([tag]) => tag === 'GAP');

/** Tells the `decision` fact when a picture segment's download starts, and follows the download: it may be given up. */
export function followDownloads(hls: Hls, parts: DownloadParts): void {
  const { media, clock, facts, chooser, watch } = parts;

  const giveUp = (frag: Fragment, part: Part | null, choice: AbrChoice): void => {
    facts.tell(choice.fact);
    chooser.force(choice, true);
    abortDownload(hls, frag, part);
  };

  hls.on(Events.FRAG_LOADING, (_event, { frag, part = null }) => {
    if (frag.type !== 'main' || frag.sn === 'initSegment' || isGap(frag)) return;
    const fact = chooser.taken(frag, part);
    if (fact !== null) facts.tell(fact);
    const index = chooser.indexOf(frag.level);
    if (index === null) return;
    watch.follow({
      progress() {
        const load = frag.loader as unknown as HttpLoad | null;
        if (load === null || load.over || hls.inFlightFragments.main.frag !== frag) return null;
        return progressOf(index, load.asked, load.progress, clock.now());
      },
      input() {
        const details = hls.levels[frag.level]?.details;
        const input = details ? chooser.inputFor(frag, details) : null;
        // A buffer that nobody plays does not run dry.
        return input !== null && media.paused && input.bufferLevel > 0 ? null : input;
      },
      giveUp: (choice) => giveUp(frag, part, choice),
    });
  });
}
