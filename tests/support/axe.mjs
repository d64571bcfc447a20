// axe-core, run inside a page: the rules of WCAG 2.1 A and AA that a program can check.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { root } from './programs.mjs';

const require = createRequire(join(root, 'ui/package.json'));

export const axeSource = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

/** Runs in the page, where `axe` is loaded. Resolves with one line per finding; none is what we want. */
export const findBarriers = async () => {
  const { violations } = await globalThis.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'] });
  return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target.join(' ')} ${node.any[0]?.message ?? ''}`));
};
