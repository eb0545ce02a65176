import type { PlaybackEvent } from 'sluice';
import type { ExperimentResult, Filter, Overview, SessionSummary } from 'sluice/collector';

/** The collector asks for a read key, or does not know the one it was given. */
export class KeyNeeded extends Error {
  override readonly name = 'KeyNeeded';
}

/** What to look at: the last so many hours, and only what the filter lets through. */
export interface Look {
  readonly hours: number;
  readonly filter: Filter;
}

/** A collector as this page asks it. */
export interface Api {
  setKey(key: string): void;
  overview(look: Look, signal: AbortSignal): Promise<Overview>;
  sessions(look: Look, order: 'worst' | 'newest', signal: AbortSignal): Promise<readonly SessionSummary[]>;
  session(sid: string, signal: AbortSignal): Promise<SessionSummary>;
  /** The first {@link MOST_FACTS} of a session. */
  facts(sid: string, signal: AbortSignal): Promise<readonly PlaybackEvent[]>;
  experiments(look: Look, signal: AbortSignal): Promise<readonly string[]>;
  experiment(name: string, look: Look, signal: AbortSignal): Promise<ExperimentResult>;
}

const KEY = 'sluice-read-key';
/** Facts of a session that are read: some fifteen hours of it. A stranger's session may have a million, and the page has to live on. */
export const MOST_FACTS = 100_000;

/** The first lines of a body, at most `most`; what comes after them is never read. */
async function firstLines(body: ReadableStream<Uint8Array>, most: number): Promise<string> {
  const reader = body.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>).getReader();
  const parts: string[] = [];
  for (let left = most; left > 0; ) {
    const { done, value } = await reader.read();
    if (done) return parts.join('');
    let end = 0;
    while (left > 0) {
      const at = value.indexOf('\n', end);
      if (at < 0) break;
      left -= 1;
      end = at + 1;
    }
    parts.push(left > 0 ? value : value.slice(0, end));
  }
  await reader.cancel();
  return parts.join('');
}

/**
 * Facts as the collector keeps them, checked when they came. Clocks do not run backwards: a fact that says so happened no earlier than
 * the one before, as the collector reckons, too.
 */
function parseFacts(text: string): readonly PlaybackEvent[] {
  let last = 0;
  return text.split('\n').flatMap((line) => {
    if (line === '') return [];
    const fact = JSON.parse(line) as PlaybackEvent;
    last = Math.max(last, fact.at);
    return [fact.at < last ? { ...fact, at: last } : fact];
  });
}

/** Where the collector is: as the page's head says, or at the page's own address. */
function baseUrl(): string {
  const told = document.querySelector<HTMLMetaElement>('meta[name="sluice-collector"]')?.content.trim();
  return told ? told.replace(/\/$/, '') : '';
}

const windowOf = ({ hours, filter }: Look, now: number): URLSearchParams =>
  new URLSearchParams({ from: String(now - hours * 3_600_000), to: String(now), ...filter });

/** Talks to the collector; a key lives as long as the tab. */
export function createApi(): Api {
  const base = baseUrl();
  let key = sessionStorage.getItem(KEY);

  const ask = async (path: string, signal: AbortSignal): Promise<Response> => {
    const headers: HeadersInit = key === null ? {} : { authorization: `Bearer ${key}` };
    const response = await fetch(`${base}/v1/${path}`, { signal, headers, cache: 'no-store' });
    if (response.ok) return response;
    const body: unknown = await response.json().catch(() => null);
    const why = String((body as { error?: unknown } | null)?.error ?? response.statusText);
    if (response.status === 401) throw new KeyNeeded(key === null ? '' : 'That key is not known here.');
    throw new Error(`The collector answered ${response.status}: ${why}`);
  };
  const json = async <T>(path: string, signal: AbortSignal): Promise<T> => (await ask(path, signal)).json();

  return {
    setKey(given) {
      key = given;
      sessionStorage.setItem(KEY, given);
    },
    overview: (look, signal) => json(`overview?${windowOf(look, Date.now())}`, signal),
    async sessions(look, order, signal) {
      const query = windowOf(look, Date.now());
      query.set('order', order);
      const { sessions } = await json<{ sessions: SessionSummary[] }>(`sessions?${query}`, signal);
      return sessions;
    },
    session: (sid, signal) => json(`sessions/${encodeURIComponent(sid)}`, signal),
    async facts(sid, signal) {
      const { body } = await ask(`sessions/${encodeURIComponent(sid)}/events`, signal);
      return body === null ? [] : parseFacts(await firstLines(body, MOST_FACTS));
    },
    async experiments(look, signal) {
      const { experiments } = await json<{ experiments: string[] }>(
        `experiments?${windowOf(look, Date.now())}`,
        signal,
      );
      return experiments;
    },
    experiment: (name, look, signal) =>
      json(`experiments/${encodeURIComponent(name)}?${windowOf(look, Date.now())}`, signal),
  };
}
