// `npm start [-- --port N]`: installs what is missing, then serves the demo with its fixture streams.
import { ensureDependencies, fail } from './ensure.mjs';

/** The port asked for by `--port N`, `--port=N` or (npm 10 without `--`) npm's own reading of it. */
function portOf(args) {
  const index = args.findIndex((arg) => arg === '--port' || arg.startsWith('--port='));
  const text = index < 0 ? process.env.npm_config_port : (args[index].split('=')[1] ?? args[index + 1]);
  if (text === undefined || text === 'true') return { port: 5173, fixed: false };
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    fail(`--port must be a whole number within 1…65535, got ${text}`);
  return { port, fixed: true };
}

const args = process.argv.slice(2);
const unknown = args.find((arg, index) => !/^--port(=|$)/.test(arg) && args[index - 1] !== '--port');
if (unknown !== undefined) fail(`unknown option ${unknown}; known: --port N`);
const { port, fixed } = portOf(args);
ensureDependencies();
const { createServer } = await import('vite');
const server = await createServer({ server: { port, strictPort: fixed }, clearScreen: false }).catch((error) =>
  fail(error.message),
);
await server.listen().catch((error) => fail(error.message));
const address = server.httpServer.address();
const origin = `http://127.0.0.1:${address.port}`;
console.log(`\n  Sluice demo                 ${origin}/`);
console.log(`  A stream for your own page  ${origin}/vod/main.m3u8`);
console.log('  Ctrl+C stops it.\n');
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => void server.close().finally(() => process.exit(0)));
}
