/**
 * Whether the identity edit changes no bit of any logit, and a clamp moves the stream by exactly what it should, at every
 * hook point of the first and the last block.
 */
export async function checkEdits(runtime, tokens, whole) {
  const last = runtime.spec.n_layers - 1;
  const places = runtime.hookPoints.filter(({ layer }) => layer === 0 || layer === last);
  for (const { name, width } of places) {
    const alone = await runtime.forward({ tokens, batch: 1, hookPoints: [name], logits: 'all' });
    const same = await runtime.forward({
      tokens,
      batch: 1,
      logits: 'all',
      interventions: [edit(name, width, 1, 0)],
    });
    // A norm whose inside is read is written as two nodes; it must not differ from itself.
    const reference = name.includes('hook_normalized') ? alone.logits : whole;
    if (!isSame(same.logits, reference)) return false;
    const value = 0.75;
    const clamped = await runtime.forward({
      tokens,
      batch: 1,
      hookPoints: [name],
      logits: 'all',
      interventions: [edit(name, width, 0, value)],
    });
    const clean = alone.activations.get(name).data;
    if (!isClamped(clamped, { name, value, clean })) return false;
  }
  return true;
}

/** One feature whose encoder reads the first float and whose decoder writes it: its activation is that float. */
function edit(hookPoint, width, scale, offset) {
  const first = Float32Array.from({ length: width }, (_, i) => (i === 0 ? 1 : 0));
  return {
    hookPoint,
    W_enc_rows: first,
    b_enc: Float32Array.of(0),
    threshold: Float32Array.of(0),
    W_dec_rows: first,
    scale: Float32Array.of(scale),
    offset: Float32Array.of(offset),
  };
}

/**
 * x' = x + (value − f) · w at every position, f = ReLU of the first float: where the feature fires the float is now the
 * value, where it is silent the float is larger by it, and all others of the row are as they were.
 */
function isClamped({ activations, proofs: [proof] }, { name, value, clean }) {
  const { data, width } = activations.get(name);
  for (let at = 0; at < proof.fBefore.length; at++) {
    const first = at * width;
    const f = Math.max(0, clean[first]);
    const isNear = (a, b) => Math.abs(a - b) <= 1e-5 * Math.max(1, f);
    const isMoved =
      isNear(data[first], clean[first] + value - f) && isNear(proof.deltaNorm[at], Math.abs(value - f));
    if (!isMoved || !isNear(proof.fBefore[at], f)) return false;
    for (let i = first + 1; i < first + width; i++) if (data[i] !== clean[i]) return false;
  }
  return data.length === clean.length && data.length === proof.fBefore.length * width;
}

function isSame(a, b) {
  return a.length === b.length && a.every((value, i) => Object.is(value, b[i]));
}
