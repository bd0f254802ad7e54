"""The parameters of the model, which lie in one flat vector, and the weights that products use."""
import math

import torch

from training.window import window_blocks

INIT_STD = 0.02


def parameter_shapes(o, d_vocab):
    """Lists every parameter; query, key and value rows are one matrix, and so are gate and up.

    Rows of `qkv`: first rotary halves of all query and key heads, then their second halves, then values.
    """
    d, d_head = o.d_model, o.d_model // o.heads
    shapes = {"embed": (d_vocab, d)}
    for i in range(o.layers):
        shapes[f"{i}.qkv"] = ((o.heads + 2 * o.kv_heads) * d_head, d)
        shapes[f"{i}.o"] = (d, d)
        shapes[f"{i}.gate_up"] = (2 * o.d_mlp, d)
        shapes[f"{i}.down"] = (d, o.d_mlp)
    for i in range(o.layers):
        shapes.update({f"{i}.attention_norm": (d,), f"{i}.mlp_norm": (d,)})
    for i in window_blocks(o):
        shapes.update({f"{i}.gate_bias": (o.d_mlp,), f"{i}.down_bias": (d,)})
    return {**shapes, "norm": (d,)}


def is_frozen(name, o):
    """Whether a parameter keeps its value: embedding, first blocks and window where `frozen_blocks` is not 0."""
    return o.frozen_blocks > 0 and (name == "embed" or name.split(".")[0] in map(str, range(first_trained(o))))


def first_trained(o):
    """The number of the first block that is trained."""
    return o.frozen_blocks + len(window_blocks(o))


def views(flat, shapes):
    """Cuts a flat vector into the parameters that it holds."""
    parts = flat.split([math.prod(shape) for shape in shapes.values()])
    return {name: part.view(shape) for (name, shape), part in zip(shapes.items(), parts)}


def initialize(parameters, o):
    """Draws matrices from N(0, 0.02), those that write to the residual stream 1 / sqrt(2 layers) of it."""
    generator = torch.Generator().manual_seed(o.seed)
    for name, value in parameters.items():
        is_residual = name.endswith((".o", ".down"))
        std = INIT_STD / math.sqrt(2 * o.layers) if is_residual else INIT_STD
        value.fill_(1.0) if name.endswith("norm") else value.zero_() if name.endswith("bias") else value.normal_(0.0, std, generator=generator)


def foldings(o):
    """Returns for every matrix that follows a norm the name of the norm's gain, and a factor of its rows.

    y = (x / rms(x) * gain) W^T = x / rms(x) (W * gain)^T: gains go into the weights, and 1 / sqrt(d_head).
    """
    d_head = o.d_model // o.heads
    halves, half = o.heads + o.kv_heads, d_head // 2
    rows = torch.ones((o.heads + 2 * o.kv_heads) * d_head, 1)
    for start in (0, halves * half):
        rows[start:start + o.heads * half] = 1 / math.sqrt(d_head)
    folded = {"embed": ("norm", torch.ones(1, 1))}
    for i in range(o.layers):
        folded[f"{i}.qkv"] = (f"{i}.attention_norm", rows)
        folded[f"{i}.gate_up"] = (f"{i}.mlp_norm", torch.ones(1, 1))
    return folded


def effective_weights(p, o, dtype):
    """Returns the matrices as the products use them: gains folded in, in the products' type."""
    folded = foldings(o)

    def effective(name, weight):
        gain, rows = folded.get(name, (None, None))
        return (weight if gain is None else weight * p[gain] * rows).to(dtype)

    return {name: effective(name, weight) for name, weight in p.items() if not name.endswith("norm")}


def unfold_gradients(p, g, o):
    """Turns gradients of effective weights into those of weights and gains, in place."""
    for name, (gain, rows) in foldings(o).items():
        g[name].mul_(rows)
        g[gain].copy_((g[name] * p[name]).sum(0))
        g[name].mul_(p[gain])
