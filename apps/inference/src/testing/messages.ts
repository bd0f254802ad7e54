import {
  DataType,
  EditRule,
  type GenerateTextResponse,
  Intervention,
  type Tensor,
  type TokenBatch,
} from '@facet/contracts';
import { createNoise } from '@facet/model-runtime/testing';

/** Token ids of several sequences as a message. */
export function tokens(...sequences: readonly (readonly number[])[]): TokenBatch {
  const ids = Int32Array.from(sequences.flat());
  return {
    tokenIds: { dtype: DataType.I32, shape: [ids.length], data: Buffer.from(ids.buffer) },
    lengths: sequences.map(({ length }) => length),
  };
}

/** Values as an F32 tensor of `shape`. */
export function floats(values: ArrayLike<number>, shape: number[]): Tensor {
  return { dtype: DataType.F32, shape, data: Buffer.from(Float32Array.from(values).buffer) };
}

/** The values of an F32 tensor. */
export function readFloats(tensor: Tensor | undefined): Float32Array {
  expect(tensor?.dtype).toBe(DataType.F32);
  const bytes = new Uint8Array(tensor!.data);
  return new Float32Array(bytes.buffer, 0, bytes.byteLength / 4);
}

/** The values of an I32 tensor. */
export function readIds(tensor: Tensor | undefined): number[] {
  expect(tensor?.dtype).toBe(DataType.I32);
  const bytes = new Uint8Array(tensor!.data);
  return [...new Int32Array(bytes.buffer, 0, bytes.byteLength / 4)];
}

/** An intervention with `features` random directions whose features fire at about half of the positions. */
export function randomIntervention(
  hookPoint: string,
  { width, features = 1, seed = 1 }: { width: number; features?: number; seed?: number },
  rules: Parameters<typeof EditRule.fromPartial>[0][] = [],
): Intervention {
  const noise = createNoise(seed);
  const rows = () => floats(Float32Array.from({ length: features * width }, noise), [features, width]);
  const zeros = () => floats(new Float32Array(features), [features]);
  return Intervention.fromPartial({
    hookPoint,
    encoderRows: rows(),
    encoderBias: zeros(),
    threshold: zeros(),
    decoderRows: rows(),
    rules: rules.map((rule) => EditRule.fromPartial(rule)),
  });
}

/** All messages of a stream, sorted by what they carry. */
export async function collectGeneration(stream: AsyncIterable<GenerateTextResponse>) {
  const started: Extract<GenerateTextResponse['event'], { $case: 'started' }>['value'][] = [];
  const all = { started, ...emptyLists() };
  for await (const { event } of stream) {
    if (event?.$case === 'started') all.started.push(event.value);
    else if (event?.$case === 'token') all.tokens.push(event.value);
    else if (event?.$case === 'proof') all.proofs.push(event.value);
    else if (event?.$case === 'finished') all.finished.push(event.value);
    all.order.push(event!.$case);
  }
  return all;
}

type EventValue<C extends string> = Extract<GenerateTextResponse['event'], { $case: C }>['value'];

function emptyLists() {
  const tokens: EventValue<'token'>[] = [];
  const proofs: EventValue<'proof'>[] = [];
  const finished: EventValue<'finished'>[] = [];
  const order: string[] = [];
  return { tokens, proofs, finished, order };
}
