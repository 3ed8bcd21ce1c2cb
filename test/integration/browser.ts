import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';

/** Where distributions put it; CHROMIUM names another place. */
const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const BINARY = [process.env.CHROMIUM ?? '', ...PLACES].find((path) => path !== '' && existsSync(path));
/** A page that takes as long has failed. */
const WAIT_MS_MAX = 180_000;
/** What Chromium says of a question to a page that is being left. */
const LEAVING = /context was destroyed|Cannot find context|navigated or closed/;

/** Why no page can be opened, for `skip`; false where one can. */
export const missingBrowser: string | false =
  BINARY === undefined ? 'Chromium is not installed: install the package chromium, or set CHROMIUM to its path' : false;

type Message = {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly result?: Readonly<Record<string, unknown>>;
  readonly error?: { readonly message: string };
};

/** What a page has asked for and complained of since it was opened. */
export type PageRecord = { readonly requests: string[]; readonly complaints: string[] };

/** One page of a headless Chromium, driven by the DevTools protocol. */
export class BrowserPage {
  readonly record: PageRecord = { requests: [], complaints: [] };
  readonly #child: ChildProcess;
  readonly #socket: WebSocket;
  readonly #pending = new Map<number, PromiseWithResolvers<Readonly<Record<string, unknown>>>>();
  #session = '';
  #calls = 0;

  private constructor(child: ChildProcess, socket: WebSocket) {
    this.#child = child;
    this.#socket = socket;
    socket.addEventListener('message', ({ data }) => this.#receive(JSON.parse(String(data))));
  }

  /** Starts a browser with a profile of its own in a folder, with one empty page. */
  static async open(folder: string): Promise<BrowserPage> {
    const profile = `--user-data-dir=${join(folder, 'profile')}`;
    const flags = ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-background-networking'];
    const args = [...flags, '--no-first-run', '--remote-debugging-port=0', profile, 'about:blank'];
    const child = spawn(BINARY ?? 'chromium', args, { stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text) => {
      said += text;
    });
    const address = (): string | undefined => /ws:\/\/\S+/.exec(said)?.[0];
    await waitFor(() => address() !== undefined || child.exitCode !== null, 'the browser starts');
    const socket = new WebSocket(address() ?? assert.fail(`the browser ended:\n${said}`));
    await once(socket, 'open');
    const page = new BrowserPage(child, socket);
    await page.#attach();
    return page;
  }

  /** Goes to an address, and waits until an expression is true on the page. */
  async visit(url: string, isReady: string): Promise<void> {
    await this.#call('Page.navigate', { url });
    await this.until(isReady);
  }

  /** Value of an expression on the page. */
  async evaluate(expression: string): Promise<unknown> {
    const { result, exceptionDetails } = await this.#call('Runtime.evaluate', {
      expression,
      returnByValue: true,
      awaitPromise: true,
    });
    assert.equal(exceptionDetails, undefined, JSON.stringify(exceptionDetails));
    return typeof result === 'object' && result !== null && 'value' in result ? result.value : undefined;
  }

  /** Waits until an expression is true on the page as it is. */
  async until(isReady: string): Promise<void> {
    const deadlineMs = Date.now() + WAIT_MS_MAX;
    while ((await this.#isTrue(isReady)) !== true) {
      assert.ok(Date.now() < deadlineMs, `waited in vain for ${isReady}:\n${this.record.complaints.join('\n')}`);
      await sleep(50);
    }
  }

  /** Null where the page went to another address as it was asked. */
  async #isTrue(expression: string): Promise<boolean | null> {
    try {
      return (await this.evaluate(`Boolean(${expression})`)) === true;
    } catch (error) {
      if (error instanceof Error && LEAVING.test(error.message)) return null;
      throw error;
    }
  }

  /** Gives the page a size in CSS pixels, and the colours that the system of the viewer would ask for. */
  async look(width: number, height: number, colours: 'light' | 'dark'): Promise<void> {
    const size = { width, height, deviceScaleFactor: 1, mobile: width < 600 };
    await this.#call('Emulation.setDeviceMetricsOverride', size);
    const features = [{ name: 'prefers-color-scheme', value: colours }];
    await this.#call('Emulation.setEmulatedMedia', { features });
  }

  /** Presses a key, as a person does. */
  async press(key: string): Promise<void> {
    const text = key.length === 1 ? { text: key } : {};
    await this.#call('Input.dispatchKeyEvent', { type: 'keyDown', key, ...text });
    await this.#call('Input.dispatchKeyEvent', { type: 'keyUp', key });
  }

  /** Types a text into the field that has the focus. */
  async type(text: string): Promise<void> {
    await this.#call('Input.insertText', { text });
  }

  /** The page as a PNG image: what is in view, or the whole of it. */
  async picture(isWhole = false): Promise<Buffer> {
    const { data } = await this.#call('Page.captureScreenshot', { format: 'png', captureBeyondViewport: isWhole });
    return Buffer.from(String(data), 'base64');
  }

  /** Ends the browser. */
  async close(): Promise<void> {
    this.#socket.close();
    if (this.#child.exitCode !== null) return;
    this.#child.kill('SIGKILL');
    await once(this.#child, 'exit');
  }

  async #attach(): Promise<void> {
    const { targetInfos } = await this.#call('Target.getTargets', {});
    const targets: unknown[] = Array.isArray(targetInfos) ? targetInfos : [];
    const page = targets.find((target) => JSON.stringify(target).includes('"type":"page"'));
    const targetId = typeof page === 'object' && page !== null && 'targetId' in page ? page.targetId : null;
    const { sessionId } = await this.#call('Target.attachToTarget', { targetId, flatten: true });
    this.#session = String(sessionId);
    for (const domain of ['Page', 'Runtime', 'Log', 'Network']) await this.#call(`${domain}.enable`, {});
  }

  #call(method: string, params: Readonly<Record<string, unknown>>): Promise<Readonly<Record<string, unknown>>> {
    const id = ++this.#calls;
    const answer = Promise.withResolvers<Readonly<Record<string, unknown>>>();
    this.#pending.set(id, answer);
    const session = this.#session === '' ? {} : { sessionId: this.#session };
    this.#socket.send(JSON.stringify({ id, method, params, ...session }));
    return answer.promise;
  }

  #receive({ id, method, params, result, error }: Message): void {
    if (id !== undefined) {
      const answer = this.#pending.get(id);
      if (error === undefined) answer?.resolve(result ?? {});
      else answer?.reject(new Error(error.message));
      return;
    }
    const text = JSON.stringify(params);
    if (method === 'Network.requestWillBeSent') this.record.requests.push(/"url":"([^"]+)"/.exec(text)?.[1] ?? text);
    if (method === 'Runtime.exceptionThrown') this.record.complaints.push(text);
    const level = method === 'Log.entryAdded' ? /"level":"(\w+)"/ : /^\{"type":"(\w+)"/;
    const isConsole = method === 'Log.entryAdded' || method === 'Runtime.consoleAPICalled';
    if (isConsole && /^(?:error|assert)$/.test(level.exec(text)?.[1] ?? '')) this.record.complaints.push(text);
  }
}

async function waitFor(isDone: () => boolean, what: string): Promise<void> {
  const deadlineMs = Date.now() + WAIT_MS_MAX;
  while (!isDone()) {
    assert.ok(Date.now() < deadlineMs, `waited in vain until ${what}`);
    await sleep(20);
  }
}
