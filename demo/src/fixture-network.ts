import { MANUAL, NETWORKS } from './catalogue.ts';
import type { Period } from './network-history.ts';
import type { PageState } from './page-state.ts';

/** A network as the fixture server takes it, and as periods to draw. */
export interface NetworkPlan {
  readonly request: unknown;
  readonly periods: readonly Period[];
}

/** A session of the fixture server: streams at `url`, on a network of its own. The server forgets it when it has been unused for long. */
export interface FixtureSession {
  url(presentation: string): string;
  setNetwork(request: unknown): Promise<void>;
}

/** Talks to the fixture server at `origin` ('' for the page's own). Failures say what to do. */
export interface FixtureServer {
  open(request: unknown, signal: AbortSignal): Promise<FixtureSession>;
  plan(state: PageState, signal: AbortSignal): Promise<NetworkPlan>;
}

const constantPlan = (kbps: number, latencyMs: number): NetworkPlan => ({
  request: { kind: 'constant', kbps, latencyMs },
  periods: [{ duration: 3600, bandwidth: kbps * 1000, latency: latencyMs / 1000 }],
});

async function call(method: string, url: string, body: unknown, signal: AbortSignal | null): Promise<unknown> {
  let response: Response;
  try {
    response = await fetch(url, { method, body: body === null ? null : JSON.stringify(body), signal });
  } catch (cause) {
    if (signal?.aborted) throw cause;
    throw new Error(`the fixture server does not answer at ${new URL(url, location.href).origin}: is it running?`, {
      cause,
    });
  }
  if (!response.ok) {
    throw new Error(`the fixture server answered ${response.status} to ${method} ${url}: ${await response.text()}`);
  }
  return response.json();
}

export function createFixtureServer(origin: string): FixtureServer {
  const plans = new Map<string, NetworkPlan>();

  const tracePlan = async (trace: string, signal: AbortSignal): Promise<NetworkPlan> => {
    const known = plans.get(trace);
    if (known) return known;
    const { periods } = (await call('GET', `${origin}/traces/${trace}`, null, signal)) as {
      periods: readonly Period[];
    };
    const plan = { request: { kind: 'trace', trace, loop: true }, periods };
    plans.set(trace, plan);
    return plan;
  };

  return {
    async plan({ network, kbps, latencyMs }, signal) {
      const choice = NETWORKS.find(({ name }) => name === network);
      if (choice?.trace !== undefined) return tracePlan(choice.trace, signal);
      if (choice?.constant && network !== MANUAL) return constantPlan(choice.constant.kbps, choice.constant.latencyMs);
      return constantPlan(kbps, latencyMs);
    },
    async open(request, signal) {
      const { id, base } = (await call('POST', `${origin}/sessions`, { network: request }, signal)) as {
        id: string;
        base: string;
      };
      return {
        url: (presentation) => new URL(`${origin}${base}/${presentation}/main.m3u8`, location.href).href,
        setNetwork: async (network) => void (await call('PUT', `${origin}/sessions/${id}/network`, network, null)),
      };
    },
  };
}
