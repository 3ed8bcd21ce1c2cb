/** What `/metrics` gives: of each metric its labels, over all its samples. */
export type MetricPage = ReadonlyMap<string, ReadonlySet<string>>;

const SAMPLE = /^([a-z_]+)(?:\{(.*)\})? \S+$/;
const LABEL = /([a-z_]+)="(?:[^"\\]|\\.)*"/g;

/** Reads the text format of Prometheus. A histogram is known by its own name and by those of its series. */
export function parseMetricPage(text: string): MetricPage {
  const page = new Map<string, Set<string>>();
  for (const line of text.split('\n')) {
    const declared = /^# TYPE (\S+) \S+$/.exec(line)?.[1];
    if (declared !== undefined) page.set(declared, new Set());
    if (line.startsWith('#')) continue;
    const [, name = '', labels = ''] = SAMPLE.exec(line) ?? [];
    if (name === '') continue;
    const known = page.get(name) ?? new Set<string>();
    for (const [, label = ''] of labels.matchAll(LABEL)) known.add(label);
    page.set(name, known);
  }
  return page;
}

/** A series that an expression reads, with the labels that it selects by. */
type Reading = { readonly name: string; readonly labels: readonly string[] };

const SERIES = /\b((?:palisade|process)_[a-z_]+)\b(?:\{([^}]*)\})?/g;

/** The series that a PromQL expression reads. */
function readingsOf(expression: string): Reading[] {
  return [...expression.matchAll(SERIES)].map(([, name = '', selector = '']) => ({
    name,
    labels: [...selector.matchAll(/([a-z_]+)\s*(?:=~|!~|!=|=)/g)].map((match) => match[1] ?? ''),
  }));
}

/** The labels that an expression groups by. */
export function groupsOf(expression: string): string[] {
  return [...expression.matchAll(/\bby \(([^)]*)\)/g)].flatMap((match) =>
    (match[1] ?? '').split(',').map((label) => label.trim()),
  );
}

/** Labels that Prometheus adds to every series. */
export const SCRAPED: readonly string[] = ['instance', 'job'];

/** What an expression reads that the page does not have: metrics, labels it selects by, labels it groups by. */
export function missingFrom(page: MetricPage, expression: string): string[] {
  const readings = readingsOf(expression);
  const known = new Set(readings.flatMap(({ name }) => [...(page.get(name) ?? [])]).concat(SCRAPED));
  return [
    ...readings.filter(({ name }) => !page.has(name)).map(({ name }) => name),
    ...readings.flatMap(({ name, labels }) =>
      labels.filter((label) => !known.has(label)).map((label) => `${name}{${label}}`),
    ),
    ...groupsOf(expression).filter((label) => !known.has(label)),
  ];
}
