// Two attacks of a web page on the studio, in a real browser: naming files of this computer in a command, and using the
// studio's cookie from another port.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeHome } from '../support/home.mjs';
import { afterwards } from '../support/programs.mjs';
import { BrowserPage, openBrowser, serveStudio } from './page.mjs';

/** Calls a command from inside the page, as its own code does; `key` is what is sent as the page's key. */
const callFrom = (page, origin, name, args, key) =>
  page.evaluate(
    async ([address, args, key]) => {
      const headers = { 'content-type': 'application/json', ...(key === null ? {} : { 'x-tunesmith-key': key ?? localStorage.getItem('tunesmith-key') }) };
      try {
        const response = await fetch(address, { method: 'POST', body: JSON.stringify(args), headers, credentials: 'include' });
        return { status: response.status, text: await response.text() };
      } catch (error) {
        return { status: 0, text: String(error) };
      }
    },
    [`${origin}/api/call/${name}`, args, key],
  );

test('a page cannot name files of this computer, whatever form its arguments have', { timeout: 300_000 }, async (t) => {
  const home = await makeHome(t);
  const { link } = await serveStudio(t, home.env);
  const page = await BrowserPage.open(await openBrowser(t), link);
  const { origin } = new URL(page.page.url());
  await page.click('nav-datasets');
  const [chooser] = await Promise.all([page.page.waitForEvent('filechooser'), page.click('pick-files')]);
  await chooser.setFiles(home.examples.file);
  await page.text('import-summary', new RegExp(`${home.examples.rows} kept`));
  const call = (name, args) => callFrom(page.page, origin, name, args);
  const [dataset] = JSON.parse((await call('list_datasets', null)).text);
  const [model] = JSON.parse((await call('list_models', null)).text);

  const secret = join(home.folder, 'secret.jsonl');
  writeFileSync(secret, readFileSync(home.examples.file, 'utf8').replaceAll('red', 'crimson'));
  const target = join(home.folder, 'authorized_keys');
  const byName = [
    ['export_dataset', { dataset: dataset.id, format: 'chat', split: null, other_columns: false, path: target, job: null }],
    ['inspect_files', { paths: [secret] }],
    ['import_dataset', { paths: [secret], name: null, mapping: {}, validation: 0.1 }],
    ['import_dataset', { paths: [], name: null, mapping: {}, validation: secret }],
    ['add_model', { path: home.model }],
    ['start_run', { model: model.id, dataset: dataset.id, training: { init_adapter: home.model, max_steps: 1 } }],
  ];
  const inOrder = byName.map(([name, args]) => [name, Object.values(args)]);
  for (const [name, args] of [...byName, ...inOrder]) {
    const { status, text } = await call(name, args);
    assert.equal(status, 422, `${name} ${JSON.stringify(args)} was answered ${status}: ${text}`);
    assert.match(JSON.parse(text).message.key, Array.isArray(args) ? /^command-arguments-unnamed$/ : /^page-path-/, text);
    assert.ok(!text.includes('crimson'), text);
  }
  assert.ok(!existsSync(target));
  assert.equal(JSON.parse((await call('list_datasets', null)).text).length, 1);
  assert.deepEqual(JSON.parse((await call('list_runs', null)).text), []);
});

test('the cookie alone is of no use, neither to a page of another port nor to the server behind it', { timeout: 300_000 }, async (t) => {
  const home = await makeHome(t);
  const { link } = await serveStudio(t, home.env);
  const context = await openBrowser(t);
  const page = await BrowserPage.open(context, link);
  const { origin } = new URL(page.page.url());
  assert.equal((await callFrom(page.page, origin, 'list_models', null)).status, 200, "the studio's own page is let in");
  assert.ok((await callFrom(page.page, origin, 'list_models', null, null)).status >= 400, 'not without its key');
  assert.ok((await callFrom(page.page, origin, 'list_models', null, '0'.repeat(64))).status >= 400, 'nor with another');

  // Another program of this computer, which the browser visits: cookies know no ports, so it is sent the studio's.
  let stolen = '';
  const other = createServer((asked, answer) => {
    stolen ||= asked.headers.cookie ?? '';
    answer.setHeader('content-type', 'text/html').end('<main>Hello</main>');
  });
  await new Promise((ready) => other.listen(0, '127.0.0.1', ready));
  afterwards(t, () => other.close());
  const visitor = await context.newPage();
  await visitor.goto(`http://127.0.0.1:${other.address().port}/`);
  assert.match(stolen, /tunesmith-\d+=/, 'the browser has sent the cookie along');

  const fromThere = await callFrom(visitor, origin, 'list_models', null, null);
  assert.ok(fromThere.status === 0 || fromThere.status >= 400, `another port's page was answered ${JSON.stringify(fromThere)}`);
  assert.equal(await visitor.evaluate(() => localStorage.getItem('tunesmith-key')), null, 'the key stays with its port');

  for (const [method, path] of [['POST', '/api/call/list_models'], ['GET', '/api/events'], ['POST', '/api/upload?name=a.jsonl'], ['GET', '/api/exports/a.jsonl']]) {
    const status = await new Promise((done, fail) => {
      const headers = { cookie: stolen, origin, 'content-type': 'application/json', 'sec-fetch-site': 'same-origin' };
      request(`${origin}${path}`, { method, headers }, (response) => done(response.resume().statusCode)).on('error', fail).end(method === 'POST' ? 'null' : undefined);
    });
    assert.ok(status === 401 || status === 403, `${method} ${path} with the cookie was answered ${status}`);
  }
});
