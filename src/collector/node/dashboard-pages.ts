import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

const HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-cache',
};

const page = (type: string, body: string | Uint8Array): Response =>
  new Response(body as BodyInit, { headers: { 'content-type': type, ...HEADERS } });

/**
 * The dashboard on the collector's own address: demo/dashboard.html with its script made into one file when it is first
 * asked for.
 *
 * @param root the project's folder
 */
export function dashboardPages(root: string): (request: Request) => Promise<Response | null> {
  const folder = join(root, 'demo');
  let script: Promise<Uint8Array> | null = null;

  const bundle = async (): Promise<Uint8Array> => {
    const { build } = await import('esbuild');
    const { outputFiles } = await build({
      entryPoints: [join(folder, 'dashboard', 'main.ts')],
      bundle: true,
      write: false,
      format: 'esm',
      target: 'es2022',
      minify: true,
      legalComments: 'none',
      alias: { sluice: join(root, 'src/index.ts'), 'sluice/qoe': join(root, 'src/qoe/index.ts') },
    });
    return outputFiles[0]?.contents ?? new Uint8Array();
  };

  return async (request) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return null;
    const { pathname } = new URL(request.url);
    switch (pathname) {
      case '/':
        return page('text/html; charset=utf-8', await readFile(join(folder, 'dashboard.html')));
      case '/dashboard/main.ts':
        script ??= bundle();
        return page('text/javascript; charset=utf-8', await script);
      case '/dashboard/dashboard.css':
      case '/style/colours.css':
      case '/style/controls.css':
        return page('text/css; charset=utf-8', await readFile(join(folder, pathname)));
      default:
        return null;
    }
  };
}
