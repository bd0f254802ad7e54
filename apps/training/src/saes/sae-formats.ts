import { SaeFormat as SaeFormatMessage } from '@facet/contracts';
import { FacetError } from '@facet/errors';
import { SAE_FORMATS, type SaeFormat } from '@facet/sae';

const FORMATS: Readonly<Record<SaeFormat, SaeFormatMessage>> = {
  saelens: SaeFormatMessage.SAELENS,
  sparsify: SaeFormatMessage.SPARSIFY,
  'gemma-scope': SaeFormatMessage.GEMMA_SCOPE,
  'gemma-scope-2': SaeFormatMessage.GEMMA_SCOPE_2,
  'dictionary-learning': SaeFormatMessage.DICTIONARY_LEARNING,
};

/** Reads the format of a request; undefined where it names none. */
export function readFormat(message: SaeFormatMessage): SaeFormat | undefined {
  if (message === SaeFormatMessage.UNSPECIFIED) return undefined;
  const format = SAE_FORMATS.find((name) => FORMATS[name] === message);
  if (format) return format;
  const known = Object.values(FORMATS).join(', ');
  throw new FacetError('unimplemented', `the format ${message} is not supported; use one of ${known}`, {
    field: 'format',
  });
}

/** Writes a format. */
export function formatMessage(format: SaeFormat): SaeFormatMessage {
  return FORMATS[format];
}
