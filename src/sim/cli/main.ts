#!/usr/bin/env node
/** `npm run sim`, and the package's `sluice`: compares strategies over network traces, or replays a recorded session. */
import { parseArguments, type ReplayArguments, type SimArguments, usage } from './arguments.ts';
import { runCompare } from './run-compare.ts';
import { runReplay } from './run-replay.ts';
import { oneLine, UsageError } from './usage-error.ts';

/** Exit codes: what was asked for makes no sense; interrupted. */
const USAGE_EXIT = 2;
const INTERRUPTED_EXIT = 130;

async function run(args: SimArguments | ReplayArguments, signal: AbortSignal): Promise<void> {
  if (args.command === 'replay') await runReplay(args, signal);
  else await runCompare(args, signal);
}

const stop = new AbortController();
const interrupted = (): void => stop.abort(new Error('interrupted'));
process.once('SIGINT', interrupted);
// Who reads our output may have seen enough: `… --json - | head`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});
try {
  const args = parseArguments(process.argv.slice(2));
  if (args === null) console.log(usage());
  else await run(args, stop.signal);
} catch (cause) {
  if (stop.signal.aborted) process.exitCode = INTERRUPTED_EXIT;
  else if (cause instanceof UsageError) {
    console.error(`sim: ${oneLine(cause.message)}`);
    process.exitCode = USAGE_EXIT;
  } else throw cause;
} finally {
  process.removeListener('SIGINT', interrupted);
}
