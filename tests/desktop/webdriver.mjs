// A small W3C WebDriver client: what the tests of the window need, and no more.
import { until } from '../support/wait.mjs';

/** Keys as WebDriver writes them. */
const keys = { End: '\uE010', Home: '\uE011', ArrowLeft: '\uE012', Escape: '\uE00C' };
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

  /** Clicks the element with this test id as soon as it can be clicked; a radio by its label, as people do. */
  click(id, limit) {
    const css = `[data-testid="${id}"]`;
    return until(`${id} can be clicked`, async () => {
      // In the middle of the window nothing that sticks to an edge lies over it.
      await this.run((css) => document.querySelector(css)?.scrollIntoView({ block: 'center' }), css);
      const [target] = await this.all(`label:has(> input${css})`);
      await this.stands(css);
      await (target ?? (await this.find(css, 5000))).click();
      return true;
    }, limit);
  }

  /** Waits until the element moves no more: a click goes to where it was seen last. */
  stands(css) {
    const place = () => this.run((css) => JSON.stringify(document.querySelector(css)?.getBoundingClientRect()), css);
    return until(`${css} stands still`, async () => {
      const before = await place();
      await new Promise((done) => setTimeout(done, 40));
      return before === (await place());
    });
  }

  /** Presses a button that takes the window away: the driver would wait for a window to report the click from. */
  async press(id) {
    await this.test(id);
    await this.run((css) => void setTimeout(() => document.querySelector(css)?.click()), `[data-testid="${id}"]`);
  }

  /** Presses a key on the element with this test id. */
  async key(id, key) {
    await (await this.test(id)).type(keys[key]);
  }

  /** How many elements match now. */
  async count(css) {
    return (await this.all(css)).length;
  }

  /** Clicks the element whose test id begins so and which holds this text. */
  async clickText(prefix, text, limit) {
    const id = await until(`${prefix}… with “${text}” is there`, () => this.run(
      (prefix, text) => [...document.querySelectorAll(`[data-testid^="${prefix}"]`)].find((element) => element.textContent.includes(text))?.dataset.testid,
      prefix, text,
    ), limit);
    return this.click(id, limit);
  }

  /** Replaces the text of a field. */
  type(id, text, limit) {
    return until(`${id} takes “${text}”`, async () => {
      const field = await this.test(id, 5000);
      await field.clear();
      await field.type(text);
      return true;
    }, limit);
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
