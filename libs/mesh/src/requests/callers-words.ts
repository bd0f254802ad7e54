import { cutText, MAX_QUOTED_CHARS } from '@facet/errors';

/** Most texts and nested values of a request that are looked at. */
const MAX_VALUES = 100_000;

/**
 * Makes an error's text fit to be told to the caller of `request`: of the caller's own texts it repeats at most 200
 * characters, and a path that the caller did not send is cut to its last name. Domain code already quotes and names
 * things so; this holds for what libraries and peers say, too.
 */
export function forCaller(text: string, request: unknown): string {
  const texts = textsOf(request);
  return withoutPaths(withShortQuotes(text, texts), texts);
}

/** An absolute path or a file URL; not the slash of a URL, of a resource name, of a fraction or of a method's name. */
const PATH =
  /(?<![\w.:/\\)\]}-])(?:file:\/\/)?\/(?![\w.]+\.v\d+\.\w+\/\w+)[\w.~%@+-][^\s"'`,;()<>[\]{}|]*|[A-Za-z]:\\[^\s"'`]+/g;

function withoutPaths(text: string, texts: readonly string[]): string {
  return text.replace(PATH, (found) => {
    const path = found.replace(/[.:…!?]+$/, '');
    if (texts.some((own) => own.includes(path))) return found;
    const name = path.split(/[/\\]/).findLast((part) => part !== '') ?? '';
    return `…/${name}${found.slice(path.length)}`;
  });
}

function withShortQuotes(text: string, texts: readonly string[]): string {
  let short = text;
  for (const own of texts) {
    const start = own.slice(0, MAX_QUOTED_CHARS + 1);
    if (start.length <= MAX_QUOTED_CHARS) continue;
    for (let at = short.indexOf(start); at >= 0; at = short.indexOf(start)) {
      let end = at;
      while (end < short.length && short[end] === own[end - at]) end += 1;
      short = short.slice(0, at) + cutText(own, MAX_QUOTED_CHARS) + short.slice(end);
    }
  }
  return short;
}

/** All texts of a message, wherever they stand. */
function textsOf(request: unknown): string[] {
  const texts: string[] = [];
  const left: unknown[] = [request];
  for (let seen = 0; left.length > 0 && seen < MAX_VALUES; seen += 1) {
    const value = left.pop();
    if (typeof value === 'string' && value !== '') texts.push(value);
    else if (typeof value === 'object' && value !== null && !ArrayBuffer.isView(value))
      for (const part of Object.values(value)) if (typeof part !== 'number') left.push(part);
  }
  return texts;
}
