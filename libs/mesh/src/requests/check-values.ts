import {
  DataType,
  type DescEnum,
  type DescField,
  type DescMessage,
  ScalarType,
  type Tensor,
} from '@facet/contracts';
import { FacetError } from '@facet/errors';

/** Checks one message of a type; `path` is where it stands in the request, empty or ending in a dot. */
type MessageCheck = (message: Fields, path: string) => void;
type ValueCheck = (value: unknown, path: string) => void;
type Fields = Readonly<Record<string, unknown>>;

const checks = new Map<string, MessageCheck>();

/**
 * Checks what no field of any request may hold, in a message as ts-proto decodes it: NaN and infinities (in tensors
 * too), numbers that an enum does not know, and times that are none. Throws `invalid` naming the field.
 */
export function checkValues(message: unknown, type: DescMessage): void {
  messageCheck(type)(message as Fields, '');
}

/** The check of a message type, made once; types that hold nothing to check cost nothing but their own fields. */
function messageCheck(type: DescMessage): MessageCheck {
  const known = checks.get(type.typeName);
  if (known !== undefined) return known;
  const fields: ((message: Fields, path: string) => void)[] = [];
  const check: MessageCheck = (message, path) => {
    for (const checkField of fields) checkField(message, path);
  };
  // Before its fields are looked at: a type may hold itself.
  checks.set(type.typeName, check);
  if (type.typeName === 'facet.type.v1.Tensor')
    fields.push((message, path) => checkTensor(message as unknown as Tensor, path));
  for (const field of type.fields) {
    const checkValue = valueCheck(field);
    if (checkValue !== undefined) fields.push(fieldCheck(field, checkValue));
  }
  return check;
}

function fieldCheck(field: DescField, checkValue: ValueCheck) {
  const { name, localName } = field;
  const oneof = field.oneof?.localName;
  return (message: Fields, path: string) => {
    const value = oneof === undefined ? message[localName] : chosen(message[oneof], localName);
    if (value === undefined) return;
    if (field.fieldKind !== 'list') return checkValue(value, `${path}${name}`);
    for (const [i, item] of (value as readonly unknown[]).entries()) checkValue(item, `${path}${name}[${i}]`);
  };
}

/** The value of a oneof, where it is the one of this field. */
function chosen(oneof: unknown, localName: string): unknown {
  const choice = oneof as { $case: string; value: unknown } | undefined;
  return choice?.$case === localName ? choice.value : undefined;
}

function valueCheck({ scalar, enum: enumType, message }: DescField): ValueCheck | undefined {
  if (enumType !== undefined) return (value, path) => checkEnum(value, enumType, path);
  if (message?.typeName === 'google.protobuf.Timestamp') return checkTime;
  if (message?.typeName === 'google.protobuf.FieldMask') return undefined;
  if (message !== undefined) {
    const check = messageCheck(message);
    return (value, path) => check(value as Fields, `${path}.`);
  }
  return scalar === ScalarType.DOUBLE || scalar === ScalarType.FLOAT ? checkFinite : undefined;
}

function checkFinite(value: unknown, path: string): void {
  if (!Number.isFinite(value))
    throw refused(path, `${value} is not a finite number; give one`, 'NON_FINITE_VALUE');
}

/** What ts-proto decodes a number to that an enum does not know. */
const UNRECOGNIZED = 'UNRECOGNIZED';

function checkEnum(value: unknown, { values, typeName }: DescEnum, path: string): void {
  if (value !== UNRECOGNIZED) return;
  const known = values.map(({ name }) => name).join(', ');
  throw refused(path, `the number is none of ${typeName}; known are ${known}`, 'UNKNOWN_ENUM_VALUE');
}

function checkTime(value: unknown, path: string): void {
  if (Number.isNaN((value as Date).getTime()))
    throw refused(path, 'the time lies outside the years that a timestamp can have', 'TIME_OUT_OF_RANGE');
}

/** Bits of an exponent: where all are set, the value is NaN or an infinity. */
const EXPONENTS: Partial<Record<DataType, { bytes: 2 | 4; mask: number }>> = {
  [DataType.F32]: { bytes: 4, mask: 0x7f800000 },
  [DataType.F16]: { bytes: 2, mask: 0x7c00 },
  [DataType.BF16]: { bytes: 2, mask: 0x7f80 },
};

function checkTensor({ dtype, data }: Tensor, path: string): void {
  const exponent = EXPONENTS[dtype];
  if (exponent === undefined) return;
  const { bytes, mask } = exponent;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  for (let at = 0; at + bytes <= data.byteLength; at += bytes) {
    const bits = bytes === 4 ? view.getUint32(at, true) : view.getUint16(at, true);
    if ((bits & mask) !== mask) continue;
    const problem = `it holds ${named(bits, 8 * bytes, mask)} at index ${at / bytes}; every value must be finite`;
    throw refused(path.replace(/\.$/, ''), problem, 'NON_FINITE_VALUE');
  }
}

/** Names a float whose exponent bits are all set. */
function named(bits: number, width: number, mask: number): string {
  const sign = 2 ** (width - 1);
  if (bits % sign !== mask) return 'NaN';
  return bits >= sign ? '-Infinity' : 'Infinity';
}

function refused(field: string, problem: string, reason: string): FacetError {
  return new FacetError('invalid', `${field}: ${problem}`, { field, reason });
}
