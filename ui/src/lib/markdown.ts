// Markdown as a tree of a few kinds of nodes, for text that nobody vouches for: HTML in it stays text, and links and images
// become their words and their address. `$parts/Markdown` draws it.
import markdownIt, { type Token } from 'markdown-it';

export type Inline =
  | { kind: 'text'; text: string }
  | { kind: 'code'; text: string }
  | { kind: 'break' }
  | { kind: 'strong'; children: Inline[] }
  | { kind: 'emphasis'; children: Inline[] }
  | { kind: 'strike'; children: Inline[] }
  | { kind: 'link' | 'image'; address: string; children: Inline[] };

export interface Cell {
  align: 'left' | 'center' | 'right';
  children: Inline[];
}

export type Block =
  | { kind: 'paragraph'; children: Inline[] }
  | { kind: 'heading'; level: number; children: Inline[] }
  | { kind: 'code'; language: string; text: string }
  | { kind: 'quote'; blocks: Block[] }
  | { kind: 'list'; start: number | null; items: Block[][] }
  | { kind: 'table'; rows: Cell[][] }
  | { kind: 'rule' };

/** A block that stands in no other, with the text that it was made of. */
export type TopBlock = Block & { source: string };

/** Longer text is not read: it would hold up the window. */
const LONGEST = 40_000;
const MOST_LINES = 4_000;
/** A text of more parts is not drawn, for the same reason. */
const MOST_TOKENS = 10_000;
/** The parser leaves out what is nested deeper. */
const DEEPEST = 40;

const parser = markdownIt({ html: false, breaks: true, linkify: false, typographer: false, maxNesting: DEEPEST });
// A definition of a link is not shown in Markdown. Nothing of an answer may vanish.
parser.disable('reference');

/**
 * The blocks of a text; null where it is too long, too deeply nested, or of too many parts to be drawn. A text that is
 * still written has not `ended`.
 */
export function read(text: string, ended: boolean): TopBlock[] | null {
  if (text.length > LONGEST) return null;
  if (isJson(text, ended)) return [{ kind: 'code', language: 'json', text: text.trim(), source: text }];
  const lines = text.split(/\r\n|\r|\n/);
  if (lines.length > MOST_LINES) return null;
  const tokens = parser.parse(text, {});
  if (isTooMuch(tokens)) return null;
  return new Reader(tokens).top((from, to) => lines.slice(from, to).join('\n'));
}

/** The blocks of a text that has grown, in which those that are as before are the same objects, so that they are not drawn anew. */
export function keepSame(before: readonly TopBlock[] | null, now: TopBlock[]): TopBlock[] {
  return now.map((block, index) => {
    const known = before?.[index];
    return known && known.source === block.source && known.kind === block.kind ? known : block;
  });
}

function isTooMuch(tokens: readonly Token[]): boolean {
  let parts = tokens.length;
  for (const { level, children } of tokens) {
    parts += children?.length ?? 0;
    if (parts > MOST_TOKENS || level + 1 >= DEEPEST) return true;
    // Emphasis within emphasis is bounded by nothing in the parser.
    let depth = 0;
    for (const { nesting } of children ?? []) if ((depth += nesting) >= DEEPEST) return true;
  }
  return false;
}

/** JSON would lose its indentation as a paragraph. */
function isJson(text: string, ended: boolean): boolean {
  if (!/^\s*(\{\s*["}]|\[\s*[[{"\]])/.test(text)) return false;
  if (!ended) return true;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Reads the parser's flat list of opening and closing tokens. */
class Reader {
  #at = 0;

  constructor(readonly tokens: readonly Token[]) {}

  top(source: (from: number, to: number) => string): TopBlock[] {
    const blocks: TopBlock[] = [];
    while (this.#at < this.tokens.length) {
      const [from, to] = this.tokens[this.#at]!.map ?? [0, 0];
      blocks.push({ ...this.#block(), source: source(from, to) });
    }
    return blocks;
  }

  #block(): Block {
    const token = this.tokens[this.#at++]!;
    switch (token.type) {
      case 'heading_open':
        return { kind: 'heading', level: Number(token.tag.slice(1)), children: this.#line() };
      case 'fence':
      case 'code_block':
        return { kind: 'code', language: token.info.trim(), text: token.content.replace(/\n$/, '') };
      case 'blockquote_open':
        return { kind: 'quote', blocks: this.#until('blockquote_close') };
      case 'bullet_list_open':
        return { kind: 'list', start: null, items: this.#items('bullet_list_close') };
      case 'ordered_list_open':
        return { kind: 'list', start: Number(token.attrGet('start') ?? 1), items: this.#items('ordered_list_close') };
      case 'table_open':
        return { kind: 'table', rows: this.#rows() };
      case 'hr':
        return { kind: 'rule' };
      case 'paragraph_open':
        return { kind: 'paragraph', children: this.#line() };
      default:
        // Nothing else comes without plug-ins; if it did, its text must not be lost.
        return { kind: 'paragraph', children: [{ kind: 'text', text: token.content }] };
    }
  }

  #until(close: string): Block[] {
    const blocks: Block[] = [];
    while (this.#at < this.tokens.length && this.tokens[this.#at]!.type !== close) blocks.push(this.#block());
    this.#at++;
    return blocks;
  }

  #items(close: string): Block[][] {
    const items: Block[][] = [];
    while (this.#at < this.tokens.length && this.tokens[this.#at++]!.type !== close) items.push(this.#until('list_item_close'));
    return items;
  }

  /** The text of a paragraph, heading or cell, and its closing token. */
  #line(): Inline[] {
    const children = inlines(this.tokens[this.#at]?.children ?? []);
    this.#at += 2;
    return children;
  }

  #rows(): Cell[][] {
    const rows: Cell[][] = [];
    for (let token = this.tokens[this.#at++]; token && token.type !== 'table_close'; token = this.tokens[this.#at++]) {
      if (token.type === 'tr_open') rows.push([]);
      else if (token.type === 'th_open' || token.type === 'td_open') rows.at(-1)?.push({ align: alignment(token), children: this.#line() });
    }
    return rows;
  }
}

function alignment(token: Token): Cell['align'] {
  const style = String(token.attrGet('style') ?? '');
  return style.endsWith('right') ? 'right' : style.endsWith('center') ? 'center' : 'left';
}

const kinds: Record<string, 'strong' | 'emphasis' | 'strike'> = { strong_open: 'strong', em_open: 'emphasis', s_open: 'strike' };

function inlines(tokens: readonly Token[]): Inline[] {
  const found: Inline[] = [];
  // Those that are open, the innermost last.
  const open = [found];
  const begin = (node: Extract<Inline, { children: Inline[] }>) => {
    open.at(-1)!.push(node);
    open.push(node.children);
  };
  for (const token of tokens) {
    if (token.type === 'softbreak' || token.type === 'hardbreak') open.at(-1)!.push({ kind: 'break' });
    else if (token.type === 'code_inline') open.at(-1)!.push({ kind: 'code', text: token.content });
    else if (token.type === 'image') open.at(-1)!.push({ kind: 'image', address: address(token, 'src'), children: [{ kind: 'text', text: token.content }] });
    else if (token.type === 'link_open') begin({ kind: 'link', address: address(token, 'href'), children: [] });
    else if (kinds[token.type]) begin({ kind: kinds[token.type]!, children: [] });
    else if (token.nesting < 0) open.pop();
    else if (token.content) open.at(-1)!.push({ kind: 'text', text: token.content });
  }
  return found;
}

function address(token: Token, name: 'href' | 'src'): string {
  return [token.attrGet(name), token.attrGet('title')].filter(Boolean).join(' · ');
}
