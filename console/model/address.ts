/** The pages, in the order of the navigation. */
export const PAGES = [
  'live',
  'alerts',
  'cases',
  'suppressions',
  'decisions',
  'decision',
  'entity',
  'sagas',
  'rules',
  'sql',
] as const;
export type PageName = (typeof PAGES)[number];

/** Where the viewer is: a page, the parts of its path, and what it was asked with. */
export type Route = {
  readonly page: PageName;
  readonly parts: readonly string[];
  readonly query: Readonly<Record<string, string>>;
};

/** Reads the part of an address after `#`. What is no address of a page is the first page. */
export function parseRoute(hash: string): Route {
  const [path = '', search = ''] = hash.replace(/^#?\/?/, '').split('?', 2);
  const [name, ...parts] = path.split('/').map(decoded);
  const page = PAGES.find((candidate) => candidate === name) ?? 'live';
  return { page, parts: parts.filter((part) => part !== ''), query: Object.fromEntries(new URLSearchParams(search)) };
}

/** The address of a page, whatever characters the parts have. Parts of the query that are '' are left out. */
export function hrefOf(
  page: PageName,
  parts: readonly string[] = [],
  query: Readonly<Record<string, string>> = {},
): string {
  const path = [page, ...parts].map(encodeURIComponent).join('/');
  const given = Object.entries(query).filter(([, value]) => value !== '');
  const search = new URLSearchParams(given).toString();
  return `#/${path}${search === '' ? '' : `?${search}`}`;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
