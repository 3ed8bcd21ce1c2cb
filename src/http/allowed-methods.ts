/** Tells which methods a path has: for a 405 with its `Allow` header in place of a 404. */
export class AllowedMethods {
  readonly #patterns: { readonly matches: RegExp; readonly methods: Set<string> }[] = [];
  readonly #byUrl = new Map<string, Set<string>>();

  /** Takes note of a route as Fastify has it: `/v1/cards/:id`, `/docs/*`. */
  add(url: string, methods: readonly string[]): void {
    const known = this.#byUrl.get(url);
    if (known !== undefined) {
      for (const method of methods) known.add(method);
      return;
    }
    const added = new Set(methods);
    this.#byUrl.set(url, added);
    this.#patterns.push({ matches: patternOf(url), methods: added });
  }

  /** The methods of a path, sorted; none where no route has it. `target` may end in a query. O(routes). */
  of(target: string): readonly string[] {
    const end = target.indexOf('?');
    const path = end < 0 ? target : target.slice(0, end);
    return [
      ...new Set(this.#patterns.flatMap(({ matches, methods }) => (matches.test(path) ? [...methods] : []))),
    ].sort();
  }
}

function patternOf(url: string): RegExp {
  const parts = url.split('/').map((part) => {
    if (part.startsWith(':')) return '[^/]+';
    return part === '*' ? '.*' : RegExp.escape(part);
  });
  return new RegExp(`^${parts.join('/')}$`);
}
