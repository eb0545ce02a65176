// `npm run check`: the fast daily round: types, lint and format, floors and unit tests.
import { ensureDependencies, run } from './ensure.mjs';

ensureDependencies();
const steps = [
  ['npx', ['tsc', '-b']],
  ['npx', ['biome', 'check', '--error-on-warnings']],
  ['npx', ['vitest', 'run']],
];
for (const [command, args] of steps) if (run(command, args) !== 0) process.exit(1);
