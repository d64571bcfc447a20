// The real window on a display of its own: Xvfb, WebKitWebDriver, and a user's hands (mouse, close button).
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterwards, finish, freePort, lives, reports, start, tunesmithDesktop } from '../support/programs.mjs';
import { until } from '../support/wait.mjs';
import { Driver } from './webdriver.mjs';

/** Starts an X server on a free display, which it chooses itself. */
export async function startDisplay(t) {
  const server = start('Xvfb', ['-displayfd', '3', '-screen', '0', '1400x900x24', '-nolisten', 'tcp', '-noreset'], { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] });
  afterwards(t, () => server.stop());
  const [number] = await Promise.race([once(server.child.stdio[3], 'data'), server.ended.then(() => Promise.reject(new Error('Xvfb did not start')))]);
  const name = `:${String(number).trim()}`;
  return { name, env: { DISPLAY: name, WAYLAND_DISPLAY: '', GDK_BACKEND: 'x11', NO_AT_BRIDGE: '1', GSETTINGS_BACKEND: 'memory' } };
}

/** The program in its window, with a driver attached. */
export class StudioWindow {
  /** Opens the window on `display` and waits until its screens are drawn. */
  static async open(t, display, env) {
    const window = new StudioWindow();
    window.program = tunesmithDesktop;
    window.env = { ...env, ...display.env };
    const port = await freePort();
    const automation = { TAURI_AUTOMATION: 'true', TAURI_WEBVIEW_AUTOMATION: 'true' };
    const server = start('WebKitWebDriver', [`--port=${port}`, '--host=127.0.0.1'], { env: { ...window.env, ...automation } });
    window.server = server;
    afterwards(t, () => window.end());
    const base = `http://127.0.0.1:${port}`;
    await until('WebKitWebDriver answers', async () => (await fetch(`${base}/status`)).ok);
    window.page = await Driver.open(base, window.program);
    await window.page.find('main');
    window.pid = Number((await finish('xdotool', ['getwindowpid', await window.number()], window.env)).stdout);
    await window.watch();
    return window;
  }

  /** Notes what goes wrong in the page from now on. */
  watch() {
    return this.page.run(() => {
      if (window.__wrong) return;
      const wrong = (window.__wrong = []);
      addEventListener('error', (event) => wrong.push(`error: ${event.message}`));
      // An error of the studio has a sentence for a message.
      const told = (reason) => reason?.message?.text ?? reason?.message ?? JSON.stringify(reason);
      addEventListener('unhandledrejection', (event) => wrong.push(`rejection: ${told(event.reason)}`));
      addEventListener('securitypolicyviolation', (event) => wrong.push(`CSP: ${event.violatedDirective} ${event.blockedURI}`));
      const { error } = console;
      console.error = (...said) => (wrong.push(`console: ${said.join(' ')}`), error(...said));
    });
  }

  /** What went wrong in the page so far. */
  wrong() {
    return this.page.run(() => window.__wrong);
  }

  /** The number of the window in X, once it is on the screen. */
  number() {
    return until('the window is on the screen', async () => {
      const { stdout } = await finish('xdotool', ['search', '--onlyvisible', '--name', '^Tunesmith$'], this.env);
      return stdout.trim().split('\n').at(-1);
    });
  }

  async isOnScreen() {
    const { stdout } = await finish('xdotool', ['search', '--onlyvisible', '--name', '^Tunesmith$'], this.env);
    return stdout.trim() !== '';
  }

  /** Asks the window to close, as the button in its title bar does. */
  async pressClose() {
    const asked = await finish('/usr/bin/python3', [join(import.meta.dirname, 'press-close.py'), await this.number()], this.env);
    if (asked.code !== 0) throw new Error(asked.stderr);
  }

  /** Drags files from another program's window and drops them in the middle of this one. `whileOver` runs before they are let go. */
  async drop(files, whileOver = async () => {}) {
    const source = start('/usr/bin/python3', [join(import.meta.dirname, 'drag-source.py'), ...files], { env: this.env });
    const mouse = (...args) => finish('xdotool', args, this.env);
    try {
      await until('the drag source is there', () => source.printed().includes('ready'));
      await mouse('mousemove', '20', '20', 'mousedown', '1');
      // GTK takes a press for a drag once the pointer has gone some way.
      await until('the drag begins', async () => {
        await mouse('mousemove_relative', '--sync', '--', '6', '6');
        return source.printed().includes('begin');
      });
      let aside = 1;
      await until('the window feels the files', async () => {
        // A still pointer sends nothing: keep it moving within the window until the page reacts.
        aside = -aside;
        await mouse('mousemove', String(640 + aside), String(400 + aside));
        return this.page.count('[data-testid="drop-overlay"]');
      });
      await whileOver();
      await mouse('mouseup', '1');
      await until('the drag ends', () => source.printed().includes('end'));
    } finally {
      await source.stop();
    }
  }

  /** Does `work`; if it fails a picture of the window remains. */
  async keepPictureOfFailure(name, work) {
    try {
      return await work();
    } catch (error) {
      await this.picture(`failed ${name}`.replaceAll(' ', '-')).catch(() => {});
      const wrong = await this.wrong().catch(() => []);
      throw new Error(`${error.message}\nin the page: ${JSON.stringify(wrong)}\nprinted: ${this.server.printed()}`, { cause: error });
    }
  }

  /** Keeps a picture of the window in the reports. */
  async picture(name) {
    const file = join(reports, `${name}.png`);
    writeFileSync(file, await this.page.picture());
    return file;
  }

  /** Waits until the program has ended by itself. */
  async ended() {
    await until('the program has ended', () => !lives(this.pid));
    await this.server.stop();
  }

  /** Ends the program at once, as a power cut does. */
  async kill() {
    process.kill(this.pid, 'SIGKILL');
    await this.ended();
  }

  /** Ends the session and with it the program. */
  async end() {
    if (!this.server.running()) return;
    await this.page?.close().catch(() => {});
    if (this.pid) await until('the program has ended', () => !lives(this.pid)).catch(() => process.kill(this.pid, 'SIGKILL'));
    await this.server.stop();
  }
}
