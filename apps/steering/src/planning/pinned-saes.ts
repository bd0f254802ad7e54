import { FacetError } from '@facet/errors';
import type { FeatureEdit } from '../edits/feature-edit.ts';
import type { Peers } from '../peers.ts';
import type { SaeDirections } from './sae-directions.ts';

/** Hashes of the weights of SAEs, by id. */
export type PinnedSaes = Readonly<Record<string, string>>;

/** What binds edits that were stored to the SAEs that they were made for. */
export interface Pin {
  /** Resource name of the profile. */
  profile: string;
  /** Undefined in profiles from before they named their SAEs. */
  saes: PinnedSaes | undefined;
  /** When the profile was created, RFC 3339. */
  createTime: string;
}

/** Finds which SAEs edits are made for now, so that they never act on another one of the name; `not-found` where one does not exist. */
export async function pinSaes(
  saes: Peers['saes'],
  edits: readonly FeatureEdit[],
  signal: AbortSignal,
): Promise<PinnedSaes> {
  const ids = [...new Set(edits.map(({ feature }) => feature.saeId))].sort();
  const found = await Promise.all(ids.map((id) => saes.getSae({ name: `saes/${id}` }, { signal })));
  return Object.fromEntries(ids.map((id, i) => [id, found[i]!.sae?.lineage?.saeSha256 ?? '']));
}

/** Refuses SAEs that stored edits were not made for. */
export async function requirePinned(
  pin: Pin | undefined,
  saes: readonly SaeDirections[],
  source: { saes: Peers['saes']; signal: AbortSignal },
): Promise<void> {
  if (pin === undefined) return;
  if (pin.saes === undefined) return requireOlder(pin, saes, source);
  for (const { saeId, lineage } of saes) {
    const pinned = pin.saes[saeId] ?? '';
    if (pinned === lineage.saeSha256) continue;
    const why = `was made for saes/${saeId} with weights ${short(pinned)}, but those under this name now are ${short(lineage.saeSha256)}`;
    throw mismatch(pin, why);
  }
}

/** A profile that names no weights can have been made only for an SAE that was there before it. */
async function requireOlder(
  pin: Pin,
  saes: readonly SaeDirections[],
  source: { saes: Peers['saes']; signal: AbortSignal },
): Promise<void> {
  for (const { saeId } of saes) {
    const { sae } = await source.saes.getSae({ name: `saes/${saeId}` }, { signal: source.signal });
    const published = sae?.createTime;
    if (published !== undefined && published <= new Date(pin.createTime)) continue;
    const when = published?.toISOString() ?? 'at an unknown time';
    throw mismatch(pin, `was stored on ${pin.createTime}, before saes/${saeId} was published (${when})`);
  }
}

function short(sha256: string): string {
  return sha256 === '' ? '(unknown)' : sha256.slice(0, 12);
}

function mismatch({ profile }: Pin, why: string): FacetError {
  const message = `${profile} ${why}; look up its features anew and update its edits`;
  return new FacetError('precondition', message, { reason: 'LINEAGE_MISMATCH', field: 'profile' });
}
