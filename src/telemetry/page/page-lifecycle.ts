import type { LifecycleEvent } from '../delivery/delivery-environment.ts';

/**
 * Tells what becomes of the page: hidden, gone (for good or into the back/forward cache), frozen, back. Never listens to `unload` and
 * `beforeunload`, which keep a page out of that cache and are not fired where it matters most, on phones.
 *
 * @see https://wicg.github.io/page-lifecycle/
 */
export function watchPage(listener: (event: LifecycleEvent) => void): () => void {
  const stopping = new AbortController();
  const options = { signal: stopping.signal, capture: true };
  const tell = (event: LifecycleEvent) => (): void => listener(event);
  const onVisibility = (): void => listener(document.visibilityState === 'hidden' ? 'hidden' : 'visible');
  document.addEventListener('visibilitychange', onVisibility, options);
  window.addEventListener('pagehide', tell('exit'), options);
  window.addEventListener('pageshow', ({ persisted }) => persisted && listener('resume'), options);
  document.addEventListener('freeze', tell('freeze'), options);
  document.addEventListener('resume', tell('resume'), options);
  window.addEventListener('online', tell('online'), options);
  window.addEventListener('offline', tell('offline'), options);
  return () => stopping.abort();
}
