import {
  type ActivationSet,
  calibratedSae,
  openSaeArtifact,
  readSaeConfig,
  readSaeManifest,
  type StoredSae,
} from '@facet/artifacts';
import type { ObjectStore } from '@facet/objects';
import { createSaeEncoder, lacksThreshold } from '@facet/sae';
import { CALIBRATION_ROWS } from '@facet/sae-training';
import { BLOCK_ROWS } from '../limits.ts';
import { requireAsPlanned, requireMatching } from '../runs/lineage-check.ts';
import type { ProgressMeter } from '../runs/progress-meter.ts';
import type { RunRecord } from '../runs/run-record.ts';
import type { ReadySae, SaeLibrary } from '../sae-library.ts';
import { calibrateSae } from './calibrate-sae.ts';
import { type LateFacts, modelOf } from './late-facts.ts';

export interface IndexedSaeUse {
  record: RunRecord;
  set: ActivationSet;
  meter: ProgressMeter;
  signal: AbortSignal;
}

type Work<T> = (sae: ReadySae, facts: LateFacts) => Promise<T>;

/** Gives the SAE of a run to `work`, with what the set tells of it; a threshold that it came without is calibrated first. */
export async function useIndexedSae<T>(
  { store, saes }: { store: ObjectStore; saes: SaeLibrary },
  use: IndexedSaeUse,
  work: Work<T>,
): Promise<T> {
  const { record, set } = use;
  const { facts } = await readSaeManifest(store, record.sae);
  const cfg = await readSaeConfig(store, record.sae);
  if (facts?.threshold === undefined && lacksThreshold({ cfg })) return useUncalibrated(store, use, work);
  return saes.use(record.sae, (sae) => {
    requireFitting(sae, use);
    return work(sae, { model: modelOf(sae, set) });
  });
}

/** The threshold counts for others once the run settles it. */
async function useUncalibrated<T>(store: ObjectStore, use: IndexedSaeUse, work: Work<T>): Promise<T> {
  const { record, set, meter, signal } = use;
  const artifact = await openSaeArtifact(store, record.sae, { signal });
  requireFitting(artifact, use);
  meter.begin('calibrating', CALIBRATION_ROWS, 'rows');
  const { threshold: value, rows } = await calibrateSae(artifact.sae, set, signal);
  const facts = { model: modelOf(artifact, set), threshold: { value, rows } };
  const sae = calibratedSae(artifact.sae, facts);
  const encoder = await createSaeEncoder(sae, { maxRows: BLOCK_ROWS });
  try {
    return await work({ ...artifact, sae, encoder }, facts);
  } finally {
    await encoder.close();
  }
}

function requireFitting(sae: StoredSae, { record, set }: IndexedSaeUse): void {
  requireAsPlanned(record, sae, set);
  requireMatching(sae, set);
}
