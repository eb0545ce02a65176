import { basename, extname } from 'node:path';
import { experience } from '../../qoe/experience.ts';
import { weighted } from '../../qoe/weighted.ts';
import { parseNdjson } from '../../session/parse-ndjson.ts';
import { type ScoredSession, type WhatIf, whatIf } from '../what-if.ts';
import type { ReplayArguments } from './arguments.ts';
import { readText } from './read-text.ts';
import { LIMIT, loadStrategies, strategyList } from './strategies.ts';
import { messageOf, UsageError } from './usage-error.ts';
import { writeOutput } from './write-output.ts';

/** Plays a recorded session again, with other strategies, and says what that is worth. */
export async function runReplay(args: ReplayArguments, signal: AbortSignal): Promise<void> {
  if (args.strategies.includes(LIMIT)) throw new UsageError(`--strategies: ${LIMIT} is not for replay`);
  const strategies = await loadStrategies(args.strategies);
  const text = await readText('session file', args.session, signal);
  let result: WhatIf;
  try {
    const events = parseNdjson(text);
    if (events.length === 0) throw new RangeError('there is no fact in it');
    const start = events.find((event) => event.type === 'sessionStart');
    const known = strategyList().some(({ name }) => name === start?.strategy);
    const played = known && start !== undefined ? await loadStrategies([start.strategy]) : null;
    result = whatIf({
      events,
      strategies,
      played: () => played,
      scorers: [weighted(), experience()],
      abandonment: args.abandonment,
      maxBuffer: args.maxBuffer,
      ...(args.semantics === null ? {} : { semantics: args.semantics }),
    });
  } catch (cause) {
    throw new UsageError(`session file '${args.session}': ${messageOf(cause)}`, { cause });
  }
  await writeOutput('--json', args.json, () => replayJson(result));
  if (args.json === null || (process.stdout.isTTY && args.json !== '-')) {
    console.log(replayText(basename(args.session, extname(args.session)), result));
  }
}

/** `{"recorded", "resimulated", "simulationError", "sessions", "notes"}`; sessions as in a comparison, each with `scores`. */
function replayJson({ recorded, resimulated, error, others, notes }: WhatIf): string {
  const value = { recorded, resimulated, simulationError: error, sessions: others, notes };
  return `${JSON.stringify(value)}\n`;
}

const HEAD = ['', 'QoE', 'weighted', 'experience', 'Mbit/s', 'stall s', 'stalls', 'start s', 'switches'];

/** The same for people. */
export function replayText(name: string, { recorded, resimulated, error, others, notes }: WhatIf): string {
  const line = (label: string, session: ScoredSession): string[] => [
    label,
    session.linearQoe.toFixed(1),
    session.scores.weighted?.toFixed(3) ?? '–',
    session.scores.experience?.toFixed(1) ?? '–',
    (session.averageBitrate / 1e6).toFixed(2),
    session.stallTime.toFixed(2),
    String(session.stallCount),
    session.startupTime.toFixed(2),
    String(session.switches),
  ];
  const table = [
    HEAD,
    line(`recorded: ${recorded.strategy}`, recorded),
    ...(resimulated === null ? [] : [line(`simulated: ${resimulated.strategy}`, resimulated)]),
    ...others.map((session) => line(`simulated: ${session.strategy}`, session)),
  ];
  const widths = HEAD.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  const rows = table.map((row) =>
    row.map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0))).join('  '),
  );
  const words = error === null ? [] : errorWords(error, recorded.levels.length, resimulated, others);
  return [`${name}: ${recorded.levels.length} segments`, ...rows, ...words, ...notes.map((note) => `note: ${note}`)]
    .map((text, at) => (at === 0 ? text : `  ${text}`))
    .join('\n');
}

function errorWords(
  error: NonNullable<WhatIf['error']>,
  segments: number,
  resimulated: ScoredSession | null,
  others: readonly ScoredSession[],
): string[] {
  const { levelsAlike, linearQoe, stallTime, startupTime, averageBitrate } = error;
  const own = `simulation error, by playing ${resimulated?.strategy} again: ${Math.round(levelsAlike * segments)} of ${segments} levels alike, QoE ${signed(linearQoe, 1)}, stalls ${signed(stallTime, 2)} s, start-up ${signed(startupTime, 2)} s, bitrate ${signed(averageBitrate / 1e6, 3)} Mbit/s`;
  const verdicts = others
    .filter(({ strategy }) => strategy !== resimulated?.strategy)
    .map((session) => {
      const gain = session.linearQoe - (resimulated?.linearQoe ?? 0);
      const verdict =
        Math.abs(gain) <= Math.abs(linearQoe)
          ? 'no more than the simulation error: nothing can be said'
          : `${gain > 0 ? 'better' : 'worse'}, and more than the simulation error`;
      return `${session.strategy} against ${resimulated?.strategy}, both simulated: QoE ${signed(gain, 1)}: ${verdict}`;
    });
  return [own, ...verdicts];
}

const signed = (value: number, digits: number): string => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(digits)}`;
