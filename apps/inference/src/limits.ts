/** Limits of what several rooms do; what only one room limits stands there. Each is stated in the contract. */

/** Most data of one tensor in a message. */
export const MAX_TENSOR_BYTES = 2 ** 20;
/** Largest result (activations, logits, proofs) that one step of model work may make in memory. */
export const MAX_STEP_RESULT_BYTES = 64 * 2 ** 20;
