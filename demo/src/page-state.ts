import { ENGINES, MANUAL, NETWORKS, PRESENTATIONS, STRATEGIES } from './catalogue.ts';
import { SCORE_MODELS } from './score-models.ts';

/** Everything picked; all of it stands in the URL, so that a view can be shared. `kbps` and `latencyMs` count for the network by hand. */
export interface PageState {
  readonly presentation: string;
  readonly engine: string;
  readonly strategy: string;
  readonly network: string;
  readonly kbps: number;
  readonly latencyMs: number;
  readonly cap: boolean;
  /** Of the score on the page. */
  readonly model: string;
  readonly autoplay: boolean;
  /** Origin of the fixture server; empty for the page's own. */
  readonly fixtures: string;
  readonly theme: 'dark' | 'light' | null;
}

const oneOf = (value: string | null, choices: readonly { readonly name: string }[], fallback: string): string =>
  choices.some(({ name }) => name === value) ? (value as string) : fallback;

const within = (value: string | null, least: number, most: number, fallback: number): number => {
  const number = Number(value);
  return value === null || value === '' || !Number.isFinite(number)
    ? fallback
    : Math.min(Math.max(number, least), most);
};

const DEFAULT_MODEL = 'weighted';

/** What the sliders reach. */
export const BANDWIDTH_KBPS = { least: 150, most: 20_000 } as const;
export const LATENCY_MS = { least: 0, most: 800 } as const;

/** Reads the query; what is not known falls back. `playAtOnce` is what an absent `autoplay` means. */
export function readState(query: string, playAtOnce: boolean): PageState {
  const get = new URLSearchParams(query);
  const theme = get.get('theme');
  const network = get.has('kbps') && !get.has('network') ? MANUAL : get.get('network');
  return {
    presentation: oneOf(get.get('stream'), PRESENTATIONS, 'long'),
    engine: oneOf(get.get('engine'), ENGINES, 'hls'),
    strategy: oneOf(get.get('strategy'), STRATEGIES, 'throughput'),
    network: oneOf(network, NETWORKS, 'commute'),
    kbps: within(get.get('kbps'), BANDWIDTH_KBPS.least, BANDWIDTH_KBPS.most, 5_000),
    latencyMs: within(get.get('latency'), LATENCY_MS.least, LATENCY_MS.most, 40),
    cap: get.get('cap') === '1',
    model: oneOf(get.get('model'), SCORE_MODELS, DEFAULT_MODEL),
    autoplay: get.has('autoplay') ? get.get('autoplay') !== '0' : playAtOnce,
    fixtures: (get.get('fixtures') ?? '').replace(/\/+$/, ''),
    theme: theme === 'dark' || theme === 'light' ? theme : null,
  };
}

/** The query that reads back as this state; parameters of others stay. */
export function writeState(state: PageState, before: string): string {
  const query = new URLSearchParams(before);
  query.set('stream', state.presentation);
  query.set('engine', state.engine);
  query.set('strategy', state.strategy);
  query.set('network', state.network);
  for (const name of ['kbps', 'latency', 'cap', 'model']) query.delete(name);
  if (state.network === MANUAL) {
    query.set('kbps', String(state.kbps));
    query.set('latency', String(state.latencyMs));
  }
  if (state.cap) query.set('cap', '1');
  if (state.model !== DEFAULT_MODEL) query.set('model', state.model);
  return `?${query}`;
}
