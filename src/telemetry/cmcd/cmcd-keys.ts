/** Which header a key goes into (CTA-5004-B, 3.2); null for keys of event reports only. */
export type CmcdHeader = 'CMCD-Object' | 'CMCD-Request' | 'CMCD-Session' | 'CMCD-Status';

/**
 * How a value is written: `integers` is a list, each with the object type it is of (`(3000;v 164;a)`); `hundreds` the same, rounded to
 * 100; `integer` and `hundred` a number alone; `strings` a list of strings.
 */
export type CmcdKind =
  | 'integers'
  | 'hundreds'
  | 'integer'
  | 'hundred'
  | 'decimal'
  | 'boolean'
  | 'string'
  | 'strings'
  | 'token';

/** A key of Table 1: its header, how it is written, and whether version 1 has it. */
export interface CmcdKeyRule {
  readonly header: CmcdHeader | null;
  readonly kind: CmcdKind;
  readonly v1: boolean;
}

const object = (kind: CmcdKind, v1 = false): CmcdKeyRule => ({ header: 'CMCD-Object', kind, v1 });
const request = (kind: CmcdKind, v1 = false): CmcdKeyRule => ({ header: 'CMCD-Request', kind, v1 });
const session = (kind: CmcdKind, v1 = false): CmcdKeyRule => ({ header: 'CMCD-Session', kind, v1 });
const status = (kind: CmcdKind, v1 = false): CmcdKeyRule => ({ header: 'CMCD-Status', kind, v1 });
const event = (kind: CmcdKind): CmcdKeyRule => ({ header: null, kind, v1: false });

/**
 * The reserved keys of CMCD version 2.
 *
 * @see https://cta-wave.github.io/Resources/common-media-client-data--cta-5004-b.html Table 1
 */
export const CMCD_KEYS = {
  ab: object('integers'),
  bg: status('boolean'),
  bl: request('hundreds', true),
  br: object('integers', true),
  bs: status('boolean', true),
  bsa: status('integers'),
  bsd: status('integers'),
  bsda: status('integers'),
  cen: event('string'),
  cid: session('string', true),
  cmsdd: event('string'),
  cmsds: event('string'),
  cs: request('string'),
  d: object('integer', true),
  dfa: request('integer'),
  dl: request('hundred', true),
  e: event('token'),
  ec: status('strings'),
  h: event('string'),
  lab: object('integers'),
  lb: object('integers'),
  ltc: request('integer'),
  msd: session('integer'),
  mtp: request('hundreds', true),
  nor: request('strings', true),
  nr: status('boolean'),
  ot: object('token', true),
  pb: request('integers'),
  pr: status('decimal', true),
  pt: status('integer'),
  rc: event('integer'),
  rtp: status('hundred', true),
  sf: session('token', true),
  sid: session('string', true),
  smrt: event('string'),
  sn: request('integer'),
  st: session('token', true),
  sta: request('token'),
  su: request('boolean', true),
  tab: object('integers'),
  tb: object('integers', true),
  tbl: request('hundreds'),
  tpb: object('integers'),
  ts: event('integer'),
  ttfb: event('integer'),
  ttfbb: event('integer'),
  ttlb: event('integer'),
  url: event('string'),
  v: session('integer'),
} as const satisfies Readonly<Record<string, CmcdKeyRule>>;

/** A reserved key of CMCD version 2. */
export type CmcdKey = keyof typeof CMCD_KEYS;

/** A key of the app's own: reverse DNS, with a hyphen, so that it is never one to come. */
export type CmcdCustomKey = `${string}-${string}`;

/** The object types that a key may say its number is of, and that a request may be for. */
export type CmcdObjectType = 'm' | 'a' | 'v' | 'av' | 'i' | 'c' | 'tt' | 'k' | 'o';

/** A number and the object type it is of; null where that is not known. */
export interface CmcdNumber {
  readonly value: number;
  readonly type: CmcdObjectType | null;
}

/** A value of CMCD; which one a key takes is its {@link CmcdKind}. */
export type CmcdValue = number | string | boolean | readonly CmcdNumber[] | readonly string[];

/**
 * What a report says: reserved keys, and keys of the app's own, which carry a reverse-DNS prefix with a hyphen
 * (`com.example-x`) and text or a whole number.
 */
export type CmcdData = { readonly [K in CmcdKey]?: CmcdValue } & {
  readonly [custom: `${string}-${string}`]: CmcdValue;
};

/** Whether a key is reserved. */
export const isReserved = (key: string): key is CmcdKey => Object.hasOwn(CMCD_KEYS, key);
