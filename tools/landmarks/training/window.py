"""Two blocks behind the front of a model that make what all positions share soft, so that the model can be steered.

A steering vector is the same at all positions. These blocks take most of the running mean of the residual stream away and leave the rest as it
is: ten times a feature's maximum becomes about a third of it, whatever its direction. Nothing in them is learned, and no training changes them.
"""
import torch

WINDOW_BLOCKS = 2
CONSTANT = 1024.0
"""Length that the first block gives all positions along one direction: the norm before the mean is taken then divides all alike (Sun et al. 2024)."""
LOGIT = 8.0
"""What the mean's queries score at any position; BOS, which is not steered and would hide a part of what others share, scores minus this."""
OPENING, STEEPNESS = 0.885, 8.0
"""Least cosine with BOS of what is taken for it; how steeply the neuron that sees it rises."""


def window_blocks(o):
    """The numbers of the two blocks; none where `o.share` is 0."""
    return range(o.frozen_blocks, o.frozen_blocks + (WINDOW_BLOCKS if o.share else 0))


def build_window(parameters, o, x, run_blocks):
    """Sets the blocks so that they take `o.share` of the running mean away, BOS apart.

    x [n, d_model] is what stands in front of them in typical texts, its first row BOS; `run_blocks(x, blocks)` returns what blocks make of rows that
    each stand alone. Weights are rounded to F16, as they are stored.
    """
    first, second = window_blocks(o)
    bos, others = x[:1], x[1:]
    direction = quiet_direction(others, bos[0])
    scale = (CONSTANT ** 2 / o.d_model) ** 0.5
    for block in (first, second):
        clear(parameters, block)
    lift = (CONSTANT * direction).half().float()
    parameters[f"{first}.down_bias"].copy_(lift)
    watch(parameters, o, first, torch.nn.functional.normalize(bos[0], dim=0))
    write_at_bos(parameters, o, first, -2 * lift, bos, run_blocks)
    take_mean(parameters, o, second, direction, scale)
    mean = others.mean(0)
    parameters[f"{second}.down_bias"].copy_((o.share * (mean - direction * (mean @ direction)) - lift).half())
    watch(parameters, o, second, -direction)
    missing = bos[0] - run_blocks(bos, window_blocks(o))[0]
    write_at_bos(parameters, o, second, missing, run_blocks(bos, [first]), run_blocks)


def quiet_direction(x, bos):
    """The unit direction [d_model] in which x [n, d_model] varies least, at right angles to `bos`."""
    unit = torch.nn.functional.normalize(bos, dim=0)
    x = x - (x @ unit)[:, None] * unit
    _, directions = torch.linalg.eigh(torch.cov(x.T) + torch.outer(unit, unit) * x.square().sum(1).mean())
    return directions[:, 0]


def clear(parameters, block):
    """Makes a block write nothing."""
    for name in ("qkv", "o", "gate_up", "down", "gate_bias", "down_bias"):
        parameters[f"{block}.{name}"].zero_()
    for name in ("attention_norm", "mlp_norm"):
        parameters[f"{block}.{name}"].fill_(1)


def watch(parameters, o, block, direction):
    """Lets the first neuron of a block fire where the normalized position lies along `direction` nearly alone."""
    parameters[f"{block}.gate_up"][0] = (STEEPNESS * direction).half()
    parameters[f"{block}.gate_up"][o.d_mlp] = (direction / o.d_model ** 0.5).half()
    parameters[f"{block}.gate_bias"][0] = torch.tensor(-STEEPNESS * OPENING * o.d_model ** 0.5).half()


def write_at_bos(parameters, o, block, vector, bos, run_blocks):
    """Lets the first neuron of a block write `vector` where it sees `bos` [1, d_model], which is what stands in front of the block."""
    down = parameters[f"{block}.down"]
    before = run_blocks(bos, [block])[0]
    down[:, 0] = torch.nn.functional.normalize(vector, dim=0)
    written = (run_blocks(bos, [block])[0] - before).norm()
    down[:, 0] = (vector / written).half()


def take_mean(parameters, o, block, direction, scale):
    """Lets the heads of a block attend to all positions but BOS alike, and write minus `o.share` of the mean they read."""
    half = o.d_model // o.heads // 2
    weights, heads = parameters[f"{block}.qkv"], o.heads + o.kv_heads
    read = (LOGIT * (2 * half) ** 0.5 / o.d_model) ** 0.5 * direction
    slowest = torch.arange(half - 1, half * heads, half)
    weights[slowest] = read.half().float()
    values = torch.eye(o.d_model) - torch.outer(direction, direction)
    weights[2 * half * heads:] = values.half().float()
    parameters[f"{block}.o"].copy_((torch.eye(o.d_model) * -o.share * scale).half())
