import type { AbrChoice } from '../abr/abr-controller.ts';
import type { AbrInput, DownloadProgress } from '../abr/strategy.ts';
import type { Clock } from '../media/clock.ts';
import type { HttpProgress } from '../net/http.ts';

/** s between two looks at the download in flight. A timer, not progress events: a link that went dead sends none. */
const LOOK_INTERVAL = 0.1;

/** One picture segment in flight, as the engine can see it. */
export interface WatchedDownload {
  /** What arrived so far; null once it is over, which ends the watch. */
  progress(): DownloadProgress | null;
  /** What a decision would be made from now, `current` being the rendition in flight; null: do not ask now. */
  input(): AbrInput | null;
  /** Called at most once: stop this download and fetch `choice.index` instead. The engine reports `choice.fact`. */
  giveUp(choice: AbrChoice): void;
}

/** Asks, while a download runs, whether to give it up. One download at a time: a new one replaces the old. */
export interface AbandonWatch {
  follow(download: WatchedDownload): void;
  stop(): void;
}

/** Makes an {@link AbandonWatch} over `deps.abandon`; `interval` is s. */
export function abandonWatch(
  clock: Clock,
  abandon: (input: AbrInput, progress: DownloadProgress) => AbrChoice | null,
  interval = LOOK_INTERVAL,
): AbandonWatch {
  let cancel = (): void => {};
  const stop = (): void => {
    cancel();
    cancel = () => {};
  };
  const look = (download: WatchedDownload): void => {
    const progress = download.progress();
    if (progress === null) {
      stop();
      return;
    }
    const input = download.input();
    const choice = input === null ? null : abandon(input, progress);
    if (choice === null) {
      cancel = clock.after(interval, () => look(download));
      return;
    }
    stop();
    download.giveUp(choice);
  };
  return {
    follow(download) {
      stop();
      cancel = clock.after(interval, () => look(download));
    },
    stop,
  };
}

/**
 * The state of a download for {@link WatchedDownload.progress}: `asked` is when the request left (s on the session clock),
 * `last` the newest report of the pipeline for it, null before the first byte. A second attempt counts from its own start.
 */
export function progressOf(index: number, asked: number, last: HttpProgress | null, now: number): DownloadProgress {
  if (last === null) return { index, elapsed: now - asked, firstByte: null, bytes: 0, totalBytes: null };
  const { start, firstByte, ...received } = last;
  return { index, elapsed: now - start, firstByte: firstByte - start, ...received };
}
