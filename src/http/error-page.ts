import { ERRORS, type Retry } from '../domain/errors.ts';

const RETRY_TEXTS: Readonly<Record<Retry, string>> = {
  never: 'not with this input',
  later: 'later, as it stands',
  after_repair: 'once an operator has acted',
};

/** Content security policy of the page: its own style, and nothing else. */
export const ERROR_PAGE_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'";

/** The page that the `type` of every problem points at: one row for each code, with the code as its anchor. */
export function errorPage(): string {
  const rows = Object.entries(ERRORS).map(
    ([code, { status, title, retry }]) =>
      `<tr id="${code}"><td>${code}</td><td>${status}</td><td>${title}</td><td>${RETRY_TEXTS[retry]}</td></tr>`,
  );
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Palisade: errors</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem }
td, th { padding: .3rem .8rem; text-align: left; border-bottom: 1px solid #ccc }
tr:target { background: #fff3bf }
</style>
<h1>Errors</h1>
<p>Every error has one of these codes. They are stable and never used again for something else.</p>
<table>
<tr><th>Code</th><th>Status</th><th>Meaning</th><th>Try again</th></tr>
${rows.join('\n')}
</table>
</html>
`;
}
