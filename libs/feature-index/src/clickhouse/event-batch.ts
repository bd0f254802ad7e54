import { Readable } from 'node:stream';
import { constant, encodeNativeBlock, numbers } from './native-block.ts';

/** Most events in one INSERT: ClickHouse's own block size for inserts, 39 MB on the wire. */
export const EVENTS_PER_INSERT = 1_048_576;

/** A growing block of events in columns; one event is one feature on one token where it fired. */
export interface EventBatch {
  readonly length: number;
  readonly isFull: boolean;
  push(event: EventRow): void;
  clear(): void;
  /** The columns as a Native block of the table `events`. */
  encode(sae: string, generation: number): Uint8Array[];
}

export interface EventRow {
  feature: number;
  activation: number;
  row: number;
  document: number;
  position: number;
  tokenId: number;
}

/** Creates a batch that holds up to `capacity` events; its memory is allocated once and used again. */
export function createEventBatch(capacity = EVENTS_PER_INSERT): EventBatch {
  const feature = new Uint32Array(capacity);
  const activation = new Float32Array(capacity);
  const row = new Uint32Array(2 * capacity);
  const document = new Uint32Array(capacity);
  const position = new Uint32Array(capacity);
  const tokenId = new Uint32Array(capacity);
  let length = 0;
  return {
    get length() {
      return length;
    },
    get isFull() {
      return length === capacity;
    },
    push(event) {
      feature[length] = event.feature;
      activation[length] = event.activation;
      row[2 * length] = event.row;
      row[2 * length + 1] = event.row / 2 ** 32;
      document[length] = event.document;
      position[length] = event.position;
      tokenId[length] = event.tokenId;
      length += 1;
    },
    clear() {
      length = 0;
    },
    encode(sae, generation) {
      return encodeNativeBlock(length, [
        constant('sae', sae, length),
        numbers('generation', new BigUint64Array(length).fill(BigInt(generation))),
        numbers('feature', feature.subarray(0, length)),
        numbers('activation', activation.subarray(0, length)),
        numbers('row', new BigUint64Array(row.buffer, 0, length)),
        numbers('document', document.subarray(0, length)),
        numbers('position', position.subarray(0, length)),
        numbers('token_id', tokenId.subarray(0, length)),
      ]);
    },
  };
}

/** Turns the parts of a block into a stream for an HTTP body. */
export function streamOf(parts: readonly Uint8Array[]): Readable {
  return Readable.from(parts, { objectMode: false });
}
