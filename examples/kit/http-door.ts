import type { Door, ViewRow } from './findings.ts';

const PAGE_ROWS = 1000;
const LOOK_AGAIN_MS = 20;
const REPEATED_HEADER = 'palisade-repeated';
/** An engine that sheds load says so with 503: the same again a little later, for half a minute. */
const SHED = 503;
const SEND_AGAIN_MS = 100;
const SENDS_MAX = 300;

/** What the API answers, as far as an example reads it. */
type AnswerBody = {
  readonly reasons?: readonly { readonly code: string }[];
  readonly alerts?: readonly string[];
  readonly repeated?: boolean;
};
type RowsBody = {
  readonly rows: readonly ViewRow[];
  readonly nextCursor: string | null;
  readonly asOf: { readonly lagEvents: number };
};

async function bodyOf<Body>(response: Response): Promise<Body> {
  const text = await response.text();
  if (!response.ok) throw new Error(`${response.url} answers ${response.status}: ${text}`);
  const body: Body = JSON.parse(text);
  return body;
}

/** The answer to a call that is made again while it is shed. */
export async function taken(call: () => Promise<Response>): Promise<Response> {
  for (let sends = 1; ; sends++) {
    const response = await call();
    if (response.status !== SHED || sends === SENDS_MAX) return response;
    await response.body?.cancel();
    await new Promise((resolve) => setTimeout(resolve, SEND_AGAIN_MS));
  }
}

/** The way over HTTP to an engine that asks for no key. Throws what the engine refuses. */
export function httpDoor(url: string): Door {
  const rowsAt = async (view: string, cursor: string | null): Promise<RowsBody> => {
    const from = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    return bodyOf(await taken(() => fetch(`${url}/v1/views/${view}?limit=${PAGE_ROWS}${from}`)));
  };
  const headers = { 'content-type': 'application/json', 'x-deadline-ms': '60000' };
  const post = (path: string, body: string): Promise<Response> =>
    taken(() => fetch(`${url}${path}`, { method: 'POST', headers, body }));
  return {
    async send(event) {
      const isTransaction = 'transactionId' in event && event.type !== 'label';
      const response = await post(isTransaction ? '/v1/authorizations' : '/v1/events', JSON.stringify(event));
      const body = await bodyOf<AnswerBody>(response);
      const codes = body.alerts ?? (body.reasons ?? []).map(({ code }) => code);
      return { codes, repeated: body.repeated ?? response.headers.get(REPEATED_HEADER) === 'true' };
    },
    async rows(view) {
      const rows: ViewRow[] = [];
      let page = await rowsAt(view, null);
      while (page.asOf.lagEvents > 0) {
        await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
        page = await rowsAt(view, null);
      }
      rows.push(...page.rows);
      while (page.nextCursor !== null) {
        page = await rowsAt(view, page.nextCursor);
        rows.push(...page.rows);
      }
      return rows;
    },
  };
}
