const VOID = new Set(['meta', 'link', 'br']);

/** Reads markup strictly: throws where a tag is not closed in order, an attribute is unquoted, or a bare `<` or `&` stands in text. */
export function parseMarkup(markup: string): { elements: string[]; texts: string[]; ids: string[] } {
  const parsed = { elements: [] as string[], texts: [] as string[], ids: [] as string[] };
  const open: string[] = [];
  const source = markup.replace(/^<!doctype html>\n/, '').replace(/<style>[^<]*<\/style>/, '');
  const token = /<(\/?)([a-zA-Z][\w-]*)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>|([^<]+)/gy;
  while (token.lastIndex < source.length) {
    const at = token.lastIndex;
    const match = token.exec(source);
    if (!match) throw new Error(`broken markup at: ${source.slice(at, at + 80)}`);
    const [whole, closing, name, attributes, selfClosed, text] = match;
    if (/&(?!(amp|lt|gt|quot|apos|#\d+|#x[\da-f]+);)/i.test(whole)) throw new Error(`bare & in: ${whole}`);
    if (text !== undefined) parsed.texts.push(text);
    else if (closing) close(open, name);
    else {
      parsed.elements.push(name);
      parsed.ids.push(...[...attributes.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id));
      if (!selfClosed && !VOID.has(name)) open.push(name);
    }
  }
  if (open.length > 0) throw new Error(`never closed: ${open.join(', ')}`);
  return parsed;
}

function close(open: string[], name: string): void {
  const last = open.pop();
  if (last !== name) throw new Error(`</${name}> closes <${last}>`);
}

/** The words of a figure: axis titles, labels, legends. */
export function wordsOf(svg: string): string[] {
  return [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text);
}

/** What each mark of a figure says on hover. */
export function hoversOf(svg: string): string[] {
  return [...svg.matchAll(/<title>([^<]*)<\/title>/g)].map(([, text]) => text);
}

/** Text that tries to become markup, script, or a broken file. */
export const HOSTILE =
  '<script>alert("1")</script>\'"><img src=x onerror=alert(1)>&amp;\u2028\u2029\u0000\u001b\u202e\ud800]]>';
