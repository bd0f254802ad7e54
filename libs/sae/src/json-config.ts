import { FacetError } from '@facet/errors';
import { type ZodType, z } from 'zod';

/** Largest JSON configuration that is read; real ones are below 10 KiB. */
export const MAX_CONFIG_BYTES = 1 << 20;

/** Deepest nesting that is read; real ones nest 3 deep. */
const MAX_DEPTH = 32;

/** What is read: `file` is the name of the configuration, `format` whose it is. */
export interface ConfigSource {
  source: string;
  file: string;
  format: string;
}

/** Parses a bounded JSON configuration against `schema`; every problem names the file and the field. */
export function parseJsonConfig<T>(text: string, schema: ZodType<T>, from: ConfigSource): T {
  const { source, file, format } = from;
  if (text.length > MAX_CONFIG_BYTES) {
    const message = `${source}: ${file} has ${text.length} bytes; the limit is ${MAX_CONFIG_BYTES}`;
    throw new FacetError('invalid', message);
  }
  if (depthOf(text) > MAX_DEPTH) {
    throw new FacetError(
      'invalid',
      `${source}: ${file} nests more than ${MAX_DEPTH} deep; export the SAE again`,
    );
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new FacetError('invalid', `${source}: ${file} is not JSON; export the SAE again`, { cause });
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const problems = z.prettifyError(parsed.error).slice(0, 2000);
  throw new FacetError('invalid', `${source}: ${file} is not a ${format} configuration: ${problems}`);
}

/** The deepest nesting of brackets outside of strings. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[[{\]}]/gs)) {
    if (token === '[' || token === '{') deepest = Math.max(deepest, ++depth);
    else if (token === ']' || token === '}') depth--;
  }
  return deepest;
}
