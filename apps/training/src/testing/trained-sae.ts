import { randomUUID } from 'node:crypto';
import type { TrainedSae } from '@facet/sae-training';
import type { TrainingSets } from '../rows/training-sets.ts';
import type { Evaluation, RunRecord } from '../runs/records/run-record.ts';

/** Numbers of a checkpoint: more than one piece of reading. */
export const STATE_LENGTH = 3_000_000;

const D_IN = 8;
const D_SAE = 16;

/** An SAE as a training gives it, all weights of which are `value`, with its evaluation. */
export function trainedSae(value: number): { trained: TrainedSae; evaluation: Evaluation } {
  const filled = (length: number) => new Float32Array(length).fill(value);
  const sae: TrainedSae['sae'] = {
    cfg: {
      architecture: 'standard',
      d_in: D_IN,
      d_sae: D_SAE,
      dtype: 'float32',
      apply_b_dec_to_input: true,
      normalize_activations: 'none',
      metadata: { hook_name: 'blocks.0.hook_resid_post' },
    },
    W_enc: filled(D_IN * D_SAE),
    b_enc: filled(D_SAE),
    W_dec: filled(D_IN * D_SAE),
    b_dec: filled(D_IN),
  };
  const metrics = { engine: 'cpu', backend: '' } as TrainedSae['metrics'];
  const trained = { sae, metrics, sparsity: filled(D_SAE) } as TrainedSae;
  const evaluation: Evaluation = {
    heldOutTokens: 0,
    l0: value,
    fvu: null,
    deadFraction: 0,
    deadWindowTokens: 0,
    trainedTokens: 256,
    excludedRows: 0,
    secondsPerMillionTokens: 1,
  };
  return { trained, evaluation };
}

/** What the SAE was trained on, as far as a publication tells of it. */
export function trainingSets(): TrainingSets {
  const lineage = { modelId: 'toy', modelSha256: 'aa', tokenizerSha256: 'bb' };
  return {
    lineage,
    hookPoint: 'blocks.0.hook_resid_post',
    contextTokens: 16,
    prependBos: true,
  } as TrainingSets;
}

/** The record of a run that trains `sae`. */
export function runRecord(id: string, sae: string): RunRecord {
  return {
    formatVersion: 1,
    id,
    uid: randomUUID(),
    requestId: '',
    createTime: '2026-01-02T03:04:05.000Z',
    spec: {
      activationSets: ['toy'],
      sae,
      heldOutFraction: 0,
      seed: '1',
      recipe: { name: 'standard' },
      d_sae: D_SAE,
      tokens: 256,
      batch_rows: 256,
      engine: 'cpu',
    },
    memory: { weights: 0, optimizer: 0, batch: 0, rows: 0, total: 0, limit: 0, bufferRows: 0 },
  };
}
