import { openActivationSet } from '@facet/artifacts';
import type { Intervention } from '@facet/contracts';
import { answerTensors } from '@facet/mesh';
import { openObjectStore } from '@facet/objects';
import { encodeReference, type Sae, type SparseActivations } from '@facet/sae';

/** f of the one feature of an intervention for every row, computed here in double precision. */
export function thresholdForm(
  { encoderRows, encoderBias, threshold }: Intervention,
  rows: Float32Array,
): number[] {
  const w = answerTensors.floats(encoderRows, [1, 'n'], 'encoder_rows');
  const bias = answerTensors.floats(encoderBias, [1], 'encoder_bias')[0]!;
  const limit = answerTensors.floats(threshold, [1], 'threshold')[0]!;
  return Array.from({ length: rows.length / w.length }, (_, row) => {
    const z = w.reduce((sum, weight, d) => sum + weight * rows[row * w.length + d]!, bias);
    return z > limit ? Math.max(z, 0) : 0;
  });
}

/** Counts, maxima and tokens of every feature over an activation set, special rows left out. */
export async function statisticsOf(objectsUrl: string, activationSet: string, sae: Sae) {
  const set = await openActivationSet(openObjectStore(objectsUrl), activationSet);
  const counts = new Array<number>(sae.cfg.d_sae).fill(0);
  const maxima = new Array<number>(sae.cfg.d_sae).fill(0);
  let tokens = 0;
  for (let index = 0; index < set.manifest.body.shards.length; index++) {
    const shard = await set.readShard(index);
    const { offsets, indices, values } = encodeReference(sae, shard.activations, shard.tokenIds.length);
    for (let row = 0; row < shard.tokenIds.length; row++) {
      if (shard.special[row]) continue;
      tokens++;
      for (let at = offsets[row]!; at < offsets[row + 1]!; at++) {
        counts[indices[at]!]!++;
        maxima[indices[at]!] = Math.max(maxima[indices[at]!]!, values[at]!);
      }
    }
  }
  return { counts, maxima, tokens };
}

/** The largest activation of every feature that fired on a row that is not special. */
export function maximaOverRows({ offsets, indices, values, rows }: SparseActivations, special: Uint8Array) {
  const maxima = new Map<number, number>();
  for (let row = 0; row < rows; row++) {
    if (special[row]) continue;
    for (let at = offsets[row]!; at < offsets[row + 1]!; at++) {
      maxima.set(indices[at]!, Math.max(maxima.get(indices[at]!) ?? 0, values[at]!));
    }
  }
  return maxima;
}
