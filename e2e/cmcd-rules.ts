/**
 * The rules of CTA-5004-B for what goes over the wire, apart from our own encoder: cml reads the report and has its say, then the
 * specification's table is applied, from `../shared/cmcd/table1.json` where that is there.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeCmcd, validateCmcdEvents, validateCmcdHeaders, validateCmcdRequest } from '@svta/cml-cmcd';

const TABLE = join(import.meta.dirname, '..', '..', 'shared', 'cmcd', 'table1.json');

interface Key {
  readonly key: string;
  readonly header: string | null;
  readonly type: string;
  readonly modes: readonly ('request' | 'event')[];
}

/** Table 1, if it is there. */
export const table: ReadonlyMap<string, Key> | null = existsSync(TABLE)
  ? new Map((JSON.parse(readFileSync(TABLE, 'utf8')).keys as Key[]).map((key) => [key.key, key]))
  : null;

/** Keys that only an `rr` may have, and keys that another event must have (CTA-5004-B, Table 1). */
const RESPONSE_ONLY = ['rc', 'ttfb', 'ttfbb', 'ttlb', 'url', 'cmsdd', 'cmsds', 'smrt'];
const COMPANIONS: Readonly<Record<string, string>> = {
  ps: 'sta',
  pr: 'pr',
  bc: 'br',
  e: 'ec',
  rr: 'url',
  ce: 'cen',
  c: 'cid',
};

/** A report as its pairs, key and what follows it, in the order they stand, without trusting a parser to keep it. */
function pairsOf(report: string): (readonly [key: string, text: string])[] {
  const pairs: string[] = [''];
  let depth = 0;
  let quoted = false;
  for (let index = 0; index < report.length; index += 1) {
    const character = report[index] ?? '';
    const escaped = quoted && character === '\\';
    if (character === '"') quoted = !quoted;
    if (!quoted && character === '(') depth += 1;
    if (!quoted && character === ')') depth -= 1;
    if (!quoted && depth === 0 && character === ',') pairs.push('');
    else pairs[pairs.length - 1] += escaped ? report.slice(index, index + 2) : character;
    if (escaped) index += 1;
  }
  return pairs.map((pair) => {
    const end = pair.indexOf('=');
    return end < 0 ? [pair, ''] : [pair.slice(0, end), pair.slice(end)];
  });
}

/** Whether the text after a key is of the type that Table 1 names. */
function isOfType(text: string, type: string): boolean {
  if (/^Inner list of integer/.test(type)) return /^=\((-?\d+(;[a-z]+)?)( -?\d+(;[a-z]+)?)*\)$/.test(text);
  if (/^Inner list of strings/.test(type)) return /^=\("([^"\\]|\\.)*"( "([^"\\]|\\.)*")*\)$/.test(text);
  if (/^Integer/.test(type)) return /^=-?\d+$/.test(text);
  if (/^Decimal/.test(type)) return /^=-?\d+(\.\d{1,3})?$/.test(text);
  if (/^Boolean/.test(type)) return /^(=\?0)?$/.test(text);
  if (/^String/.test(type)) return /^="([^"\\]|\\.)*"$/.test(text);
  const tokens = /one of \[([^\]]*)\]/.exec(type)?.[1]?.split(',') ?? [];
  return tokens.map((token) => token.trim()).includes(text.slice(1));
}

/** What of one report breaks the table's rules. */
function tableFaults(report: string, mode: 'request' | 'event'): string[] {
  if (table === null) return [];
  const pairs = pairsOf(report);
  const faults = pairs.flatMap(([key, text]) => {
    if (key.includes('-')) return [];
    const rule = table.get(key);
    if (rule === undefined) return [`${key} is no key of Table 1`];
    return [
      ...(rule.modes.includes(mode) ? [] : [`${key} is not for ${mode} reports`]),
      ...(isOfType(text, rule.type) ? [] : [`${key}${text} is not "${rule.type}"`]),
    ];
  });
  const keys = pairs.map(([key]) => key);
  const sorted = [...keys].sort();
  return [...faults, ...(sorted.join() === keys.join() ? [] : [`keys are not in order: ${keys.join()}`])];
}

const errors = (issues: readonly { readonly message: string; readonly severity: string }[]): string[] =>
  issues.filter(({ severity }) => severity === 'error').map(({ message }) => `cml: ${message}`);

/** What of a request's query report (version 2) breaks the rules; empty if nothing. */
export function queryFaults(url: string): string[] {
  const raw = new URL(url).searchParams.get('CMCD');
  if (raw === null) return ['no CMCD in the query'];
  return [...errors(validateCmcdRequest(new Request(url)).issues), ...tableFaults(raw, 'request')];
}

/** What of a request's header reports (version 2) breaks the rules. */
export function headerFaults(headers: Readonly<Record<string, string>>): string[] {
  const reports = Object.entries(headers).filter(([name]) => /^cmcd-/i.test(name));
  if (reports.length === 0) return ['no CMCD headers'];
  const misplaced = reports.flatMap(([name, value]) =>
    pairsOf(value)
      .map(([key]) => key)
      .filter(
        (key) => table !== null && !key.includes('-') && table.get(key)?.header?.toLowerCase() !== name.toLowerCase(),
      )
      .map((key) => `${key} is in ${name}`),
  );
  const faults = reports.flatMap(([, value]) => tableFaults(value, 'request'));
  return [...errors(validateCmcdHeaders(Object.fromEntries(reports)).issues), ...misplaced, ...faults];
}

/** One record of an event report. */
export type EventRecord = Readonly<Record<string, unknown>>;

/** The records of a body. */
export const recordsOf = (body: string): readonly EventRecord[] =>
  body.split('\n').map((line) => decodeCmcd(line) as unknown as EventRecord);

/** A token as the text it is. */
export const tokenOf = (value: unknown): string =>
  typeof value === 'symbol' ? (value.description ?? '') : String(value);

function companionFaults(line: string): string[] {
  const record = decodeCmcd(line) as unknown as EventRecord;
  const event = tokenOf(record.e);
  const needed = COMPANIONS[event];
  return [
    ...(needed !== undefined && !Object.hasOwn(record, needed) ? [`event ${event} without ${needed}`] : []),
    ...(event !== 'ce' && Object.hasOwn(record, 'cen') ? [`cen on event ${event}`] : []),
    ...(event === 'rr'
      ? []
      : RESPONSE_ONLY.filter((key) => Object.hasOwn(record, key)).map((key) => `${key} on event ${event}`)),
    ...(Number.isSafeInteger(record.ts) ? [] : [`event ${event} without ts`]),
  ];
}

/** What of the body of an event report breaks the rules. */
export function eventFaults(body: string): string[] {
  const lines = body.split('\n');
  return [
    ...errors(validateCmcdEvents(body).issues),
    ...(body.endsWith('\n') ? ['a line feed after the last record'] : []),
    ...lines.flatMap((line) => [...tableFaults(line, 'event'), ...companionFaults(line)]),
  ];
}

/** What of all that one target got, or all requests told, breaks the rules across reports: numbers, and what is told once. */
export function sequenceFaults(records: readonly EventRecord[]): string[] {
  const faults: string[] = [];
  const sessions = groupBySession(records);
  for (const [sid, own] of sessions) {
    const numbers = own.map(({ sn }) => Number(sn)).sort((a, b) => a - b);
    const expected = numbers.map((_, index) => index);
    if (numbers.join() !== expected.join())
      faults.push(`sn of ${sid} is not 0…${expected.length - 1}: ${numbers.join()}`);
    const delays = own.filter((record) => Object.hasOwn(record, 'msd')).length;
    if (delays > 1) faults.push(`msd of ${sid} told ${delays} times`);
  }
  return faults;
}

function groupBySession(records: readonly EventRecord[]): ReadonlyMap<string, readonly EventRecord[]> {
  const sessions = new Map<string, EventRecord[]>();
  for (const record of records) sessions.set(String(record.sid), [...(sessions.get(String(record.sid)) ?? []), record]);
  return sessions;
}
