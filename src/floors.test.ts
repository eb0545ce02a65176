import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { describe, expect, it } from 'vitest';

/** Which floors and packages each folder of src may import from; see docs/decisions/0001-floors.md. */
const FLOORS: Readonly<Record<string, { floors: readonly string[]; packages?: readonly string[] }>> = {
  media: { floors: [] },
  session: { floors: ['media'] },
  abr: { floors: ['media'] },
  net: { floors: ['media'] },
  qoe: { floors: ['media', 'session'] },
  telemetry: {
    floors: ['media', 'session', 'net'],
    packages: ['rxjs', '@svta/cml-cmcd', '@svta/cml-structured-field-values'],
  },
  'telemetry/page': { floors: ['media', 'session', 'net', 'telemetry'] },
  collector: { floors: ['media', 'session', 'qoe', 'telemetry'] },
  sim: { floors: ['media', 'session', 'abr', 'qoe'] },
  engine: { floors: ['media', 'abr', 'net'] },
  'engine/hls': { floors: ['media', 'abr', 'net', 'engine'], packages: ['hls.js'] },
  'engine/shaka': { floors: ['media', 'abr', 'net', 'engine'], packages: ['shaka-player'] },
  'engine/native': { floors: ['media', 'abr', 'net', 'engine'] },
  player: {
    floors: [
      'media',
      'session',
      'abr',
      'net',
      'qoe',
      'telemetry',
      'engine',
      'engine/hls',
      'engine/shaka',
      'engine/native',
    ],
    packages: ['rxjs'],
  },
  element: { floors: ['media', 'player'] },
};

/** The entry points of the package: lists of exports, and the only files that may forward what others define. */
const ENTRIES = new Set([
  'index.ts',
  'abr/index.ts',
  'qoe/index.ts',
  'sim/index.ts',
  'telemetry/index.ts',
  'collector/index.ts',
]);

const SRC = import.meta.dirname;

interface Import {
  readonly file: string;
  readonly specifier: string;
}

function sourceFiles(): string[] {
  return readdirSync(SRC, { recursive: true, encoding: 'utf8' })
    .map((path) => path.split(sep).join('/'))
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts') && !path.endsWith('.d.ts'));
}

/** Static, type-only, side-effect and dynamic imports, and re-exports. */
function importsOf(file: string): Import[] {
  const text = readFileSync(join(SRC, file), 'utf8').replace(/\/\*[\s\S]*?\*\//g, '');
  const pattern = /(?:\bfrom\s*|\bimport\s*\(\s*|^\s*import\s+)['"]([^'"]+)['"]/gm;
  return [...text.matchAll(pattern)].map(([, specifier = '']) => ({ file, specifier }));
}

/** The floor of a path within src: its folder, or folder/folder where that is a floor of its own (engines, what needs a page). */
function floorOf(path: string): string {
  const [first = '', second = ''] = path.split('/');
  const own = `${first}/${second}`;
  return Object.hasOwn(FLOORS, own) || (first === 'engine' && second !== '' && !second.endsWith('.ts')) ? own : first;
}

/** Files of a floor's Node command line live beside it in folders that are no part of the floor. */
const isTool = (file: string): boolean => /^(sim\/(cli|worker|peers)|collector\/node)\//.test(file);

function complaint({ file, specifier }: Import): string | null {
  const floor = floorOf(file);
  const rule = FLOORS[floor];
  if (!rule) return `${file}: "${floor}" is no floor`;
  if (!specifier.startsWith('.')) {
    const allowed = (rule.packages ?? []).some((name) => specifier === name || specifier.startsWith(`${name}/`));
    return allowed ? null : `${file} imports the package "${specifier}", which ${floor} may not`;
  }
  const target = relative(SRC, join(SRC, dirname(file), specifier))
    .split(sep)
    .join('/');
  if (target.startsWith('..')) return `${file} imports ${specifier}, which is outside src`;
  const other = floorOf(target);
  return other === floor || rule.floors.includes(other) ? null : `${file} (${floor}) imports ${target} (${other})`;
}

describe('floors', () => {
  const files = sourceFiles();
  const inner = files.filter((file) => !ENTRIES.has(file) && !isTool(file));

  it('has files to look at', () => {
    expect(inner.length).toBeGreaterThan(20);
  });

  it('lets imports go down only', () => {
    const complaints = inner.flatMap(importsOf).map(complaint).filter(Boolean);
    expect(complaints).toEqual([]);
  });

  it('would notice an import that goes up, a package out of place and a dynamic import', () => {
    expect(complaint({ file: 'abr/bola.ts', specifier: '../player/caps.ts' })).toContain('abr/bola.ts (abr)');
    expect(complaint({ file: 'session/timeline.ts', specifier: 'rxjs' })).toContain('package "rxjs"');
    expect(complaint({ file: 'engine/hls/x.ts', specifier: '../shaka/y.ts' })).toContain('engine/shaka');
    expect(importsOf('engine/hls/loader.ts').map(({ specifier }) => specifier)).toContain('./hls-engine.ts');
  });

  it('has no barrel files but the entry points', () => {
    const barrels = inner.filter((file) =>
      /^export (\*|\{[^}]*\}|type \{[^}]*\}) from/m.test(readFileSync(join(SRC, file), 'utf8')),
    );
    expect(barrels).toEqual([]);
  });

  it('keeps time, chance and output out of the pure floors', () => {
    const impure =
      /\b(Date\.now|new Date\(\)|Math\.random|performance\.|console\.|setTimeout|setInterval|process\.|globalThis\.)/;
    const pure = inner.filter((file) => /^(media|session|abr|qoe|sim)\//.test(file));
    const guilty = pure.filter((file) =>
      impure.test(readFileSync(join(SRC, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')),
    );
    expect(guilty).toEqual([]);
  });
});
