// The studio in headless Chromium, with the same few verbs as the desktop's driver, and nothing allowed to go wrong.
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import { afterwards, reports, root, start, tunesmith } from '../support/programs.mjs';
import { until } from '../support/wait.mjs';

const { chromium } = createRequire(join(root, 'ui/package.json'))('playwright-core');
const onPath = (name) => process.env.PATH.split(':').map((folder) => join(folder, name));
const browsers = ['chromium', 'chromium-browser', 'google-chrome'].flatMap(onPath);

/** What pages begin and cancel by themselves. */
const CANCELLED = ['compare_run', 'compare_versions', 'count_tokens', 'dataset_rows', 'estimate_run', 'preview_run'];

/** `tunesmith studio` on a free port. Returns its one-time link and the process. */
export async function serveStudio(t, env) {
  const server = start(tunesmith, ['studio', '--port', '0'], { env });
  afterwards(t, () => server.stop());
  const link = await until('the one-time link is printed', () => {
    if (!server.running()) throw new Error(server.printed());
    return /http:\/\/127\.0\.0\.1:\d+\/\S*/.exec(server.printed())?.[0];
  });
  return { server, link };
}

/** A fresh browser: no cookies, no history. */
export async function openBrowser(t) {
  const browser = await chromium.launch({ executablePath: browsers.find(existsSync), args: ['--no-sandbox', '--disable-dev-shm-usage'] });
  afterwards(t, () => browser.close());
  return browser.newContext({ viewport: { width: 1280, height: 800 } });
}

export class BrowserPage {
  /** Opens the link and waits until the screens are drawn. */
  static async open(context, link) {
    const opened = new BrowserPage();
    const page = (opened.page = await context.newPage());
    opened.problems = [];
    opened.calls = new Set();
    page.on('request', (request) => request.url().includes('/api/call/') && opened.calls.add(request));
    page.on('requestfinished', (request) => opened.calls.delete(request));
    page.setDefaultTimeout(120_000);
    page.on('console', (said) => {
      if (!['error', 'warning'].includes(said.type())) return;
      // What a page has begun by itself it cancels when it is left or has changed, and a browser logs the answer to it.
      const { url } = said.location();
      if (CANCELLED.some((command) => url.endsWith(`/api/call/${command}`)) && said.text().includes('409')) return;
      opened.problems.push(`${said.type()}: ${said.text()} ${url}`);
    });
    page.on('pageerror', (error) => opened.problems.push(`error: ${error.message}`));
    page.on('requestfailed', (request) => {
      opened.calls.delete(request);
      // Leaving a page cuts its event streams off; anything else is a failure.
      if (!request.url().includes('/api/events')) opened.problems.push(`request: ${request.url()} ${request.failure()?.errorText}`);
    });
    await page.goto(link);
    await page.waitForSelector('main');
    return opened;
  }

  /** Loads the page again once its commands are answered: leaving it would cut them off, and that counts as a failure. */
  async reload() {
    await until('every command is answered', () => this.calls.size === 0);
    await this.page.reload();
  }

  at(id) {
    return this.page.getByTestId(id);
  }

  find(css, timeout) {
    return this.page.locator(css).first().waitFor({ state: 'attached', timeout });
  }

  count(css) {
    return this.page.locator(css).count();
  }

  /** Clicks the element with this test id; a radio by its label, as people do. */
  async click(id, timeout) {
    const label = this.page.locator(`label:has(> input[data-testid="${id}"])`);
    await ((await label.count()) ? label : this.at(id)).first().click({ timeout });
  }

  /** Clicks the element whose test id begins so and which holds this text. */
  clickText(prefix, text) {
    return this.page.locator(`[data-testid^="${prefix}"]`, { hasText: text }).first().click();
  }

  /** Presses a key on the element with this test id. */
  key(id, key) {
    return this.at(id).press(key);
  }

  type(id, text) {
    return this.at(id).fill(text);
  }

  /** The text of the element with this test id, once `wanted` matches it. */
  text(id, wanted = /\S/, limit) {
    return until(`${id} says ${wanted}`, async () => {
      const text = (await this.at(id).first().innerText({ timeout: 5000 })).trim();
      if (!wanted.test(text)) throw new Error(`it says: ${text}`);
      return text;
    }, limit);
  }

  run(work, ...args) {
    return this.page.evaluate(`(${work})(...${JSON.stringify(args)})`);
  }

  inject(source) {
    return this.page.evaluate(source);
  }

  /** Drops a file on the page as a file manager does. */
  async drop(file) {
    const transfer = await this.page.evaluateHandle(
      ({ bytes, name }) => {
        const transfer = new DataTransfer();
        transfer.items.add(new File([Uint8Array.from(atob(bytes), (letter) => letter.charCodeAt(0))], name));
        return transfer;
      },
      { bytes: readFileSync(file).toString('base64'), name: basename(file) },
    );
    for (const type of ['dragenter', 'dragover', 'drop']) await this.page.dispatchEvent('body', type, { dataTransfer: transfer });
  }

  /** Does `work`; if it fails a picture of the page remains. */
  async keepPictureOfFailure(name, work) {
    try {
      return await work();
    } catch (error) {
      await this.picture(`failed ${name}`.replaceAll(' ', '-')).catch(() => {});
      throw new Error(`${error.message}\nin the page: ${JSON.stringify(this.problems)}`, { cause: error });
    }
  }

  /** Keeps a picture of the page in the reports. */
  picture(name) {
    return this.page.screenshot({ path: join(reports, `${name}.png`) });
  }
}
