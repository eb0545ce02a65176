import shaka from 'shaka-player/dist/shaka-player.compiled-es2021.js';

/** Answers one request of one player; the context says which stream and segment it is for. */
export type RequestRoute = (
  uri: string,
  request: shaka.extern.Request,
  type: shaka.net.NetworkingEngine.RequestType,
  context: shaka.extern.RequestContext | null,
  progressUpdated: shaka.extern.ProgressUpdated,
  headersReceived: shaka.extern.HeadersReceived,
  config: shaka.extern.SchemePluginConfig,
) => shaka.extern.IAbortableOperation<shaka.extern.Response>;

/*
 * Polyfills and scheme plugins of shaka belong to the page, not to a player. So this is the state of the page: whether the
 * polyfills are in, how many engines want their requests, and which requests are whose.
 */
let polyfilled = false;
let engines = 0;
const routes = new WeakMap<
  shaka.extern.Request,
  { readonly route: RequestRoute; readonly context: shaka.extern.RequestContext | null }
>();

const SCHEMES = ['http', 'https'] as const;

const plugin: shaka.extern.SchemePlugin = (uri, request, type, progressUpdated, headersReceived, config) => {
  const own = routes.get(request);
  return own === undefined
    ? shaka.net.HttpFetchPlugin.parse(uri, request, type, progressUpdated, headersReceived, config)
    : own.route(uri, request, type, own.context, progressUpdated, headersReceived, config);
};

function register(parse: shaka.extern.SchemePlugin, priority: number): void {
  for (const scheme of SCHEMES) {
    // A plugin of lower priority does not replace one of higher.
    shaka.net.NetworkingEngine.unregisterScheme(scheme);
    shaka.net.NetworkingEngine.registerScheme(scheme, parse, priority, true);
  }
}

/** Makes a player with what shaka wants patched in this browser. */
export function createShakaPlayer(): shaka.Player {
  if (!polyfilled) shaka.polyfill.installAll();
  polyfilled = true;
  return new shaka.Player();
}

/**
 * Sends every http and https request of this player to `route`; those of other players go to shaka's own fetch plugin,
 * which is put back when the last engine has gone. Returns what undoes it.
 */
export function routeRequests(player: shaka.Player, route: RequestRoute): () => void {
  const { APPLICATION, PREFERRED } = shaka.net.NetworkingEngine.PluginPriority;
  if (engines === 0) register(plugin, APPLICATION);
  engines += 1;
  player.getNetworkingEngine()?.registerRequestFilter((_type, request, context) => {
    routes.set(request, { route, context: context ?? null });
  });
  let active = true;
  return () => {
    if (!active) return;
    active = false;
    engines -= 1;
    if (engines === 0) register(shaka.net.HttpFetchPlugin.parse, PREFERRED);
  };
}

/** Shaka's name for one of its error codes, such as HLS_PLAYLIST_HEADER_MISSING for 4015. */
export function errorName(code: number): string {
  const entry = Object.entries(shaka.util.Error.Code).find(([, value]) => value === code);
  return entry?.[0] ?? 'error';
}
