import type { DescField, DescMessage, ResourceError } from '@facet/contracts';
import { cutText } from '@facet/errors';
import { forCaller } from './callers-words.ts';

type Fields = Readonly<Record<string, unknown>>;
/** Changes the texts of all errors in a message of one type. */
type Rewrite = (message: Fields, change: (text: string) => string) => Fields;

/** Longest text of a resource's error. */
const MAX_MESSAGE_CHARS = 2048;
const rewrites = new Map<string, Rewrite | undefined>();

/**
 * Gives what makes the answers of a type fit for their readers, as statuses are: why a resource failed is told without
 * paths of the server, apart from those that stand in the resource itself. Undefined for types that hold no such error.
 */
export function resourceErrorRewrite(type: DescMessage): ((answer: unknown) => unknown) | undefined {
  const rewrite = rewriteOf(type);
  return (
    rewrite &&
    ((answer) => {
      const withoutErrors = rewrite(answer as Fields, () => '');
      return rewrite(answer as Fields, (text) => cutText(forCaller(text, withoutErrors), MAX_MESSAGE_CHARS));
    })
  );
}

function rewriteOf(type: DescMessage): Rewrite | undefined {
  if (rewrites.has(type.typeName)) return rewrites.get(type.typeName);
  rewrites.set(type.typeName, undefined);
  const rewrite = type.typeName === 'facet.type.v1.ResourceError' ? rewriteError : rewriteFields(type);
  rewrites.set(type.typeName, rewrite);
  return rewrite;
}

const rewriteError: Rewrite = (message, change) => {
  const error = message as unknown as ResourceError;
  return { ...error, message: change(error.message) };
};

function rewriteFields({ fields }: DescMessage): Rewrite | undefined {
  const parts = fields.flatMap((field) => {
    // No oneof of the contracts holds a resource.
    const rewrite = field.message && field.oneof === undefined ? rewriteOf(field.message) : undefined;
    return rewrite === undefined ? [] : [{ field, rewrite }];
  });
  if (parts.length === 0) return undefined;
  return (message, change) => {
    const changed = parts.map(({ field, rewrite }) => [
      field.localName,
      rewriteValue(field, message[field.localName], (part) => rewrite(part, change)),
    ]);
    return { ...message, ...Object.fromEntries(changed) };
  };
}

function rewriteValue({ fieldKind }: DescField, value: unknown, rewrite: (part: Fields) => Fields): unknown {
  if (value === undefined) return undefined;
  return fieldKind === 'list' ? (value as Fields[]).map(rewrite) : rewrite(value as Fields);
}
