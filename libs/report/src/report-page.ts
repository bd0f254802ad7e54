import { FacetError } from '@facet/errors';
import { blockHtml } from './block-html.ts';
import type { Report, Section } from './blocks.ts';
import { escapeHtml } from './escape.ts';
import { PAGE_STYLE } from './page-style.ts';

/** Pages of more sections than this have a table of contents. */
const MAX_SECTIONS_WITHOUT_CONTENTS = 3;

/** What a report may load: nothing but the styles and pictures that stand in it. No script runs. */
const CONTENT_SECURITY_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";

/** Writes a report as one HTML file that loads nothing from anywhere; all text in it is escaped. */
export function reportPage(report: Report): string {
  const { title, subtitle, sections, footer, language = 'en' } = report;
  if (sections.length === 0) throw new FacetError('invalid', `report "${title}" has no sections`);
  return `<!doctype html>
<html lang="${escapeHtml(language)}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${CONTENT_SECURITY_POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${escapeHtml(title)}</title>
<link rel="icon" href="data:,">
<style>${PAGE_STYLE}</style>
</head>
<body>
<main>
<header>
<h1>${escapeHtml(title)}</h1>
${subtitle === undefined ? '' : `<p class="subtitle">${escapeHtml(subtitle)}</p>`}
</header>
${sections.length > MAX_SECTIONS_WITHOUT_CONTENTS ? contents(sections) : ''}
${sections.map(sectionHtml).join('\n')}
${footer === undefined ? '' : `<footer>${escapeHtml(footer)}</footer>`}
</main>
</body>
</html>
`;
}

function contents(sections: readonly Section[]): string {
  const entries = sections.map(({ title }, i) => `<li><a href="#${anchor(i)}">${escapeHtml(title)}</a></li>`);
  return `<nav aria-label="Contents"><ol>${entries.join('')}</ol></nav>`;
}

function sectionHtml({ title, blocks }: Section, i: number): string {
  const heading = `${anchor(i)}-heading`;
  return `<section id="${anchor(i)}" aria-labelledby="${heading}">
<h2 id="${heading}">${escapeHtml(title)}</h2>
${blocks.map(blockHtml).join('\n')}
</section>`;
}

/** Anchors count: titles of any script, and equal ones, need no name of their own. */
function anchor(i: number): string {
  return `section-${i + 1}`;
}
