/** Makes one Adam step: moves the parameters against `gradient` at `rate`. */
export type AdamStep = (gradient: Float64Array, rate: number) => void;

const BETA1 = 0.9;
const BETA2 = 0.999;
const EPSILON = 1e-8;

/** Starts Adam (Kingma & Ba 2015, algorithm 1) on `parameters`, which it updates in place. */
export function createAdam(parameters: Float64Array): AdamStep {
  const mean = new Float64Array(parameters.length);
  const square = new Float64Array(parameters.length);
  let t = 0;
  return (gradient, rate) => {
    t += 1;
    const stepSize = rate / (1 - BETA1 ** t);
    const rootScale = 1 / Math.sqrt(1 - BETA2 ** t);
    for (let p = 0; p < parameters.length; p++) {
      mean[p] = BETA1 * mean[p] + (1 - BETA1) * gradient[p];
      square[p] = BETA2 * square[p] + (1 - BETA2) * gradient[p] * gradient[p];
      parameters[p] -= (stepSize * mean[p]) / (Math.sqrt(square[p]) * rootScale + EPSILON);
    }
  };
}
