import type { TemplateValue } from './jinja-library.ts';
import { kindOf, textOf, toValue } from './template-values.ts';

/** Joins items as Python writes them; what is undefined has none. Throws for what is no list. */
export function joinTexts(value: TemplateValue, separator: TemplateValue | undefined): TemplateValue {
  return toValue(
    itemsOf(value)
      .map(textOf)
      .join(separator === undefined ? '' : textOf(separator)),
  );
}

function itemsOf(value: TemplateValue): TemplateValue[] {
  const held = value.value as unknown;
  if (value.type === 'UndefinedValue') return [];
  if (Array.isArray(held)) return held;
  if (typeof held === 'string') return [...held].map(toValue);
  if (held instanceof Map) return [...held.keys()].map(toValue);
  throw new Error(`joins a ${kindOf(value)}`);
}

/** Filters of one value; undefined leaves it to the library, which may be given what Python refuses. */
export const VALUE_FILTERS: Readonly<Record<string, (value: TemplateValue) => TemplateValue | undefined>> = {
  length: (value) => toValue(lengthOf(value)),
  count: (value) => toValue(lengthOf(value)),
  int: toInteger,
  tojson: requireJson,
  unique: requireOneCase,
};

/** Cuts a number towards zero; undefined leaves other values to the library. */
function toInteger({ type, value }: TemplateValue): TemplateValue | undefined {
  if (type === 'FloatValue') return toValue(Math.trunc(value as number));
  if (type === 'StringValue' && (value as string).includes('_'))
    throw new Error('reads a number with underscores');
  return undefined;
}

/** Throws for values that Python refuses to write as JSON, and for numbers that it writes otherwise than JavaScript. */
function requireJson(value: TemplateValue): undefined {
  const held = value.value as unknown;
  if (value.type === 'UndefinedValue') throw new Error('writes what is undefined as JSON');
  if (value.type === 'FloatValue' && Number.isInteger(held))
    throw new Error(`writes the number ${value.toString()} as JSON`);
  if (value.type === 'IntegerValue' && !Number.isSafeInteger(held))
    throw new Error('writes a number of more than 53 bits as JSON');
  if (Array.isArray(held)) held.forEach(requireJson);
  else if (held instanceof Map) [...held.values()].forEach(requireJson);
}

/** Throws for lists of texts in which case could count: Python's `unique` overlooks it. */
function requireOneCase({ value }: TemplateValue): undefined {
  if (!Array.isArray(value)) return;
  for (const { type, value: held } of value as TemplateValue[])
    if (type === 'StringValue' && held !== (held as string).toLowerCase())
      throw new Error('looks for unique texts in which case could count');
}

function lengthOf(value: TemplateValue): number {
  const held = value.value as unknown;
  if (value.type === 'UndefinedValue') return 0;
  if (typeof held === 'string') return [...held].length;
  if (Array.isArray(held)) return held.length;
  if (held instanceof Map && value.type === 'ObjectValue') return held.size;
  throw new Error(`asks for the length of a ${kindOf(value)}`);
}
