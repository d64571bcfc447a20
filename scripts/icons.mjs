// Draws the icon in the sizes that desktops ask for, from assets/icons/tunesmith.svg: node scripts/icons.mjs
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const { chromium } = createRequire(join(root, 'ui/package.json'))('playwright-core');
const folder = join(root, 'assets/icons');
const drawing = readFileSync(join(folder, 'tunesmith.svg'), 'utf8');

const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
const page = await browser.newPage();
await page.setContent(`<!doctype html><style>* { margin: 0 } svg { display: block; width: 100vw; height: 100vh }</style>${drawing}`);
for (const size of [32, 128, 512]) {
  await page.setViewportSize({ width: size, height: size });
  await page.screenshot({ path: join(folder, `${size}.png`), omitBackground: true });
}
await browser.close();
