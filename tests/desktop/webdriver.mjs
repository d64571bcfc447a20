// A small W3C WebDriver client: what the tests of the window need, and no more.
import { until } from '../support/wait.mjs';

const ELEMENT = 'element-6066-11e4-a52e-4f735466cecf';

export class Driver {
  /** Opens `binary` under the WebKitWebDriver that listens at `base`. */
  static async open(base, binary) {
    const driver = new Driver();
    driver.base = base;
    const capabilities = { alwaysMatch: { 'webkitgtk:browserOptions': { binary, args: [] } } };
    const { sessionId } = await driver.request('POST', '/session', { capabilities });
    driver.session = `/session/${sessionId}`;
    await driver.request('POST', `${driver.session}/timeouts`, { script: 120_000, pageLoad: 120_000, implicit: 0 });
    return driver;
  }

  async request(method, path, body) {
    const reply = await fetch(this.base + path, {
      method,
      body: body && JSON.stringify(body),
      headers: body ? { 'content-type': 'application/json' } : {},
      signal: AbortSignal.timeout(180_000),
    });
    const { value } = await reply.json();
    if (!reply.ok) throw new Error(`${method} ${path}: ${value.error}: ${value.message}`);
    return value;
  }

  command(method, path, body) {
    return this.request(method, this.session + path, body);
  }

  /** Runs a function in the page with JSON arguments; a promise is awaited. */
  async run(work, ...args) {
    const script = `const given = [...arguments], done = given.pop();
      Promise.resolve().then(() => (${work})(...given)).then((value) => done({ value }), (error) => done({ error: String(error?.stack ?? error) }));`;
    const { value, error } = await this.command('POST', '/execute/async', { script, args });
    if (error) throw new Error(`in the page: ${error}`);
    return value;
  }

  /** Runs source text in the page, in its own script context. */
  inject(source) {
    return this.command('POST', '/execute/sync', { script: source, args: [] });
  }

  /** All elements that match now. */
  async all(css) {
    const found = await this.command('POST', '/elements', { using: 'css selector', value: css });
    return found.map((element) => new Element(this, element[ELEMENT]));
  }

  /** The first element that matches, once there is one. */
  find(css, limit) {
    return until(`${css} is there`, async () => (await this.all(css))[0], limit);
  }

  /** The first element with this test id, once there is one. */
  test(id, limit) {
    return this.find(`[data-testid="${id}"]`, limit);
  }

  /** Clicks the element with this test id as soon as it can be clicked. */
  click(id, limit) {
    return until(`${id} can be clicked`, async () => (await (await this.test(id, 5000)).click(), true), limit);
  }

  /** The text of the element with this test id, once `wanted` (a pattern) matches it. */
  text(id, wanted = /\S/, limit) {
    return until(`${id} says ${wanted}`, async () => {
      const text = await (await this.test(id, 5000)).text();
      if (!wanted.test(text)) throw new Error(`it says: ${text}`);
      return text;
    }, limit);
  }

  async picture() {
    return Buffer.from(await this.command('GET', '/screenshot'), 'base64');
  }

  resize(width, height) {
    return this.command('POST', '/window/rect', { width, height });
  }

  close() {
    return this.command('DELETE', '');
  }
}

class Element {
  constructor(driver, id) {
    this.driver = driver;
    this.path = `/element/${id}`;
  }

  click() {
    return this.driver.command('POST', `${this.path}/click`, {});
  }

  clear() {
    return this.driver.command('POST', `${this.path}/clear`, {});
  }

  type(text) {
    return this.driver.command('POST', `${this.path}/value`, { text });
  }

  text() {
    return this.driver.command('GET', `${this.path}/text`);
  }

  attribute(name) {
    return this.driver.command('GET', `${this.path}/attribute/${name}`);
  }
}
