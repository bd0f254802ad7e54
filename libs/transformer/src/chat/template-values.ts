import { Environment, type TemplateValue } from './jinja-library.ts';

/** Makes a value of a template. */
export function toValue(value: unknown): TemplateValue {
  return new Environment().set('value', value);
}

/** Writes a value as Python's `str` does; throws for lists and mappings. */
export function textOf(value: TemplateValue): string {
  switch (value.type) {
    case 'StringValue':
      return value.value as string;
    case 'UndefinedValue':
      return '';
    case 'NullValue':
      return 'None';
    case 'BooleanValue':
      return value.value ? 'True' : 'False';
    case 'IntegerValue':
    case 'FloatValue':
      return value.toString();
    default:
      throw new Error(`writes a ${kindOf(value)} as text: use tojson`);
  }
}

/** Compares as Python's `==` does: by content, numbers and truth values alike. */
export function areEqual(a: TemplateValue, b: TemplateValue): boolean {
  const [x, y] = [a.value, b.value] as [unknown, unknown];
  if (NUMERIC.has(a.type) && NUMERIC.has(b.type)) return Number(x) === Number(y);
  if (a.type !== b.type) return false;
  if (Array.isArray(x) && Array.isArray(y))
    return x.length === y.length && x.every((item, i) => areEqual(item, y[i]));
  if (a.type === 'ObjectValue' && x instanceof Map && y instanceof Map)
    return x.size === y.size && [...x].every(([key, item]) => y.has(key) && areEqual(item, y.get(key)));
  return x === y;
}

const NUMERIC: ReadonlySet<string> = new Set(['IntegerValue', 'FloatValue', 'BooleanValue']);

/** Throws where Python refuses to divide, and where the sign of a remainder differs from JavaScript's. */
export function requireDivisor(operator: '/' | '%', left: TemplateValue, right: TemplateValue): void {
  if (!NUMERIC.has(left.type) || !NUMERIC.has(right.type)) return;
  const [x, y] = [Number(left.value), Number(right.value)];
  if (y === 0) throw new Error('divides by zero');
  if (operator === '%' && x < 0 !== y < 0) throw new Error('takes a remainder of numbers of different signs');
}

/** Whether `container` has `item`, as Python's `in` says. */
export function contains(container: TemplateValue, item: TemplateValue): boolean {
  const held = container.value as unknown;
  if (container.type === 'UndefinedValue') return false;
  if (Array.isArray(held)) return held.some((one) => areEqual(one, item));
  if (held instanceof Map) return item.type === 'StringValue' && held.has(item.value as string);
  if (typeof held === 'string' && item.type === 'StringValue') return held.includes(item.value as string);
  throw new Error(`looks for a ${kindOf(item)} in a ${kindOf(container)}`);
}

/** How a kind of value is called in messages. */
export function kindOf({ type }: TemplateValue): string {
  return KINDS[type] ?? type.replace(/Value$/, '').toLowerCase();
}

const KINDS: Readonly<Record<string, string>> = {
  ArrayValue: 'list',
  TupleValue: 'list',
  ObjectValue: 'mapping',
  NullValue: 'none',
  StringValue: 'text',
  UndefinedValue: 'value that is undefined',
};
