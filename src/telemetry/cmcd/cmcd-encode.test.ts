import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeCmcd, validateCmcdHeaders, validateCmcdRequest } from '@svta/cml-cmcd';
import { SfItem, SfToken } from '@svta/cml-structured-field-values';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeCmcd, toCmcdHeaders, withCmcd, withoutCmcd } from './cmcd-encode.ts';
import { CMCD_KEYS, type CmcdData, type CmcdKey, type CmcdObjectType, type CmcdValue } from './cmcd-keys.ts';

/** Where the specification's table and examples are, if they are there: they are not ours to hand on. */
const SPEC = join(import.meta.dirname, '..', '..', '..', '..', 'shared', 'cmcd');
const read = (name: string) => JSON.parse(readFileSync(join(SPEC, name), 'utf8'));
const present = existsSync(SPEC);

interface Vector {
  readonly section: string;
  readonly mode: 'request' | 'event';
  readonly raw?: string;
  readonly query?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What cml reads from a report, as what we write one from. */
function fromCml(decoded: object): CmcdData {
  const value = (one: unknown): CmcdValue => {
    if (one instanceof SfToken) return one.description;
    if (!Array.isArray(one)) return one as CmcdValue;
    if (typeof one[0] === 'string') return one;
    return one.map((item) =>
      item instanceof SfItem
        ? { value: item.value as number, type: (Object.keys(item.params ?? {})[0] ?? null) as CmcdObjectType | null }
        : { value: item as number, type: null },
    );
  };
  const { v: _, ...rest } = decoded as Record<string, unknown>;
  return Object.fromEntries(Object.entries(rest).map(([key, one]) => [key, value(one)])) as CmcdData;
}

describe('the keys', () => {
  it.skipIf(!present)('are those of Table 1 of CTA-5004-B, with its headers and types', () => {
    const table: readonly { key: CmcdKey; header: string | null; type: string; modes: string[] }[] =
      read('table1.json').keys;
    expect(Object.keys(CMCD_KEYS).sort()).toEqual(table.map(({ key }) => key).sort());
    const words: Readonly<Record<string, RegExp>> = {
      integers: /^Inner list of integer/,
      hundreds: /^Inner list of integer/,
      strings: /^Inner list of strings/,
      integer: /^Integer/,
      hundred: /^Integer/,
      decimal: /^Decimal/,
      boolean: /^Boolean/,
      string: /^String/,
      token: /^Token/,
    };
    for (const { key, header, type, modes } of table) {
      expect(CMCD_KEYS[key].header, key).toBe(header);
      expect(type, key).toMatch(words[CMCD_KEYS[key].kind] ?? /never/);
      expect(modes.includes('request'), key).toBe(CMCD_KEYS[key].header !== null);
    }
  });
});

describe('reports of version 2', () => {
  it('are written as the examples of section 8.1 are', () => {
    const standard: CmcdData = {
      sid: 'session-id-123',
      cid: 'content-id-123',
      bl: [{ value: 2000, type: null }],
      br: [{ value: 3000, type: 'v' }],
      tb: [{ value: 6000, type: 'v' }],
      mtp: [{ value: 15_000, type: null }],
      d: 4000,
      dl: 1000,
      nor: ['next-seg.mp4'],
      ot: 'v',
      rtp: 12_000,
      sf: 'd',
      st: 'v',
      sta: 'p',
    };
    expect(encodeCmcd(standard, 2)).toBe(
      'bl=(2000),br=(3000;v),cid="content-id-123",d=4000,dl=1000,mtp=(15000),nor=("next-seg.mp4"),ot=v,rtp=12000,sf=d,sid="session-id-123",st=v,sta=p,tb=(6000;v),v=2',
    );
    expect(toCmcdHeaders(standard, 2)).toEqual({
      'CMCD-Request': 'bl=(2000),dl=1000,mtp=(15000),nor=("next-seg.mp4"),sta=p',
      'CMCD-Object': 'br=(3000;v),d=4000,ot=v,tb=(6000;v)',
      'CMCD-Status': 'rtp=12000',
      'CMCD-Session': 'cid="content-id-123",sf=d,sid="session-id-123",st=v,v=2',
    });
    const rebuffering: CmcdData = {
      sid: 'session-id-123',
      bl: [
        { value: 0, type: 'v' },
        { value: 2000, type: 'a' },
      ],
      bs: true,
      pr: 1.1,
    };
    expect(encodeCmcd(rebuffering, 2)).toBe('bl=(0;v 2000;a),bs,pr=1.1,sid="session-id-123",v=2');
    expect(withCmcd('https://cdn.example/1.mp4', encodeCmcd({ cid: 'c', sid: 's' }, 2))).toBe(
      'https://cdn.example/1.mp4?CMCD=cid%3D%22c%22%2Csid%3D%22s%22%2Cv%3D2',
    );
  });

  const vectors: readonly Vector[] = present ? read('vectors.json') : [];
  it.skipIf(!present)('are written as every example of the specification is, as query and as headers', () => {
    const requests = vectors.filter(({ mode }) => mode === 'request');
    expect(requests.length).toBeGreaterThan(10);
    for (const { section, raw = '', query, headers } of requests) {
      const data = fromCml(decodeCmcd(raw, { useSymbol: false }));
      expect(encodeCmcd(data, 2), section).toBe(raw);
      expect(withCmcd('https://cdn.example/x', raw), section).toBe(`https://cdn.example/x?${query}`);
      expect(toCmcdHeaders(data, 2), section).toEqual(headers);
    }
  });

  it('leave out what cannot be written: a number that is none, an empty list, a string that is too long, false', () => {
    const data: CmcdData = {
      d: Number.NaN,
      bl: [],
      br: [{ value: Number.POSITIVE_INFINITY, type: 'v' }],
      sid: 'x'.repeat(65),
      bs: false,
      pr: 1,
      ec: [],
      ot: 'Not a token',
      cid: '',
    };
    expect(encodeCmcd(data, 2)).toBe('v=2');
  });

  it('carry keys of the app, escaped, and no key that is neither', () => {
    const data = { 'com.example-x': 'a "b" \\c', 'com.example-n': 5, 'com.example-long': 'x'.repeat(65), bogus: 1 };
    expect(encodeCmcd(data as unknown as CmcdData, 2)).toBe('com.example-n=5,com.example-x="a \\"b\\" \\\\c",v=2');
  });

  it.each([
    [1_000_000_000_000.0005, 'pr=1000000000000,v=2'],
    [999_999_999_999.9999, 'pr=1000000000000,v=2'],
    [999_999_999_999.25, 'pr=999999999999.25,v=2'],
    [1.0004, 'pr=1,v=2'],
  ])('keep %f within the digits of a structured field', (pr, written) => {
    expect(encodeCmcd({ pr } as CmcdData, 2)).toBe(written);
  });

  it('are valid by cml whatever the numbers and texts', () => {
    const number = fc.oneof(fc.double(), fc.integer(), fc.constant(0));
    const token = fc.constantFrom<CmcdObjectType | null>('v', 'a', 'av', null);
    const list = fc.array(fc.record({ value: number, type: token }), { maxLength: 3 });
    const data = fc.record(
      {
        bl: list,
        br: list,
        mtp: list,
        d: number,
        dl: number,
        pr: number,
        cid: fc.string(),
        nor: fc.array(fc.webPath()),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(data, (one) => {
        const full = { ...one, sid: 's', ot: 'v' } as CmcdData;
        const url = withCmcd('https://cdn.example/a.mp4', encodeCmcd(full, 2));
        const result = validateCmcdRequest(new Request(url));
        expect(result.issues.filter(({ severity }) => severity === 'error')).toEqual([]);
        expect(validateCmcdHeaders({ ...toCmcdHeaders(full, 2) }).valid).toBe(true);
      }),
    );
  });
});

describe('reports of version 1', () => {
  const data: CmcdData = {
    sid: '6e2fb550-c457-11e9-bb97-0800200c9a66',
    br: [
      { value: 3200, type: 'v' },
      { value: 128, type: 'a' },
    ],
    bl: [{ value: 21_340, type: 'a' }],
    d: 4004,
    dl: 18_549,
    mtp: [{ value: 25_449, type: null }],
    nor: ['../300kbps/segment35.m4v'],
    ot: 'a',
    pr: 1.08,
    sf: 'h',
    st: 'v',
    sta: 'p',
    bsd: [{ value: 1, type: null }],
    su: true,
    bs: true,
  };

  it('have one number where version 2 has a list, no version, and none of the keys that came later', () => {
    expect(encodeCmcd(data, 1)).toBe(
      'bl=21300,br=128,bs,d=4004,dl=18500,mtp=25400,nor="..%2F300kbps%2Fsegment35.m4v",ot=a,pr=1.08,sf=h,sid="6e2fb550-c457-11e9-bb97-0800200c9a66",st=v,su',
    );
  });

  it('have the playback rate with the session', () => {
    expect(toCmcdHeaders(data, 1)['CMCD-Session']).toBe('pr=1.08,sf=h,sid="6e2fb550-c457-11e9-bb97-0800200c9a66",st=v');
  });
});

describe('the query', () => {
  it.each([
    ['https://a.example/x', 'https://a.example/x?CMCD=bs'],
    ['https://a.example/x?b=1', 'https://a.example/x?b=1&CMCD=bs'],
    ['https://a.example/x?b=1#t=3', 'https://a.example/x?b=1&CMCD=bs#t=3'],
    ['https://a.example/x?CMCD=old&b=1', 'https://a.example/x?b=1&CMCD=bs'],
    ['https://a.example/x?b=1&CMCD=old', 'https://a.example/x?b=1&CMCD=bs'],
    ['x.m4s', 'x.m4s?CMCD=bs'],
  ])('of %s becomes %s', (url, expected) => {
    expect(withCmcd(url, 'bs')).toBe(expected);
  });

  it('comes off again', () => {
    fc.assert(
      fc.property(fc.webUrl({ withQueryParameters: true }), fc.string({ minLength: 1 }), (url, report) => {
        expect(withoutCmcd(withCmcd(url, report))).toBe(withoutCmcd(url.replace(/[?&]$/, '')));
      }),
    );
    expect(withCmcd('https://a.example/x', '')).toBe('https://a.example/x');
  });
});
