/**
 * Shaka resets the element to get over media that cannot be appended or decoded. That (and the error before it) pauses the
 * element and sets its rate back (HTML, "media element load algorithm"); what the viewer had is restored once it can play again.
 *
 * @returns what stops it
 */
export function keepPlaying(media: HTMLMediaElement): () => void {
  let playing = !media.paused;
  let rate = media.playbackRate;
  /** Null before there was anything to lose; then whether the element is being reset. */
  let emptied: boolean | null = null;
  const listening = new AbortController();
  const on = (type: string, listener: () => void): void =>
    media.addEventListener(type, listener, { signal: listening.signal });
  /** An element that failed or is being reset pauses by itself: that is nobody's wish. */
  const isOwnWish = (): boolean => media.error === null && emptied !== true;

  on('play', () => {
    playing = true;
  });
  on('pause', () => {
    if (isOwnWish()) playing = false;
  });
  on('ratechange', () => {
    if (isOwnWish() && media.playbackRate > 0) rate = media.playbackRate;
  });
  on('emptied', () => {
    if (emptied !== null) emptied = true;
  });
  on('canplay', () => {
    const wasReset = emptied === true;
    emptied = false;
    if (!wasReset) return;
    media.playbackRate = rate;
    // A refusal is the browser's wish for a gesture: then the viewer sees a paused player.
    if (playing && media.paused) media.play().catch(() => {});
  });
  return () => listening.abort();
}
