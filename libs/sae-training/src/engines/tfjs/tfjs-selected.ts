import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import type { SelectionConfig } from '../../recipes/recipe-config.ts';
import type { Tf } from './load-tfjs.ts';
import { centringGradient, countFirings, squares } from './tfjs-arithmetic.ts';
import { addAuxiliary } from './tfjs-auxiliary.ts';
import type { TfjsBatch, TfjsLoss, TfjsStep } from './tfjs-gradients.ts';

type Batch = TfjsBatch<Required<SelectionConfig>>;

export interface Selected extends TfjsStep {
  /** Pre-activations [rows, d_sae]. */
  pre: Tensor2D;
  /** Those that were selected, else 0. */
  f: Tensor2D;
  /** Numbers of features that each reconstruct alone, ascending; the last is d_sae. */
  prefixes: readonly number[];
}

/**
 * The loss of recipes that select features, on tfjs. Features fall into groups between prefixes, e_m = x̂_m − x decodes
 * groups 1 to m, and E_g = Σ_{m ≥ g} e_m over B rows. For a feature i of group g:
 *
 *     s_i = 2/B E_g·W_dec_i [f_i > 0]        ∂L/∂W_enc_i = Σ s_i (x − b_dec)        ∂L/∂b_enc_i = Σ s_i
 *     ∂L/∂W_dec_i = 2/B Σ f_i E_g        ∂L/∂b_dec = 2/B Σ E_1 − Σ_i ∂L/∂b_enc_i W_enc_i
 *
 * and the auxiliary term adds its own. One prefix is topk and batchtopk.
 */
export function selectedLoss(batch: Batch, selected: Selected): TfjsLoss {
  const { tf, config, x } = batch;
  const { f } = selected;
  const groups = selected.prefixes.map((to, g) => ({ from: selected.prefixes[g - 1] ?? 0, to }));
  const errors = prefixErrors(batch, f, groups);
  const error = errors.at(-1)!;
  const pulls = pullsOfGroups(tf, errors, 2 / config.batch_rows);
  const parts = groups.map((group, g) => groupGradients(batch, f, { ...group, pull: pulls[g] }));
  const slopes = tf.concat(
    parts.map((part) => part.slopes),
    1,
  );
  const main = {
    W_enc: tf.matMul(slopes, x, true),
    b_enc: tf.sum(slopes, 0),
    W_dec: tf.concat(
      parts.map((part) => part.W_dec),
      0,
    ),
  };
  const losses = errors.map((e) => squares(tf, e));
  const fit = tf.div(tf.addN(losses), config.batch_rows);
  const { loss, gradients } = addAuxiliary(batch, { ...selected, error, loss: fit, gradients: main });
  const b_dec = tf.add(tf.sum(pulls[0], 0), centringGradient(batch, gradients.b_enc));
  return { loss, error, firings: countFirings(tf, f), gradients: { ...gradients, b_dec } };
}

interface Group {
  /** Features [from, to). */
  from: number;
  to: number;
}

/** e_m of every prefix, each from the one before. */
function prefixErrors({ tf, w, x }: Batch, f: Tensor2D, groups: readonly Group[]): Tensor2D[] {
  const errors: Tensor2D[] = [];
  for (const group of groups) {
    const before = errors.at(-1) ?? tf.neg(x);
    errors.push(
      tf.tidy(() => tf.add(before, tf.matMul(featuresOf(tf, f, group), rowsOf(tf, w.W_dec, group)))),
    );
  }
  return errors;
}

/** 2/B E_g of every group. */
function pullsOfGroups(tf: Tf, errors: readonly Tensor2D[], scale: number): Tensor2D[] {
  const pulls: Tensor2D[] = [];
  for (const error of errors.toReversed()) {
    const following = pulls[0];
    pulls.unshift(
      tf.tidy(() => (following ? tf.add(tf.mul(scale, error), following) : tf.mul(scale, error))),
    );
  }
  return pulls;
}

function groupGradients(
  { tf, w }: Batch,
  f: Tensor2D,
  { pull, ...group }: Group & { pull: Tensor2D },
): { slopes: Tensor2D; W_dec: Tensor2D } {
  const acts = featuresOf(tf, f, group);
  const slopes: Tensor2D = tf.tidy(() =>
    tf.mul(tf.matMul(pull, rowsOf(tf, w.W_dec, group), false, true), tf.step(acts)),
  );
  return { slopes, W_dec: tf.matMul(acts, pull, true) as Tensor2D };
}

function featuresOf(tf: Tf, matrix: Tensor2D, { from, to }: Group): Tensor2D {
  return to - from === matrix.shape[1] ? matrix : tf.slice(matrix, [0, from], [-1, to - from]);
}

function rowsOf(tf: Tf, matrix: Tensor, { from, to }: Group): Tensor {
  return to - from === matrix.shape[0] ? matrix : tf.slice(matrix, [from, 0], [to - from, -1]);
}
