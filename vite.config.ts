import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig, type Plugin } from 'vite';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** The package's own entry points, as its users import them. */
const ENTRIES = {
  index: here('./src/index.ts'),
  abr: here('./src/abr/index.ts'),
  qoe: here('./src/qoe/index.ts'),
  sim: here('./src/sim/index.ts'),
  telemetry: here('./src/telemetry/index.ts'),
  collector: here('./src/collector/index.ts'),
};

/** Pages and tests import `sluice/abr` as anybody would; here that is the source. */
const alias = Object.entries(ENTRIES).map(([name, path]) => ({
  find: name === 'index' ? /^sluice$/ : new RegExp(`^sluice/${name}$`),
  replacement: path,
}));

const UNWATCHED = ['**/fixtures/media/**', '**/test-results/**', '**/.cache/**', '**/.tsbuild/**', '**/dist/**'];

/** Serves the fixture streams on the demo's own origin, and the demo at `/`. */
function fixtures(): Plugin {
  return {
    name: 'sluice-fixtures',
    async configureServer(server) {
      const { createFixtureHandler } = await server.ssrLoadModule('/fixtures/server/handler.ts');
      const handler = createFixtureHandler();
      server.httpServer?.once('close', () => handler.close());
      server.middlewares.use(handler);
      server.middlewares.use((request, response, next) => {
        if (request.url !== '/') return next();
        response.writeHead(302, { location: '/demo/' }).end();
      });
    },
  };
}

/** Where the demo's sessions are kept. */
const SESSIONS = here('./.cache/demo-sessions.sqlite');

/**
 * A collector on the demo's own origin, so that what is played is on the dashboard; the page is told by a `meta`. A second demo
 * on the same file goes without.
 */
function collector(): Plugin {
  let running = false;
  return {
    name: 'sluice-collector',
    async configureServer(server) {
      mkdirSync(dirname(SESSIONS), { recursive: true });
      const { startCollector } = await server.ssrLoadModule('/src/collector/node/start-collector.ts');
      try {
        const started = await startCollector({ file: SESSIONS, port: null });
        running = true;
        server.httpServer?.once('close', () => void started.close());
        server.middlewares.use((request, response, next) =>
          /^\/(v1\/|healthz)/.test(request.url ?? '') ? started.listener(request, response) : next(),
        );
      } catch (failure) {
        server.config.logger.warn(`no collector beside the demo: ${failure}`);
      }
    },
    transformIndexHtml: (html) =>
      running ? html.replace('</head>', '  <meta name="sluice-beacons" content="/v1/events" />\n  </head>') : html,
  };
}

export default defineConfig(({ mode }) => ({
  root: here('.'),
  appType: 'mpa',
  publicDir: false,
  resolve: { alias },
  plugins: mode === 'e2e' || mode === 'test' || mode === 'bench' ? [] : [fixtures(), collector()],
  server: {
    host: '127.0.0.1',
    // A page under test stays as it was loaded.
    ...(mode === 'e2e' ? { hmr: false, watch: null } : { watch: { ignored: UNWATCHED } }),
  },
  optimizeDeps: {
    entries: ['demo/*.html', 'e2e/*.html'],
    include: ['rxjs', 'hls.js', 'shaka-player/dist/shaka-player.compiled-es2021.js'],
  },
  worker: { format: 'es' },
  build:
    mode === 'lib'
      ? {
          outDir: 'dist',
          target: 'es2022',
          minify: false,
          sourcemap: true,
          lib: {
            entry: ENTRIES,
            formats: ['es'],
          },
          rollupOptions: {
            external: [/^rxjs/, /^@svta/, /^hls\.js/, /^shaka-player/],
            output: { chunkFileNames: 'chunks/[name]-[hash].js' },
          },
        }
      : {
          outDir: 'dist-demo',
          rollupOptions: {
            input: {
              demo: here('./demo/index.html'),
              lab: here('./demo/lab.html'),
              dashboard: here('./demo/dashboard.html'),
            },
          },
        },
  test: {
    include: ['src/**/*.test.ts', 'demo/**/*.test.ts', 'fixtures/**/*.test.ts', 'scripts/**/*.test.ts'],
    environment: 'node',
    setupFiles: [here('./config/property-seed.ts')],
  },
}));
