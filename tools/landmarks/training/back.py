"""What stands behind the front of a model so that it can be steered: a constant coordinate, and a block that hears what all positions share.

Sun et al. 2024 (Massive Activations) found that large models come to have a few coordinates that are large, hardly vary and act as biases.
Norms behind them divide by hardly more than the constant: a vector added to the residual stream leaves the scale of the rest alone.
A steering vector is the same at all positions. The new block takes most of the running mean away, by attention to all positions alike: loud
vectors become soft ones, whatever their direction.
"""
import torch

from training.llama import NORM_EPSILON, Model
from training.parameters import effective_weights

BIAS = 0.2
"""What the constant is at first behind a norm, where linear layers of this family lack a bias."""
SHARE = 0.98
"""The share of the running mean that the new block takes away at first."""
QUERY, BOS_LOGIT, NOISE = 4.0, -12.0, 0.1
"""In the new block at first: what all queries are, how little they heed BOS, and what is left of random queries and keys."""


def build_back(parameters, o, ids):
    """Puts the new block and the constant in; ids [rows, positions] are typical texts.

    Block `o.frozen_blocks` of `parameters` is the new one. Chooses `o.constant_at`, the coordinate that varies least, and scales gains so that
    behind norms typical positions stay as they were.
    """
    constant, o.constant, blocks = o.constant, 0, range(o.frozen_blocks, o.layers)
    model, tape = Model(o, torch.float32), []
    x = model.run_blocks(effective_weights(parameters, o, torch.float32), parameters["embed"][ids.view(-1)], len(ids),
                         range(o.frozen_blocks))
    o.constant, o.constant_at = constant, int(x.var(0).argmin())
    scale = float(x.square().mean(1).median().sqrt())
    bos = x[0].clone()
    bos[o.constant_at] = 0
    take_mean_away(parameters, o, scale, bos)
    overlook_bos(parameters, o, bos / scale)
    x = model.run_blocks(effective_weights(parameters, o, torch.float32), x, len(ids), blocks, tape)
    factors = [factor for _, factor, _ in tape] + [(x.square().mean(1) + NORM_EPSILON).rsqrt()]
    names = [f"{i}.{name}" for i in blocks for name in ("attention_norm", "mlp_norm")] + ["norm"]
    for name, factor in zip(names, factors):
        square = float((factor ** -2).median())
        parameters[name].mul_(((square + constant ** 2 / o.d_model) / square) ** 0.5)
        parameters[name][o.constant_at] = 0 if name == "norm" else BIAS / o.d_model ** 0.5


def take_mean_away(parameters, o, scale, bos):
    """Makes the values of block `o.frozen_blocks` the normalized stream itself, and its output the negative of their mean times `scale`.

    `bos` [d_model] is what stands at BOS, which sees only itself: it is made as long as other positions are, not taken away.
    """
    length, direction = float(torch.linalg.vector_norm(bos)), torch.nn.functional.normalize(bos, dim=0)
    kept = 1 - (1 - scale * o.d_model ** 0.5 / length) / SHARE
    values = parameters[f"{o.frozen_blocks}.qkv"][-o.kv_heads * (o.d_model // o.heads):]
    values.copy_(torch.eye(o.d_model) - kept * torch.outer(direction, direction))
    parameters[f"{o.frozen_blocks}.o"].copy_(torch.eye(o.d_model) * -SHARE * scale)
    parameters[f"{o.frozen_blocks}.down"].zero_()


def overlook_bos(parameters, o, bos):
    """Makes every query of block `o.frozen_blocks` the same, by the constant, and every key 0 but that of BOS; `bos` [d_model] is BOS behind the norm.

    Both lie in the slowest rotary pair, which hardly turns over a context. BOS is not steered: in the mean it would hide a part of what all others share.
    """
    half, weights = o.d_model // o.heads // 2, parameters[f"{o.frozen_blocks}.qkv"]
    weights[:2 * half * (o.heads + o.kv_heads)] *= NOISE
    slowest = torch.arange(half - 1, half * o.heads, half)
    weights[slowest, o.constant_at] = QUERY / BIAS
    logit = BOS_LOGIT * (2 * half) ** 0.5 / QUERY
    weights[half * o.heads + torch.arange(half - 1, half * o.kv_heads, half)] = logit * bos / bos.square().sum()
