import type { ActivationSet, SaeArtifact } from '@facet/artifacts';
import { parseName } from '@facet/mesh';
import { absentAsUndefined } from '@facet/objects';
import { heldOutDocuments } from '../rows/row-index.ts';
import { membersOf } from '../runs/records/run-members.ts';
import type { RunRecord } from '../runs/records/run-record.ts';
import type { RunStore } from '../runs/records/run-store.ts';
import type { SelectionRule } from './evaluation-selection.ts';

/**
 * Decides which rows of `set` to measure: the documents that the SAE's run held out where it is known to have trained
 * on this very set, else the last contexts; without `heldOut` the first ones.
 */
export async function selectionRule(
  runs: RunStore,
  { artifact, set, heldOut }: { artifact: SaeArtifact; set: ActivationSet; heldOut: boolean },
): Promise<SelectionRule> {
  if (!heldOut) return { kind: 'first-contexts' };
  const run = await trainingRunOf(runs, artifact);
  const stream = run?.spec.activationSets.indexOf(set.id) ?? -1;
  if (run === undefined || stream < 0 || !isSameSet(run, artifact, set)) return { kind: 'last-contexts' };
  const { heldOutFraction: fraction } = run.spec;
  if (fraction === 0) return { kind: 'last-contexts' };
  const documents = heldOutDocuments(set.id, set.manifest.body.documents, { fraction, stream });
  return { kind: 'held-out-documents', documents };
}

/** The run that trained an SAE; undefined for imports, and where the run is deleted or its name taken by another. */
async function trainingRunOf(runs: RunStore, { id, manifest }: SaeArtifact): Promise<RunRecord | undefined> {
  const { trainingRun, trainingRunUid } = manifest.body;
  if (trainingRun === undefined) return undefined;
  const run = await absentAsUndefined(() => runs.record(parseName(trainingRun, 'trainingRuns')));
  if (run === undefined || (trainingRunUid !== undefined && trainingRunUid !== run.uid)) return undefined;
  return membersOf(run.spec).some(({ sae }) => sae === id) ? run : undefined;
}

/** Tells whether the set is still the one that was trained on; the hash of several sets together tells nothing of one. */
function isSameSet({ spec }: RunRecord, { manifest }: SaeArtifact, set: ActivationSet): boolean {
  return spec.activationSets.length > 1 || manifest.lineage.activationSetSha256 === set.sha256;
}
