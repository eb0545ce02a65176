/** Something that draws itself. */
export interface View {
  /** Asks for a drawing; any number of times costs one. */
  invalidate(): void;
}

/**
 * A view that draws in animation frames: at most once in `interval` s, not while its element is far off screen or the page hidden.
 */
export function createView(target: Element, interval: number, draw: () => void): View {
  let dirty = false;
  let onScreen = true;
  let pending = false;
  let last = Number.NEGATIVE_INFINITY;

  const frame = (time: number): void => {
    pending = false;
    if (!dirty || !onScreen) return;
    dirty = false;
    last = time;
    draw();
  };

  const schedule = (): void => {
    if (pending || !dirty || !onScreen) return;
    pending = true;
    const wait = last + interval * 1000 - performance.now();
    if (wait <= 0) requestAnimationFrame(frame);
    else setTimeout(() => requestAnimationFrame(frame), wait);
  };

  new IntersectionObserver(
    ([entry]) => {
      onScreen = entry?.isIntersecting ?? true;
      schedule();
    },
    { rootMargin: '50%' },
  ).observe(target);

  return {
    invalidate() {
      dirty = true;
      schedule();
    },
  };
}
