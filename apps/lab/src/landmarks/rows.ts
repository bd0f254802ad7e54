import type { Clients } from '@facet/console';
import { DataType } from '@facet/contracts';
import type { TokenTruth } from '@facet/landmarks';
import { answerTensors, floatTensor } from '@facet/mesh';
import type { SparseActivations } from '@facet/sae';

/** Activations of all rows of a set: [n, d_in]. */
export interface ActivationRows {
  readonly d_in: number;
  readonly rows: number;
  readonly activations: Float32Array;
}

/** Rows of one encoding request: its answer stays below the largest message. */
const ENCODE_BYTES = 1024 * 1024;

/** Reads the first rows of an activation set, as many as `truth` has, and proves that they are its tokens. */
export async function readRows(
  clients: Clients,
  name: string,
  truth: TokenTruth,
  signal: AbortSignal,
): Promise<ActivationRows> {
  const rows = truth.tokenIds.length;
  let activations = new Float32Array(0);
  let d_in = 0;
  let row = 0;
  const request = { name, dtype: DataType.F32, maxRows: BigInt(rows) };
  for await (const block of clients.capture.readActivations(request, { signal })) {
    const width = block.activations?.shape[1] ?? 0;
    const values = answerTensors.floats(block.activations, ['n', width], 'activations');
    const ids = answerTensors.ids(block.tokenIds, ['n'], 'token_ids');
    if (row === 0) {
      d_in = width;
      activations = new Float32Array(rows * d_in);
    }
    if (row + ids.length > rows) throw mismatch(name, row + ids.length, rows);
    activations.set(values, row * d_in);
    for (const id of ids) if (id !== truth.tokenIds[row++]) throw mismatch(name, row, rows);
  }
  if (row !== rows) throw mismatch(name, row, rows);
  return { d_in, rows, activations };
}

function mismatch(name: string, row: number, rows: number): Error {
  return new Error(`row ${row} of ${name} is not the token of the corpus, which has ${rows}`);
}

/** Encodes rows with an SAE: which features fire at every row, and how strong. */
export async function encodeRows(
  clients: Clients,
  sae: string,
  { activations, rows, d_in }: ActivationRows,
  signal: AbortSignal,
): Promise<SparseActivations> {
  const perRequest = Math.max(1, Math.floor(ENCODE_BYTES / (4 * d_in)));
  const offsets = new Uint32Array(rows + 1);
  const indices: Int32Array[] = [];
  const values: Float32Array[] = [];
  for (let first = 0; first < rows; first += perRequest) {
    const count = Math.min(perRequest, rows - first);
    const x = activations.subarray(first * d_in, (first + count) * d_in);
    const answer = await clients.saes.encodeActivations(
      { name: sae, activations: floatTensor(x, [count, d_in]) },
      { signal },
    );
    const ends = answerTensors.ids(answer.offsets, [count + 1], 'offsets');
    for (let row = 0; row < count; row++) offsets[first + row + 1] = offsets[first] + ends[row + 1];
    indices.push(answerTensors.ids(answer.indices, ['n'], 'indices').slice());
    values.push(answerTensors.floats(answer.values, ['n'], 'values').slice());
  }
  const total = offsets[rows];
  const all = { rows, offsets, indices: new Uint32Array(total), values: new Float32Array(total) };
  let at = 0;
  for (const [block, part] of indices.entries()) {
    all.indices.set(part, at);
    all.values.set(values[block], at);
    at += part.length;
  }
  return all;
}
