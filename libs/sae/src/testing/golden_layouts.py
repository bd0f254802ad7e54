"""Computes in plain float64 what SAEs of every layout encode and decode, straight from the layouts' own equations.

    golden_layouts.py > golden-layouts.json

Nothing here is shared with the readers that are tested against it: each case is written out from the code of its tool
(SAELens sae_lens/saes, sparsify/sparse_coder.py, dictionary_learning/dictionary.py and trainers, the Gemma Scope papers).
Weights are multiples of 1/64, so that they are exact in f32. Directions have norms far from 1.
"""

import json
import math
import random

D, F, K, ROWS = 4, 7, 3, 6
rng = random.Random(11)


def number(low=-96, high=96):
    return rng.randint(low, high) / 64


def vector(n, **range_):
    return [number(**range_) for _ in range(n)]


def matrix(rows, columns):
    return [vector(columns) for _ in range(rows)]


def transposed(m):
    return [list(column) for column in zip(*m)]


def times(x, m):
    """x [rows of m] · m."""
    return [sum(x[j] * m[j][i] for j in range(len(x))) for i in range(len(m[0]))]


def plus(a, b):
    return [x + y for x, y in zip(a, b)]


def minus(a, b):
    return [x - y for x, y in zip(a, b)]


def relu(v):
    return [max(0.0, z) for z in v]


def above(v, theta):
    return [z if z > t and z > 0 else 0.0 for z, t in zip(v, theta)]


def largest(v, k):
    kept = sorted(range(len(v)), key=lambda i: (-v[i], i))[:k]
    return [max(0.0, z) if i in kept else 0.0 for i, z in enumerate(v)]


def norms(W_dec):
    return [math.sqrt(sum(w * w for w in row)) for row in W_dec]


CASES = []


def case(name, format, configs, tensors, encode, decode, **extra):
    rows = [vector(D, low=-192, high=192) for _ in range(ROWS)]
    f = [encode(x) for x in rows]
    for row in f:
        assert any(row)
    CASES.append({"name": name, "format": format, "configs": configs, "tensors": tensors, "x": rows, "f": f,
                  "x_hat": [decode(row) for row in f], **extra})


W_enc, W_dec = matrix(D, F), matrix(F, D)
b_enc, b_dec = vector(F), vector(D)
theta = vector(F, low=8, high=90)
b_gate, b_mag, r_mag = vector(F), vector(F), vector(F)
factors = vector(F, low=32, high=128)
n = norms(W_dec)
BASE = {"W_enc": W_enc, "b_enc": b_enc, "W_dec": W_dec, "b_dec": b_dec}


def pre(x):
    return plus(times(x, W_enc), b_enc)


def back(f):
    return plus(times(f, W_dec), b_dec)


def centred(x):
    return minus(x, b_dec)


# SAELens: x_c = x − b_dec·[apply_b_dec_to_input]; v6 has `architecture`, the flat layouts `activation_fn_str` with kwargs.
V6 = {"d_in": D, "d_sae": F, "dtype": "float32", "normalize_activations": "none", "reshape_activations": "none",
      "metadata": {"hook_name": "blocks.1.hook_resid_post"}}
FLAT = {"d_in": D, "d_sae": F, "dtype": "torch.float32", "hook_point": "blocks.1.hook_resid_post", "hook_point_layer": 1,
        "model_name": "m", "context_size": 16, "normalize_activations": False, "expansion_factor": 2, "lr": 0.1}


def saelens(name, cfg, tensors, encode, decode=back, **extra):
    case(f"saelens {name}", "saelens", {"cfg.json": cfg}, tensors, encode, decode, **extra)


saelens("standard", {**V6, "architecture": "standard", "apply_b_dec_to_input": True}, BASE, lambda x: relu(pre(centred(x))))
saelens("standard on the raw input", {**V6, "architecture": "standard", "apply_b_dec_to_input": False}, BASE,
        lambda x: relu(pre(x)))
saelens("flat standard", FLAT, BASE, lambda x: relu(pre(centred(x))))
saelens("flat topk", {**FLAT, "activation_fn_str": "topk", "activation_fn_kwargs": {"k": K}}, BASE,
        lambda x: largest(pre(centred(x)), K))
saelens("flat topk by architecture", {**FLAT, "architecture": "topk", "activation_fn": "topk", "activation_fn_kwargs": {"k": 2}},
        BASE, lambda x: largest(pre(centred(x)), 2))
saelens("topk", {**V6, "architecture": "topk", "k": K, "apply_b_dec_to_input": True, "rescale_acts_by_decoder_norm": False},
        BASE, lambda x: largest(pre(centred(x)), K))


def by_norm(v):
    return [z * norm for z, norm in zip(v, n)]


saelens("topk rescaled", {**V6, "architecture": "topk", "k": K, "apply_b_dec_to_input": True,
                          "rescale_acts_by_decoder_norm": True},
        BASE, lambda x: largest(by_norm(pre(centred(x))), K), lambda f: back([z / norm for z, norm in zip(f, n)]))
saelens("jumprelu on the raw input", {**V6, "architecture": "jumprelu", "apply_b_dec_to_input": False},
        {**BASE, "threshold": theta}, lambda x: above(pre(x), theta))
saelens("jumprelu", {**V6, "architecture": "jumprelu", "apply_b_dec_to_input": True}, {**BASE, "threshold": theta},
        lambda x: above(pre(centred(x)), theta))
saelens("batchtopk", {**V6, "architecture": "batchtopk", "k": 2.5, "apply_b_dec_to_input": True}, {**BASE, "threshold": theta},
        lambda x: above(pre(centred(x)), theta))


def gated(x):
    p = times(centred(x), W_enc)
    return [max(0.0, z * math.exp(r) + m) if z + g > 0 else 0.0 for z, r, m, g in zip(p, r_mag, b_mag, b_gate)]


GATED = {"W_enc": W_enc, "W_dec": W_dec, "b_dec": b_dec, "b_gate": b_gate, "b_mag": b_mag, "r_mag": r_mag}
saelens("gated", {**V6, "architecture": "gated", "apply_b_dec_to_input": True}, GATED, gated)
saelens("finetuned", {**FLAT, "finetuning_scaling_factor": True}, {**BASE, "scaling_factor": factors},
        lambda x: relu(pre(centred(x))), lambda f: back([z * s for z, s in zip(f, factors)]))
S = 0.625
saelens("scaled input", {**FLAT, "normalize_activations": "expected_average_only_in"}, BASE,
        lambda x: relu(pre(centred([S * z for z in x]))), lambda f: [z / S for z in back(f)], input_scale=S)

# sparsify: encoder.weight [F, D]; top_k of relu; W_dec [F, D].
case("sparsify", "sparsify", {"cfg.json": {
    "activation": "topk", "expansion_factor": 32, "normalize_decoder": True, "num_latents": F, "k": K, "multi_topk": False,
    "skip_connection": False, "embed_skip": False, "gram_lookup": False, "lookup_max_order": 4, "gram_table_hash": None,
    "transcode": False, "d_in": D}},
    {"encoder.weight": transposed(W_enc), "encoder.bias": b_enc, "W_dec": W_dec, "b_dec": b_dec},
    lambda x: largest(relu(pre(centred(x))), K), back)

# Gemma Scope 1 and 2: b_dec is not subtracted from the input.
case("gemma-scope", "gemma-scope", {}, {**BASE, "threshold": theta}, lambda x: above(pre(x), theta), back)
case("gemma-scope-2", "gemma-scope-2", {"config.json": {
    "architecture": "jump_relu", "type": "sae", "model_name": "google/gemma-3-1b-pt", "width": F, "l0": 3,
    "hf_hook_point_in": "model.layers.1.output", "hf_hook_point_out": "model.layers.1.output", "affine_connection": False}},
    {"w_enc": W_enc, "b_enc": b_enc, "w_dec": W_dec, "b_dec": b_dec, "threshold": theta}, lambda x: above(pre(x), theta), back)

# dictionary_learning: encoder.weight [F, D], decoder.weight [D, F]; f is never multiplied by ‖W_dec‖.
E, V = transposed(W_enc), transposed(W_dec)


def dictionary(dict_class, trainer_class, tensors, encode, **trainer):
    config = {"trainer": {"dict_class": dict_class, "trainer_class": trainer_class, "activation_dim": D, "dict_size": F,
                          "layer": 1, "lm_name": "org/m", "submodule_name": "resid_post_layer_1", **trainer},
              "buffer": {"ctx_len": 16}}
    case(f"dictionary_learning {dict_class}", "dictionary-learning", {"config.json": config}, tensors, encode, back)


LINEAR = {"encoder.weight": E, "encoder.bias": b_enc, "decoder.weight": V}
dictionary("AutoEncoder", "StandardTrainer", {"bias": b_dec, **LINEAR}, lambda x: relu(pre(centred(x))))
dictionary("AutoEncoderNew", "StandardTrainerAprilUpdate", {**LINEAR, "decoder.bias": b_dec}, lambda x: relu(pre(x)))
dictionary("AutoEncoderTopK", "TopKTrainer", {"b_dec": b_dec, **LINEAR, "k": K, "threshold": 0.75},
           lambda x: largest(relu(pre(centred(x))), K), k=K)
dictionary("BatchTopKSAE", "BatchTopKTrainer", {"b_dec": b_dec, **LINEAR, "k": K, "threshold": 0.75},
           lambda x: above(pre(centred(x)), [0.75] * F), k=K)
dictionary("MatryoshkaBatchTopKSAE", "MatryoshkaBatchTopKTrainer",
           {**BASE, "k": K, "threshold": 0.75, "group_sizes": [2, F - 2]}, lambda x: above(pre(centred(x)), [0.75] * F), k=K)
dictionary("JumpReluAutoEncoder", "JumpReluTrainer", {**BASE, "threshold": theta}, lambda x: above(pre(x), theta))
dictionary("GatedAutoEncoder", "GatedSAETrainer",
           {"decoder_bias": b_dec, "encoder.weight": E, "r_mag": r_mag, "gate_bias": b_gate, "mag_bias": b_mag,
            "decoder.weight": V}, gated)

if __name__ == "__main__":
    print("[")
    print(",\n".join(json.dumps(c, separators=(",", ":")) for c in CASES))
    print("]")
