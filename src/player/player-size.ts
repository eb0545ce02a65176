/** A picture area in device pixels. */
export interface PlayerSize {
  readonly width: number;
  readonly height: number;
}

/**
 * Tells the area that the element has on screen, device pixel ratio counted, now and whenever it changes. Nothing where the
 * browser cannot watch it. Returns what stops it.
 */
export function watchPlayerSize(media: HTMLMediaElement, change: (size: PlayerSize) => void): () => void {
  if (typeof ResizeObserver === 'undefined') return () => {};
  let last = '';
  const measure = (): void => {
    const ratio = globalThis.devicePixelRatio || 1;
    const size = { width: Math.round(media.clientWidth * ratio), height: Math.round(media.clientHeight * ratio) };
    const now = `${size.width}x${size.height}`;
    if (now !== last) change(size);
    last = now;
  };
  const observer = new ResizeObserver(measure);
  observer.observe(media);
  measure();
  return () => observer.disconnect();
}
