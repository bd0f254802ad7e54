/** How far a number may be from the truth: |a − b| / max(1, |b|). */
export const TOLERANCE = 1e-4;

/** The largest |a − b| / max(1, |b|) of two lists; without bound where one is longer. */
export function worstError(values, truth) {
  let worst = values.length === truth.length ? 0 : Number.POSITIVE_INFINITY;
  for (let i = 0; i < truth.length; i++) {
    const error = Math.abs(values[i] - truth[i]) / Math.max(1, Math.abs(truth[i]));
    // NaN is as wrong as can be, and no comparison finds it.
    worst = error <= worst ? worst : Number.isNaN(error) ? Number.POSITIVE_INFINITY : error;
  }
  return worst;
}

/** Whether everything that must be equal is, and every number near enough. */
export function isRight({ ids, logits_error, hooks_error, nll_error, greedy, incremental, edits, refused }) {
  const equal = [ids, greedy, incremental, edits].every((one) => one !== false);
  const near = [logits_error, hooks_error, nll_error].every((error) => error <= TOLERANCE);
  return equal && near && (refused === undefined || greedy === undefined);
}

/** One line about one text. */
export function summaryOf(result) {
  const { ok, logits_error, hooks_error, nll_error, refused } = result;
  const name = `${ok ? 'ok    ' : 'WRONG '} ${result.case.padEnd(26)}`;
  if (logits_error === undefined) return `${name} refused: ${refused}`;
  const errors = [logits_error, hooks_error, nll_error].map((error) => error.toExponential(1).padStart(8));
  const said = ['ids', 'greedy', 'incremental', 'edits'].map((key) => `${key} ${sayEqual(result[key])}`);
  return `${name} logits ${errors[0]}  hooks ${errors[1]}  nll ${errors[2]}  ${said.join('  ')}${refused ? `  refused: ${refused}` : ''}`;
}

function sayEqual(value) {
  if (value === undefined) return '–';
  return value ? 'equal' : 'DIFFERENT';
}
