import { flushSync } from 'svelte';
import { expect, test, vi } from 'vitest';
import { show } from '$lib/testing/show';
import { words } from '$lib/words';
import Markdown from './Markdown.svelte';

const html = () => document.body.innerHTML.replace(/<!--.*?-->/g, '');

test('an answer becomes elements, and what is hostile in it stays text', () => {
  show(Markdown, { text: '**a** <script>alert(1)</script>\n\n[x](https://example.org) ![y](https://example.org/y.png) <img src=z>', ended: true });
  expect(document.querySelector('strong')?.textContent).toBe('a');
  expect(document.querySelectorAll('script, img, a, iframe, link')).toHaveLength(0);
  expect(document.body.textContent).toContain('<script>alert(1)</script>');
  expect(document.body.textContent).toContain('x (https://example.org)');
  expect(document.body.textContent).toContain(`${words.markdown.image}y (https://example.org/y.png)`);
  expect(document.body.textContent).toContain('<img src=z>');
});

test('no space comes between the parts of a word', () => {
  show(Markdown, { text: 'a**b***c*`d`~~e~~ f', ended: true });
  expect(document.querySelector('p')?.textContent).toBe('abcde f');
});

test('code is copied as it is', async () => {
  const write = vi.fn(async (_text: string) => undefined);
  vi.stubGlobal('navigator', { ...navigator, clipboard: { writeText: write } });
  show(Markdown, { text: '```sql\nSELECT *\n  FROM races\n```', ended: true });
  document.querySelector<HTMLElement>('[data-testid=copy-code]')!.click();
  expect(write).toHaveBeenCalledWith('SELECT *\n  FROM races');
  vi.unstubAllGlobals();
});

test('what cannot be drawn as Markdown is plain text, and told', () => {
  const text = '>'.repeat(1000);
  show(Markdown, { text, ended: true });
  expect(document.querySelector('p')?.textContent).toBe(text);
  expect(document.body.textContent).toContain(words.markdown.tooMuch);
  expect(html()).not.toContain('blockquote');
});

test('a growing text is read a few times a second, and at once when it ends', () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  const props = $state({ text: 'one', ended: false });
  show(Markdown, props);
  for (let n = 0; n < 20; n++) {
    props.text += ' *two*';
    flushSync();
  }
  expect(document.querySelectorAll('em')).toHaveLength(0);
  vi.advanceTimersByTime(200);
  flushSync();
  expect(document.querySelectorAll('em')).toHaveLength(20);
  props.text += ' *three*';
  props.ended = true;
  flushSync();
  expect(document.querySelectorAll('em')).toHaveLength(21);
  vi.useRealTimers();
});
