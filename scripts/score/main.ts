/** `npm run score`: scores recorded sessions and P.1203 case files. */
import { writeFileSync } from 'node:fs';
import { parseArguments, USAGE, UsageError } from './arguments.ts';
import { report } from './report.ts';
import { scoreFiles } from './score-files.ts';

/** Exit codes: what was asked for makes no sense; something could not be scored. */
const USAGE_EXIT = 2;
const REFUSED_EXIT = 1;

function run(): void {
  const args = parseArguments(process.argv.slice(2));
  if (args === null) {
    console.log(USAGE);
    return;
  }
  const results = scoreFiles(args);
  const json = `${JSON.stringify({ results })}\n`;
  if (args.json === '-') process.stdout.write(json);
  else {
    console.log(report(results));
    if (args.json !== null) writeFileSync(args.json, json);
  }
  if (results.some((result) => 'error' in result)) process.exitCode = REFUSED_EXIT;
}

try {
  run();
} catch (cause) {
  if (!(cause instanceof UsageError) && !(cause instanceof TypeError) && !(cause instanceof SyntaxError)) throw cause;
  console.error(`score: ${cause.message}`);
  process.exitCode = USAGE_EXIT;
}
