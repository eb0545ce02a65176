/** What the viewer wants of an element, through its resets. */
export interface KeptPlaying {
  /**
   * Shaka is about to give the element a source of its own. A `play()` that came before is forgotten with that, and its `play`
   * event never comes: this is the last moment at which it can be seen.
   */
  attaching(): void;
  stop(): void;
}

/**
 * Shaka resets the element when it attaches, and to get over media that cannot be appended or decoded. That (and the error
 * before it) pauses the element and sets its rate back (HTML, "media element load algorithm"); what the viewer had is restored:
 * the wish to play at once when attaching, everything once it can play again after an error.
 */
export function keepPlaying(media: HTMLMediaElement): KeptPlaying {
  let playing = !media.paused;
  let rate = media.playbackRate;
  /** Null before there was anything to lose; then whether the element is being reset. */
  let emptied: boolean | null = null;
  let forgotten = false;
  const listening = new AbortController();
  const on = (type: string, listener: () => void): void =>
    media.addEventListener(type, listener, { signal: listening.signal });
  // A refusal is the browser's wish for a gesture: then the viewer sees a paused player.
  const play = (): void => void media.play().catch(() => {});
  /** An element that failed or is being reset pauses by itself: that is nobody's wish. */
  const isOwnWish = (): boolean => media.error === null && emptied !== true;

  on('play', () => {
    playing = true;
  });
  on('pause', () => {
    if (!isOwnWish()) return;
    playing = false;
    forgotten = false;
  });
  on('ratechange', () => {
    if (isOwnWish() && media.playbackRate > 0) rate = media.playbackRate;
  });
  on('emptied', () => {
    if (emptied !== null) emptied = true;
    if (forgotten && media.paused) play();
    forgotten = false;
  });
  on('canplay', () => {
    const wasReset = emptied === true;
    emptied = false;
    forgotten = false;
    if (!wasReset) return;
    media.playbackRate = rate;
    if (playing && media.paused) play();
  });
  return {
    attaching() {
      forgotten = !media.paused;
    },
    stop: () => listening.abort(),
  };
}
