import {
  CMCD_KEYS,
  type CmcdData,
  type CmcdHeader,
  type CmcdKind,
  type CmcdNumber,
  type CmcdValue,
  isReserved,
} from './cmcd-keys.ts';

/** Characters that the value of a custom key may have at most. */
const MAX_CUSTOM = 64;
/** Characters that these keys may have at most (Table 1). */
const MAX_STRING: Readonly<Record<string, number>> = { sid: 64, cid: 128, h: 128, cen: 64 };
/** The largest integer of a structured field (RFC 8941, 3.3.1). */
const MAX_INTEGER = 999_999_999_999_999;

/** A string of a structured field: ASCII only, so the rest is percent-encoded. */
function string(value: string): string {
  const ascii = /^[\x20-\x7e]*$/.test(value) ? value : encodeURIComponent(value);
  return `"${ascii.replace(/[\\"]/g, '\\$&')}"`;
}

const isNumber = (value: unknown): value is number =>
  Number.isFinite(value) && Math.abs(value as number) <= MAX_INTEGER;

/** To whole steps, and not beyond what can be written. */
const rounded = (value: number, step: number): number => {
  const whole = Math.round(value / step);
  return Math.min(Math.max(whole, Math.ceil(-MAX_INTEGER / step)), Math.floor(MAX_INTEGER / step)) * step;
};

/** At most three digits after the point and twelve before it (RFC 8941, 3.3.2); larger ones are written as integers. */
function decimal(value: number): string {
  const exact = Math.round(value * 1000) / 1000;
  return String(Math.abs(exact) < 1e12 ? exact : Math.round(value));
}

function numbers(value: CmcdValue, step: number): string | null {
  if (!Array.isArray(value)) return null;
  const usable = (value as readonly CmcdNumber[]).filter((item) => isNumber(item.value));
  if (usable.length === 0) return null;
  return `(${usable.map((item) => `${rounded(item.value, step)}${item.type === null ? '' : `;${item.type}`}`).join(' ')})`;
}

/** A value as version 2 writes it after its key; null if it cannot be written, so the key is left out. */
function write(kind: CmcdKind, value: CmcdValue): string | null {
  switch (kind) {
    case 'integers':
      return numbers(value, 1);
    case 'hundreds':
      return numbers(value, 100);
    case 'integer':
      return isNumber(value) ? `=${rounded(value, 1)}` : null;
    case 'hundred':
      return isNumber(value) ? `=${rounded(value, 100)}` : null;
    case 'decimal':
      return isNumber(value) ? `=${decimal(value)}` : null;
    case 'boolean':
      // True is the key alone; false is not sent.
      return value === true ? '' : null;
    case 'token':
      return typeof value === 'string' && /^[a-z]+$/.test(value) ? `=${value}` : null;
    case 'string':
      return typeof value === 'string' && value !== '' ? `=${string(value)}` : null;
    case 'strings':
      return Array.isArray(value) && value.length > 0
        ? `=(${(value as readonly string[]).map(string).join(' ')})`
        : null;
  }
}

function writeCustom(value: CmcdValue): string | null {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? `=${value}` : null;
  return typeof value === 'string' && value !== '' && value.length <= MAX_CUSTOM ? `=${string(value)}` : null;
}

/** The value of a list that is of the object asked for, or the first: version 1 has one number where version 2 has a list. */
function single(value: CmcdValue, type: CmcdValue | undefined): CmcdValue | undefined {
  if (!Array.isArray(value)) return value;
  const [first] = value;
  if (typeof first !== 'object') return first;
  return ((value as readonly CmcdNumber[]).find((item) => item.type === type) ?? first).value;
}

const SINGLE: Partial<Record<CmcdKind, CmcdKind>> = { integers: 'integer', hundreds: 'hundred', strings: 'string' };

function writeReserved(key: keyof typeof CMCD_KEYS, data: CmcdData, version: 1 | 2): string | null {
  const { kind, v1 } = CMCD_KEYS[key];
  const value = data[key];
  const most = MAX_STRING[key];
  if (value === undefined || (most !== undefined && String(value).length > most)) return null;
  if (version === 2) {
    const text = write(kind, value);
    return text?.startsWith('(') ? `=${text}` : text;
  }
  const one = single(value, data.ot);
  if (!v1 || one === undefined) return null;
  // The path of version 1 is percent-encoded.
  return write(SINGLE[kind] ?? kind, key === 'nor' ? encodeURIComponent(String(one)) : one);
}

/** A report as its pairs, by key; the version goes with it where it is not 1. */
function pairs(data: CmcdData, version: 1 | 2): (readonly [key: string, pair: string])[] {
  const all: CmcdData = version === 2 ? { ...data, v: 2 } : data;
  return Object.entries(all)
    .flatMap(([key, value]): (readonly [string, string])[] => {
      const text = isReserved(key) ? writeReserved(key, all, version) : key.includes('-') ? writeCustom(value) : null;
      // A playback rate of 1 is what is assumed.
      if (text === null || (key === 'pr' && value === 1)) return [];
      return [[key, `${key}${text}`]];
    })
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

/**
 * A report of request mode: `key=value` pairs in the order of their keys, separated by commas. What cannot be written in this version
 * is left out.
 *
 * @see https://cta-wave.github.io/Resources/common-media-client-data--cta-5004-b.html 4.1
 */
export function encodeCmcd(data: CmcdData, version: 1 | 2): string {
  return pairs(data, version)
    .map(([, pair]) => pair)
    .join(',');
}

/** The header of each key in this version: version 1 has the playback rate with the session. */
function headerOf(key: string, version: 1 | 2): CmcdHeader {
  if (key === 'pr' && version === 1) return 'CMCD-Session';
  return (isReserved(key) ? CMCD_KEYS[key].header : null) ?? 'CMCD-Request';
}

/** A report as request headers; only those that have something in them. Keys of the app's own go into CMCD-Request. */
export function toCmcdHeaders(data: CmcdData, version: 1 | 2): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {};
  for (const [key, pair] of pairs(data, version)) {
    const header = headerOf(key, version);
    headers[header] = headers[header] === undefined ? pair : `${headers[header]},${pair}`;
  }
  return headers;
}

/** Also what `encodeURIComponent` leaves as it is: brackets and quotes mean something to some servers. */
const percentEncode = (text: string): string =>
  encodeURIComponent(text).replace(/[()!'*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`);

/** A URL without the report in its query. */
export function withoutCmcd(url: string): string {
  return url.replace(/([?&])CMCD=[^&#]*(&?)/g, (_, before: string, after: string) => (after === '' ? '' : before));
}

/** A URL with a report in its query, in place of one that it had; the URL itself if there is nothing to say. */
export function withCmcd(url: string, report: string): string {
  if (report === '') return url;
  const [before = '', ...fragment] = withoutCmcd(url).split('#');
  const query = `${before}${before.includes('?') ? (/[?&]$/.test(before) ? '' : '&') : '?'}CMCD=${percentEncode(report)}`;
  return [query, ...fragment].join('#');
}
