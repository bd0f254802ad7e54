// Looks whether what pages name is there: specs that show a promise, scripts, and the targets of links.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, normalize } from 'node:path';

/** A path of the repository in a code span, which may have one `*` in its last part; or a spec without its folder. */
const CODE_SPAN = /`([^`\n]+)`/g;
const PATH = /^(?:apps|libs|tools|docs|deploy|proto)\/[\w./*-]+\.\w+$/;
const BARE_SPEC = /^[\w*-]+\.spec\.(?:ts|mjs)$/;
const SCRIPT = /^npm run ([\w:-]*\w)(?= |$)/;
/** How pages write any spec. */
const ANY_SPEC = 'x.spec.ts';
const LINK = /\]\(([^)\s#]+)(?:#[^)\s]*)?\)/g;
const SKIPPED = new Set(['node_modules', 'dist', '.git', '.nx', 'gen']);

/**
 * Returns a line for everything that a page names and that is not there: `docs/x.md: names a.spec.ts, which is not there`.
 * Pages are the Markdown files of the repository.
 */
export function checkDocs(root) {
  const files = listFiles(root, '');
  const names = new Set(files.map((file) => basename(file)));
  const { scripts = {} } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const isThere = (name) =>
    name === ANY_SPEC || (BARE_SPEC.test(name) ? names.has(name) : matches(files, name));
  return files
    .filter((file) => file.endsWith('.md'))
    .flatMap((page) => {
      const text = readFileSync(join(root, page), 'utf8');
      const spans = [...text.matchAll(CODE_SPAN)].map(([, span]) => span);
      const missing = spans.filter((span) => (PATH.test(span) || BARE_SPEC.test(span)) && !isThere(span));
      const unknown = spans.filter(
        (span) => SCRIPT.test(span) && !Object.hasOwn(scripts, SCRIPT.exec(span)[1]),
      );
      const broken = [...text.matchAll(LINK)]
        .map(([, target]) => target)
        .filter((target) => !/^[a-z]+:/.test(target) && !existsSync(join(root, dirname(page), target)));
      return [
        ...missing.map((name) => `${page}: names ${name}, which is not there`),
        ...unknown.map((name) => `${page}: names ${name}, which package.json does not have`),
        ...broken.map((target) => `${page}: links to ${target}, which is not there`),
      ];
    });
}

function listFiles(root, folder) {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (SKIPPED.has(entry.name)) return [];
    return entry.isDirectory() ? listFiles(root, path) : [path];
  });
}

function matches(files, name) {
  const path = normalize(name);
  if (!path.includes('*')) return files.includes(path);
  const parts = path.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  const pattern = new RegExp(`^${parts.join('[^/]*')}$`);
  return files.some((file) => pattern.test(file));
}
