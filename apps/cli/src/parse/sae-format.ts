import { SaeFormat } from '@facet/contracts';
import { FacetError } from '@facet/errors';

const FORMATS: Readonly<Record<string, SaeFormat>> = {
  saelens: SaeFormat.SAELENS,
  sparsify: SaeFormat.SPARSIFY,
  'gemma-scope': SaeFormat.GEMMA_SCOPE,
  'gemma-scope-2': SaeFormat.GEMMA_SCOPE_2,
  'dictionary-learning': SaeFormat.DICTIONARY_LEARNING,
};

/** What `--format` takes. */
export const SAE_FORMAT_NAMES = Object.keys(FORMATS).join('|');

/** Parses `--format`; undefined leaves the choice to the service. */
export function parseSaeFormat(text: string | undefined): SaeFormat {
  if (text === undefined) return SaeFormat.UNSPECIFIED;
  const format = Object.hasOwn(FORMATS, text) ? FORMATS[text] : undefined;
  if (format !== undefined) return format;
  throw new FacetError('invalid', `--format ${text} is not known; use ${SAE_FORMAT_NAMES}`);
}

/** The name of a format; empty for none. */
export function saeFormatName(format: SaeFormat): string {
  return Object.keys(FORMATS).find((name) => FORMATS[name] === format) ?? '';
}
