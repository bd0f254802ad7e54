import { BinaryWriter, type DescField, type DescMessage, ScalarType, WireType } from '@facet/contracts';
import { type AbsurdValue, absurdValues } from './values.ts';

/** What honest requests hold, by the path of a field, such as `spec.activation_sets`. */
export type World = Readonly<Record<string, string | number>>;

export interface HostileRequest {
  /** What is absurd about it, for people. */
  what: string;
  /** Whether the short form sends it too. @default by chance */
  always?: boolean;
  bytes: Uint8Array;
}

/** Messages hold one another no deeper than this in requests that are built. */
const MAX_DEPTH = 5;

/** Writes a request that is as honest as `world` knows; fields that it does not know are left out. */
export function honestRequest(type: DescMessage, world: World): Uint8Array {
  return encode(type, { world, absurd: new Map(), repeat: 1 });
}

/** Honest requests with one field each that is absurd: every field, every value. */
export function* oneAbsurdField(type: DescMessage, world: World): Generator<HostileRequest> {
  for (const { path, field } of leaves(type)) {
    for (const value of absurdValues(field)) {
      const bytes = encode(type, { world, absurd: new Map([[path, value]]), repeat: 1 });
      yield { what: `${path} = ${value.name}`, always: value.always === true, bytes };
    }
  }
}

/** Requests in which every field is absurd at once, each time by other values. */
export function* allAbsurdFields(type: DescMessage, rounds: number): Generator<HostileRequest> {
  const every = leaves(type);
  const fields = every.filter(({ field }) => field.message === undefined);
  for (let round = 0; round < rounds; round += 1) {
    // A message that is broken itself hides what is in it.
    const all = round % 4 === 3 ? every : fields;
    const absurd = new Map(
      all.map(({ path, field }, i) => {
        const values = absurdValues(field);
        return [path, values[(round + i) % values.length]!];
      }),
    );
    yield { what: `every field, round ${round}`, bytes: encode(type, { world: {}, absurd, repeat: 1 }) };
  }
}

/** Honest requests in which every list is `repeat` times as long. */
export function longLists(type: DescMessage, world: World, repeat: number): HostileRequest {
  return { what: `lists of ${repeat}`, bytes: encode(type, { world, absurd: new Map(), repeat }) };
}

interface Encoding {
  world: World;
  absurd: ReadonlyMap<string, AbsurdValue>;
  repeat: number;
}

function encode(type: DescMessage, encoding: Encoding, prefix = '', depth = 0): Uint8Array {
  const writer = new BinaryWriter();
  for (const field of type.fields) {
    const path = `${prefix}${field.name}`;
    const value = writtenAt(field, encoding, path, depth);
    if (value === undefined) continue;
    const times = field.fieldKind === 'list' ? encoding.repeat : 1;
    for (let i = 0; i < times; i += 1) {
      writer.tag(field.number, wireTypeOf(field));
      value.write(writer);
    }
  }
  return writer.finish();
}

function writtenAt(
  field: DescField,
  encoding: Encoding,
  path: string,
  depth: number,
): AbsurdValue | undefined {
  const absurd = encoding.absurd.get(path);
  if (absurd !== undefined) return absurd;
  if (field.message !== undefined) {
    const within = `${path}.`;
    const wanted = [...encoding.absurd.keys(), ...Object.keys(encoding.world)];
    if (depth >= MAX_DEPTH || !wanted.some((key) => key.startsWith(within))) return undefined;
    const bytes = encode(field.message, encoding, within, depth + 1);
    return { name: path, write: (writer) => writer.bytes(bytes) };
  }
  const honest = encoding.world[path];
  return honest === undefined ? undefined : honestValue(field, honest);
}

function honestValue({ name, scalar, enum: enumType }: DescField, value: string | number): AbsurdValue {
  const write = (writer: BinaryWriter) => {
    if (typeof value === 'string') return writer.string(value);
    if (scalar === ScalarType.DOUBLE) return writer.double(value);
    if (scalar === ScalarType.FLOAT) return writer.float(value);
    return enumType === undefined ? writer.uint64(value) : writer.int32(value);
  };
  return { name, write };
}

function wireTypeOf({ scalar, enum: enumType, message }: DescField): WireType {
  if (message !== undefined || scalar === ScalarType.STRING || scalar === ScalarType.BYTES)
    return WireType.LengthDelimited;
  if (enumType !== undefined) return WireType.Varint;
  if (scalar === ScalarType.DOUBLE) return WireType.Bit64;
  return scalar === ScalarType.FLOAT ? WireType.Bit32 : WireType.Varint;
}

/** Every field of a message and of those in it, with its path; messages count themselves, too. */
function leaves(type: DescMessage, prefix = '', depth = 0): { path: string; field: DescField }[] {
  return type.fields.flatMap((field) => {
    const path = `${prefix}${field.name}`;
    const own = { path, field };
    if (field.message === undefined || depth >= MAX_DEPTH) return [own];
    return [own, ...leaves(field.message, `${path}.`, depth + 1)];
  });
}
