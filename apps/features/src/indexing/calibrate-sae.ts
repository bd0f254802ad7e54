import type { ActivationSet } from '@facet/artifacts';
import { FacetError } from '@facet/errors';
import { createSaeEncoder, type Sae, withThreshold } from '@facet/sae';
import {
  CALIBRATION_ROWS,
  type Calibrated,
  calibrateThresholds,
  type PreActivationSource,
} from '@facet/sae-training';
import { BLOCK_ROWS } from '../limits.ts';

/** Shards that a sample is taken from; of sets with more, evenly chosen ones. */
const SAMPLE_SHARDS = 16;

/**
 * Calibrates the threshold of an SAE that came without one on rows of an activation set, as training does at its end: the value that
 * its pre-activations exceed k times per row on average. BOS and special rows are left out; `precondition` where there are no
 * others.
 */
export async function calibrateSae(sae: Sae, set: ActivationSet, signal: AbortSignal): Promise<Calibrated> {
  const { d_in, k } = sae.cfg;
  // Pre-activations do not depend on the threshold.
  const encoder = await createSaeEncoder(withThreshold(sae, { value: 0, rows: 0 }), { maxRows: BLOCK_ROWS });
  let filled: Float32Array = new Float32Array(0);
  const session: PreActivationSource = {
    fill: (x) => {
      filled = x;
    },
    preActivations: (rows) => encoder.preActivations(filled, rows),
  };
  try {
    const sample = { rows: () => sampleRows(set, signal), d_in };
    const [calibrated] = await calibrateThresholds([{ session, k: k! }], sample);
    if (calibrated!.rows === 0) throw noRows(set);
    return calibrated!;
  } finally {
    await encoder.close();
  }
}

function noRows({ id }: ActivationSet): FacetError {
  const message =
    `activationSets/${id} has no rows to calibrate a threshold on, only BOS and special tokens; ` +
    'index the SAE on a set with text first';
  return new FacetError('precondition', message, { reason: 'CALIBRATION_ROWS_MISSING' });
}

/** Yields at most CALIBRATION_ROWS rows, spread evenly over the set, a shard at a time; the same ones at every call. */
async function* sampleRows(set: ActivationSet, signal: AbortSignal): AsyncGenerator<Float32Array> {
  const { shards, dIn } = set.manifest.body;
  const count = Math.min(shards.length, SAMPLE_SHARDS);
  const perShard = Math.ceil(CALIBRATION_ROWS / Math.max(count, 1));
  for (let i = 0; i < count; i += 1) {
    const shard = await set.readShard(Math.floor((i * shards.length) / count), { signal });
    const ordinary = Array.from(shard.special.keys()).filter((row) => shard.special[row] === 0);
    const rows = Math.min(ordinary.length, perShard);
    if (rows === 0) continue;
    const chosen = new Float32Array(rows * dIn);
    for (let at = 0; at < rows; at += 1) {
      const row = ordinary[Math.floor((at * ordinary.length) / rows)]!;
      chosen.set(shard.activations.subarray(row * dIn, (row + 1) * dIn), at * dIn);
    }
    yield chosen;
  }
}
