import { type BinaryWriter, type DescField, ScalarType } from '@facet/contracts';

/** A value that no honest caller sends, and how it is written behind its tag. */
export interface AbsurdValue {
  name: string;
  /** Whether the short form leaves it out nowhere: it has ended services. @default false */
  always?: boolean;
  write(writer: BinaryWriter): void;
}

const BANG = '\u{1F4A5}';

/** Texts that break things: cuts inside characters, look-alikes, paths, queries, headers. */
const TEXTS: Readonly<Record<string, string>> = {
  empty: '',
  blank: ' \t\n',
  long: 'x'.repeat(5000),
  pairs: BANG.repeat(2500),
  'pairs, one further': `a${BANG.repeat(2500)}`,
  'look-alike letters': '\u0455\u0430\u0435\u0455/\u0445',
  'right to left': '\u202Esaes/x\u202C',
  combining: `e${'\u0301'.repeat(1000)}`,
  NUL: 'a\0b',
  'header injection': 'x\r\ngrpc-status: 0\r\n',
  path: '/etc/passwd',
  'path upwards': '../../../../etc/passwd',
  'path of a process': '/proc/self/environ',
  'path of a device': '/dev/zero',
  'path with a NUL': '/tmp/\0x',
  'URL of a host': 'file://host/x',
  'URL with a NUL': 'file:///tmp/%00',
  'URL of a page': 'http://127.0.0.1:1/x',
  'name upwards': 'saes/../x',
  'name too long': `models/${'m'.repeat(300)}`,
  'name without an id': 'activationSets/',
  'feature far away': 'saes/x/features/999999999999999999999',
  query: "x' OR 1=1; DROP TABLE features; --",
  template: '{{7*7}}%s%n#{x}',
  json: '{"__proto__":{"x":1}}',
  'page token': Buffer.from('["",{"generation":-1}]').toString('base64url'),
};

/** Bytes where text should be. */
const NO_TEXTS: Readonly<Record<string, readonly number[]>> = {
  'half a pair': [0x61, 0xed, 0xa0, 0xbd, 0x62],
  'the other half': [0xed, 0xb2, 0xa5],
  'overlong slash': [0xc0, 0xaf],
  'lone continuation': [0x80],
};

const NUMBERS = [0, 1, -1, 0.5, 2, 1e-320, 1e39, -1e39, 1e300, Number.MAX_VALUE, -Number.MAX_VALUE, -0];
const NOT_FINITE = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
const INTEGERS = [0n, 1n, 2n ** 31n - 1n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n];
const ENUM_NUMBERS = [0, 1, 2, 3, 99, -1, 2 ** 31 - 1, -(2 ** 31)];

/** Every absurd value that fits the wire type of a field. */
export function absurdValues({ scalar, enum: enumType, message }: DescField): AbsurdValue[] {
  if (message !== undefined)
    return [...bytesValues(NO_TEXTS), ...bytesValues({ nothing: [], 'a broken field': [0x0a, 0x7f] })];
  if (enumType !== undefined) return ENUM_NUMBERS.map((n) => ({ name: String(n), write: (w) => w.int32(n) }));
  switch (scalar) {
    case ScalarType.DOUBLE:
      return [...NUMBERS, ...NOT_FINITE].map((n) => ({ name: String(n), write: (w) => w.double(n) }));
    case ScalarType.FLOAT:
      return [...NUMBERS, ...NOT_FINITE].map((n) => ({
        name: String(n),
        // The writer refuses what does not fit into single precision.
        write: (w) => w.fixed32(new Uint32Array(Float32Array.of(n).buffer)[0]!),
      }));
    case ScalarType.STRING:
      return [
        ...Object.entries(TEXTS).map(([name, text]) => ({
          name,
          always: text.includes(BANG),
          write: (w: BinaryWriter) => w.string(text),
        })),
        ...bytesValues(NO_TEXTS),
      ];
    case ScalarType.BYTES:
      return [0, 1, 3, 4, 4096].map((n) => ({
        name: `${n} bytes`,
        write: (w) => w.bytes(Buffer.alloc(n, 0xff)),
      }));
    default:
      // Numbers and booleans are all one on the wire.
      return INTEGERS.map((n) => ({ name: String(n), write: (w) => w.uint64(n) }));
  }
}

function bytesValues(table: Readonly<Record<string, readonly number[]>>): AbsurdValue[] {
  return Object.entries(table).map(([name, bytes]) => ({
    name,
    write: (writer) => writer.bytes(Uint8Array.from(bytes)),
  }));
}
