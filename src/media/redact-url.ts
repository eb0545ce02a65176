/**
 * A URL fit for a log: the query's values, the fragment and any credentials are taken out, the names in the query stay
 * (`https://cdn.example/a.mp4?token=…`). A `data:` or `blob:` URL is cut to its scheme and type. Text that is no URL is
 * treated as a relative one.
 */
export function redactUrl(url: string): string {
  const opaque = /^(data:[^,;]*|blob:[a-z]+:\/\/[^/]*)/i.exec(url);
  if (opaque) return `${opaque[0]}…`;
  const [beforeFragment = ''] = url.split('#', 1);
  const mark = beforeFragment.indexOf('?');
  const path = (mark < 0 ? beforeFragment : beforeFragment.slice(0, mark)).replace(
    /^([a-z][a-z0-9+.-]*:)?\/\/[^/@]*@/i,
    '$1//',
  );
  if (mark < 0) return path;
  const names = beforeFragment
    .slice(mark + 1)
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => (pair.includes('=') ? `${pair.slice(0, pair.indexOf('='))}=…` : '…'));
  return names.length === 0 ? path : `${path}?${names.join('&')}`;
}
