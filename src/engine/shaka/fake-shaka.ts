/** As much of shaka's namespace as the page and the transport use, for tests in Node, where shaka itself cannot be imported. */
class FakeError {
  static Severity = { RECOVERABLE: 1, CRITICAL: 2 };
  static Category = { NETWORK: 1, PLAYER: 7 };
  static Code = { BAD_HTTP_STATUS: 1001, HTTP_ERROR: 1002, TIMEOUT: 1003, OPERATION_ABORTED: 7001 };
  readonly data: readonly unknown[];

  constructor(
    readonly severity: number,
    readonly category: number,
    readonly code: number,
    ...data: readonly unknown[]
  ) {
    this.data = data;
  }
}

class FakeOperation {
  constructor(
    readonly promise: Promise<unknown>,
    readonly abort: () => Promise<unknown>,
  ) {}
}

/** A scheme plugin as it stands in {@link fakeSchemes}. */
export interface FakeScheme {
  readonly plugin: (...all: readonly unknown[]) => unknown;
  readonly priority: number;
}

/** What is registered, by scheme. */
export const fakeSchemes = new Map<string, FakeScheme>();

const parse = (uri: unknown): string => `fetched ${uri}`;

export default {
  util: { Error: FakeError, AbortableOperation: FakeOperation },
  polyfill: { installAll() {} },
  Player: class {},
  net: {
    HttpFetchPlugin: { parse },
    NetworkingEngine: {
      PluginPriority: { FALLBACK: 1, PREFERRED: 2, APPLICATION: 3 },
      unregisterScheme: (scheme: string) => fakeSchemes.delete(scheme),
      registerScheme(scheme: string, plugin: FakeScheme['plugin'], priority: number) {
        const existing = fakeSchemes.get(scheme);
        if (existing === undefined || priority >= existing.priority) fakeSchemes.set(scheme, { plugin, priority });
      },
    },
  },
};
