import { type DescMessage, ScalarType, strictReader } from '@facet/contracts';

const LENGTH_DELIMITED = 2;
/** Deeper nesting is refused by the generated decoders. */
const MAX_DEPTH = 100;

/** Finds the field at which the bytes of a message stop being one, `request` where they break off between fields. */
export function malformedField(bytes: Uint8Array, type: DescMessage): string {
  const path: string[] = [];
  try {
    walk(bytes, type, path);
  } catch {
    // Where it broke is in `path`.
  }
  return path.join('.') || 'request';
}

/** Reads every field; throws at a broken one and leaves the names that lead to it in `path`. */
function walk(bytes: Uint8Array, type: DescMessage, path: string[]): void {
  if (path.length > MAX_DEPTH) throw new Error('nested too deep');
  const reader = strictReader(bytes);
  while (reader.pos < reader.len) {
    const [number, wireType] = reader.tag();
    const field = type.fields.find((candidate) => candidate.number === number);
    path.push(field?.name ?? `#${number}`);
    if (field === undefined || wireType !== LENGTH_DELIMITED) reader.skip(wireType, number);
    else if (field.message !== undefined) walk(reader.bytes(), field.message, path);
    else if (field.scalar === ScalarType.STRING) reader.string();
    else reader.bytes();
    path.pop();
  }
}
