"""Echo noise: what stood at one position of the residual stream is heard, amplified, at all positions behind it."""
import math

import torch

STRENGTHS = (0.3, 12.0)
PLACES = 2 / 3


def add_echo(x, rows, share):
    """x[t] += strength * (x[p] - mean of x) for t > p, in place; x is [rows * positions, d_model].

    A row has an echo with probability `share`, p is uniform over the first two thirds of it behind BOS, the
    strength is log-uniform in STRENGTHS, and the mean is the batch's. The backward pass takes it for a constant.
    """
    x = x.view(rows, -1, x.shape[1])
    positions = x.shape[1]
    strength = torch.empty(rows).uniform_(*map(math.log, STRENGTHS)).exp_()
    strength *= torch.empty(rows).bernoulli_(share)
    place = torch.randint(1, max(2, int(positions * PLACES)), (rows,))
    echo = (x[torch.arange(rows), place] - x.mean((0, 1))) * strength[:, None]
    is_later = torch.arange(positions)[None] > place[:, None]
    x.addcmul_(is_later[..., None].float(), echo[:, None])
