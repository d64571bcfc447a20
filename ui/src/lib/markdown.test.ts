// @vitest-environment node
import { expect, test } from 'vitest';
import { keepSame, read, type Block, type Inline } from './markdown';

const text = (nodes: Inline[]): string => nodes.map((node) => ('text' in node ? node.text : node.kind === 'break' ? '\n' : text(node.children) + ('address' in node ? ` ${node.address}` : ''))).join('');
const all = (blocks: readonly Block[]): string =>
  blocks
    .map((block) => {
      if (block.kind === 'code') return `${block.language} ${block.text}`;
      if (block.kind === 'quote') return all(block.blocks);
      if (block.kind === 'list') return block.items.map(all).join('\n');
      if (block.kind === 'table') return block.rows.map((row) => row.map((cell) => text(cell.children)).join(' ')).join('\n');
      return block.kind === 'rule' ? '' : text(block.children);
    })
    .join('\n');
const first = (markdown: string) => read(markdown, true)![0]!;

test('headings, emphasis, lists, quotes, code and tables are told apart', () => {
  const source = '## Soup\n\n**red** *lentils* ~~salt~~ `x_1`\n\n3. one\n4. two\n   - deep\n\n> said\n\n---\n\n```sql\nSELECT *\n```\n\na | b\n--|-:\n1 | 2\n';
  const blocks = read(source, true)!;
  expect(blocks.map((block) => block.kind)).toEqual(['heading', 'paragraph', 'list', 'quote', 'rule', 'code', 'table']);
  expect(blocks[1]).toMatchObject({ children: [{ kind: 'strong' }, { text: ' ' }, { kind: 'emphasis' }, { text: ' ' }, { kind: 'strike' }, { text: ' ' }, { kind: 'code', text: 'x_1' }] });
  expect(blocks[2]).toMatchObject({ start: 3, items: [[{ kind: 'paragraph' }], [{ kind: 'paragraph' }, { kind: 'list', start: null }]] });
  expect(blocks[5]).toMatchObject({ language: 'sql', text: 'SELECT *' });
  expect(blocks[6]).toMatchObject({ rows: [[{ align: 'left' }, { align: 'right' }], [{ children: [{ text: '1' }] }, { children: [{ text: '2' }] }]] });
});

test('a line of the answer stays a line', () => {
  expect(first('red lentils\nonion')).toMatchObject({ children: [{ text: 'red lentils' }, { kind: 'break' }, { text: 'onion' }] });
});

test('JSON keeps its indentation, while it is written too', () => {
  const json = '{\n  "urgent": true\n}';
  expect(first(json)).toMatchObject({ kind: 'code', language: 'json', text: json });
  expect(read('{\n  "urg', false)![0]).toMatchObject({ kind: 'code' });
  expect(first('{"not json')).toMatchObject({ kind: 'paragraph' });
  expect(first('[a link](https://example.org)')).toMatchObject({ kind: 'paragraph' });
});

test('HTML stays text', () => {
  for (const html of ['<script>alert(1)</script>', '<img src=x onerror=alert(1)>', 'a <b onclick=x>b</b>', '<!-- gone? -->']) {
    expect(all(read(html, true)!)).toBe(html);
  }
});

test('a link is its words and its address, and one that would run something is no link', () => {
  expect(first('[here](https://example.org/a "why")')).toMatchObject({ children: [{ kind: 'link', address: 'https://example.org/a · why', children: [{ text: 'here' }] }] });
  expect(first('![cat](https://example.org/cat.png)')).toMatchObject({ children: [{ kind: 'image', address: 'https://example.org/cat.png', children: [{ text: 'cat' }] }] });
  for (const link of ['[x](javascript:alert(1))', '[x](vbscript:x)', '[x](data:text/html;base64,AAAA)']) expect(first(link)).toMatchObject({ children: [{ kind: 'text' }] });
});

test('nothing of a text vanishes', () => {
  const source = 'one [two][three]\n\n[three]: https://four.example "five"\n\n<six> &seven; ![eight][nine]\n\n|ten|\n|-|\n|eleven|twelve|\n';
  const shown = all(read(source, true)!);
  // A cell beyond the head of its table is what Markdown leaves out.
  for (const word of source.match(/[a-z]+/g)!.filter((word) => word !== 'twelve')) expect(shown).toContain(word);
});

test('code whose end is not written yet is code', () => {
  expect(first('```py\nprint("a")\n')).toMatchObject({ kind: 'code', language: 'py', text: 'print("a")' });
  expect(first('```py\nprint("a")\n``')).toMatchObject({ kind: 'code', text: 'print("a")\n``' });
});

test('what is too long, too deep or too wide is plain text', () => {
  expect(read('a '.repeat(20_001), true)).toBeNull();
  expect(read('a\n'.repeat(4_000), true)).toBeNull();
  expect(read('>'.repeat(100_000), true)).toBeNull();
  expect(read('>'.repeat(100), true)).toBeNull();
  expect(read(`${'*a '.repeat(300)}a${' a*'.repeat(300)}`.replaceAll(' a*', 'a*'), true)).toBeNull();
  expect(read(`|${'a|'.repeat(10_000)}\n|${'-|'.repeat(10_000)}\n`, true)).toBeNull();
});

test('what is hostile is read in no time worth noticing', () => {
  const many = (piece: string) => piece.repeat(40_000 / piece.length);
  const hostile = ['[', '![', '[a](', '*a ', '*a **a ', '_', '`', '> ', '- ', '<', '<!--', '&', '\\', '[a](<', '~~a', '|a', '#', '```\n', 'a|b\n-|-\n', '\t'].map(many);
  hostile.push(`${'['.repeat(19_000)}a${']'.repeat(19_000)}`, `${'!['.repeat(8_000)}a${'](b)'.repeat(4_000)}`, `a|b\n-|-\n${'aaaaaaaa\n'.repeat(3_900)}`);
  for (const text of hostile) {
    const began = performance.now();
    read(text, false);
    expect(performance.now() - began, `${text.slice(0, 8)}…`).toBeLessThan(4000);
  }
});

test('a block that did not change is the same object', () => {
  const before = read('# one\n\ntwo', false)!;
  const after = keepSame(before, read('# one\n\ntwo three', false)!);
  expect(after[0]).toBe(before[0]);
  expect(after[1]).not.toBe(before[1]);
  const fence = keepSame(read('a\n\n```\nb', false), read('a\n\n```\nb\n```\n\nc', false)!);
  expect(fence.map((block) => block.kind)).toEqual(['paragraph', 'code', 'paragraph']);
});
