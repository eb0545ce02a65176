import type { PlaybackEvent } from 'sluice';
import type { Dimension, Filter, Overview, SessionSummary } from 'sluice/collector';
import { element, make, setText } from '../src/page-element.ts';
import { bindTheme } from '../src/theme.ts';
import { createApi, KeyNeeded, type Look } from './api.ts';
import { clock } from './numbers.ts';
import { type Choices, overviewView, type Seen } from './overview-view.ts';
import { sessionView } from './session-view.ts';

/** ms between two looks while the page is seen. */
const EVERY = 10_000;
const DIMENSIONS: readonly Dimension[] = ['strategy', 'engine', 'host', 'rendition'];

const api = createApi();
const main = element('main', HTMLElement);
const bar = element('bar', HTMLFormElement);
const notice = element('notice', HTMLElement);
const freshness = element('freshness', HTMLElement);
const keyForm = element('key-form', HTMLFormElement);
const choices: Choices = { order: 'worst', plot: 'sessions', experiment: null };

/** Restarted by whatever changes the question: an answer to an older one is never drawn. */
let looking = new AbortController();
let timer: number | undefined;

function look(): Look {
  const given = new FormData(bar);
  const filter: Filter = Object.fromEntries(
    DIMENSIONS.flatMap((name) => {
      const value = given.get(name);
      return typeof value === 'string' && value !== '' ? [[name, value]] : [];
    }),
  );
  return { hours: Number(given.get('hours') ?? 1), filter };
}

/** Offers the names there are, and keeps what is chosen even where it is not among them now. */
function offer(overview: Overview): void {
  const names: Record<Dimension, readonly string[]> = {
    strategy: overview.byStrategy.map(({ name }) => name),
    engine: overview.byEngine.map(({ name }) => name),
    host: overview.byHost.map(({ name }) => name),
    rendition: overview.byRendition.map(({ name }) => name),
  };
  for (const dimension of DIMENSIONS) {
    const select = bar.elements.namedItem(dimension);
    if (!(select instanceof HTMLSelectElement)) continue;
    const chosen = select.value;
    const before = [...select.options].map(({ value }) => value).slice(1);
    // While one is chosen the others are filtered away, so those known before stay on offer.
    const all = [
      ...new Set([...(chosen === '' ? [] : before), ...names[dimension], ...(chosen === '' ? [] : [chosen])]),
    ].sort();
    if (all.join('\n') === before.join('\n') && select.options.length > 0) continue;
    const options = all.map((name) => {
      const option = make('option', '', name);
      option.value = name;
      return option;
    });
    const any = make('option', '', 'all');
    any.value = '';
    select.replaceChildren(any, ...options);
    select.value = chosen;
  }
}

async function seeAll(signal: AbortSignal): Promise<void> {
  const at = look();
  const [overview, sessions, experiments] = await Promise.all([
    api.overview(at, signal),
    api.sessions(at, choices.order, signal),
    api.experiments(at, signal),
  ]);
  const name =
    choices.experiment !== null && experiments.includes(choices.experiment) ? choices.experiment : experiments[0];
  const experiment = name === undefined ? null : await api.experiment(name, at, signal);
  const seen: Seen = { overview, sessions, experiments, experiment };
  offer(overview);
  draw(overviewView(seen, choices, () => void refresh()));
}

async function seeOne(sid: string, signal: AbortSignal): Promise<void> {
  const [summary, facts]: [SessionSummary, readonly PlaybackEvent[]] = await Promise.all([
    api.session(sid, signal),
    api.facts(sid, signal),
  ]);
  draw(sessionView(summary, facts));
}

/** How to find what has the focus again when the page has been drawn anew; null if it is nothing of it. */
function focusAgain(): string | null {
  const held = document.activeElement;
  if (!(held instanceof HTMLElement) || !main.contains(held)) return null;
  if (held instanceof HTMLInputElement)
    return `input[name="${CSS.escape(held.name)}"][value="${CSS.escape(held.value)}"]`;
  const label = held.getAttribute('aria-label');
  if (label !== null) return `${held.localName}[aria-label="${CSS.escape(label)}"]`;
  const href = held.getAttribute('href');
  return href === null ? null : `a[href="${CSS.escape(href)}"]`;
}

const boxes = (): Map<string, HTMLElement> =>
  new Map([...main.querySelectorAll<HTMLElement>('.table-box')].map((box) => [box.ariaLabel ?? '', box]));

/** Puts a page in the place of the one before; the focus and the tables are where they were, as far as they still are. */
function draw(nodes: readonly HTMLElement[]): void {
  const focused = focusAgain();
  const before = [...boxes()].map(([label, { scrollLeft, scrollTop }]) => ({
    label,
    left: scrollLeft,
    top: scrollTop,
  }));
  const height = window.scrollY;
  main.replaceChildren(...nodes);
  const now = boxes();
  for (const { label, left, top } of before) now.get(label)?.scrollTo(left, top);
  window.scrollTo(0, height);
  if (focused !== null) main.querySelector<HTMLElement>(focused)?.focus({ preventScroll: true });
}

/** The session that the address names, null for all of them. */
function chosenSession(): string | null {
  const coded = /^#\/session\/(.+)$/.exec(location.hash)?.[1];
  try {
    return coded === undefined ? null : decodeURIComponent(coded);
  } catch {
    return null;
  }
}

function fail(failure: unknown): void {
  keyForm.hidden = !(failure instanceof KeyNeeded);
  if (failure instanceof KeyNeeded) {
    element('key-fault', HTMLElement).textContent = failure.message;
    main.replaceChildren();
    element('key', HTMLInputElement).focus();
    return;
  }
  notice.hidden = false;
  const words = failure instanceof TypeError ? 'The collector cannot be reached.' : (failure as Error).message;
  setText(notice, words);
}

/** Looks again, unless a list is open: it would close under the viewer's hand. */
function goOn(): void {
  if (document.activeElement instanceof HTMLSelectElement && main.contains(document.activeElement))
    timer = window.setTimeout(goOn, EVERY);
  else void refresh();
}

async function refresh(): Promise<void> {
  looking.abort();
  looking = new AbortController();
  const { signal } = looking;
  clearTimeout(timer);
  const sid = chosenSession();
  bar.hidden = sid !== null;
  try {
    await (sid === null ? seeAll(signal) : seeOne(sid, signal));
    keyForm.hidden = true;
    notice.hidden = true;
    setText(freshness, `as of ${clock(Date.now())}:${String(new Date().getSeconds()).padStart(2, '0')}`);
  } catch (failure) {
    if (signal.aborted) return;
    fail(failure);
  }
  // A session is looked at as it was; only the page of all of them goes on by itself.
  if (sid === null && document.visibilityState === 'visible') timer = window.setTimeout(goOn, EVERY);
}

bar.addEventListener('change', () => void refresh());
bar.addEventListener('submit', (event) => event.preventDefault());
keyForm.addEventListener('submit', (event) => {
  event.preventDefault();
  api.setKey(element('key', HTMLInputElement).value);
  void refresh();
});
window.addEventListener('hashchange', () => {
  main.replaceChildren();
  window.scrollTo(0, 0);
  void refresh();
});
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'visible') void refresh();
});
bindTheme(null, () => undefined);
void refresh();
