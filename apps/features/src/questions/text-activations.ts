import { FacetError } from '@facet/errors';
import type { SparseRows } from '@facet/feature-index';
import type { Lineage } from '@facet/objects';
import type { ActivatedTexts, Inference } from '../inference.ts';
import { MAX_TEXT_CHARACTERS, TEXTS_PER_REQUEST } from '../limits.ts';
import type { ReadySae } from '../sae-library.ts';

/** Texts with the activations of all features on all their tokens. */
export interface EncodedTexts {
  texts: ActivatedTexts;
  sparse: SparseRows;
}

export interface EncodeOptions {
  inference: Inference;
  signal?: AbortSignal | undefined;
}

/** Runs texts through the model and encodes their tokens with an SAE, in questions of bounded size. */
export async function* encodeTexts(
  { id, sae, manifest, encoder }: ReadySae,
  texts: readonly string[],
  { inference, signal }: EncodeOptions,
): AsyncGenerator<EncodedTexts> {
  const { modelId: model, hookPoint } = manifest.lineage;
  if (hookPoint === undefined) throw noHookPoint(id);
  for (let start = 0; start < texts.length; start += TEXTS_PER_REQUEST) {
    const part = texts.slice(start, start + TEXTS_PER_REQUEST);
    const activated = await inference.activate({ model, hookPoint, d_in: sae.cfg.d_in, texts: part }, signal);
    requireSameModel(id, manifest.lineage, activated);
    const rows = activated.tokenIds.length;
    yield { texts: activated, sparse: await encoder.encode(activated.activations, rows) };
  }
}

function requireSameModel(id: string, own: Lineage, held: ActivatedTexts): void {
  for (const [field, what] of [
    ['modelSha256', 'weights'],
    ['tokenizerSha256', 'a tokenizer'],
  ] as const) {
    if (held[field] === own[field]) continue;
    const message = `models/${own.modelId} has ${what} other than those saes/${id} was trained on; load the right ones`;
    throw new FacetError('precondition', message, { reason: 'LINEAGE_MISMATCH' });
  }
}

function noHookPoint(id: string): FacetError {
  const message = `saes/${id} does not say at which hook point it was trained; import it again with a hook point`;
  return new FacetError('precondition', message, { reason: 'LINEAGE_INCOMPLETE' });
}

/** Refuses texts that are empty or absurdly long, naming the field. */
export function requireTexts(texts: readonly string[], { field, max }: { field: string; max: number }): void {
  if (texts.length < 1 || texts.length > max) {
    throw new FacetError('invalid', `${field} has ${texts.length} texts; give 1 to ${max}`, { field });
  }
  for (const [i, text] of texts.entries()) {
    const at = max === 1 ? field : `${field}[${i}]`;
    if (text.trim() === '') throw new FacetError('invalid', `${at} is empty`, { field: at });
    if (text.length > MAX_TEXT_CHARACTERS) {
      const message = `${at} has ${text.length} characters; at most ${MAX_TEXT_CHARACTERS} are read`;
      throw new FacetError('invalid', message, { field: at });
    }
  }
}

/** Adds the largest activation of every feature on rows [start, end) that are not special to `into` [d_sae]. */
export function addMaxima(
  { offsets, indices, values }: SparseRows,
  special: Uint8Array,
  into: Float32Array,
  rows: Rows,
): void {
  for (let row = rows.start; row < rows.end; row += 1) {
    if (special[row] !== 0) continue;
    for (let at = offsets[row]; at < offsets[row + 1]; at += 1) {
      if (values[at] > into[indices[at]]) into[indices[at]] = values[at];
    }
  }
}

/** Rows [start, end). */
export interface Rows {
  start: number;
  end: number;
}
