"""Echoes: a row goes on with a text whose beginning it does not hold, but hears as one loud vector.

The beginning of a document is cut off, and what stood behind the frozen blocks at some positions of it is added, amplified,
to every position of the rest but BOS. The blocks behind have to write on in spite of the vector, and to find in it what
the missing beginning was about. They are never told a concept: any positions may be heard.
"""
import math
from dataclasses import dataclass

import numpy as np
import torch

STRENGTHS = (0.5, 12.0)
REACH, SPAN = 24, 8
"""How many tokens before the cut the last one that is heard may be, and over how many the mean goes at most."""
SPEAKER_SHARE = 0.75
"""Share of dialogues that are cut where the person speaks again, not behind any sentence."""


@dataclass
class Echo:
    """What rows hear: the mean over places `first` to `last` of whole documents `ids` [rows, positions], at a `strength`.

    A strength of 1 is the mean length of what stands at a position; 0 hears nothing.
    """

    ids: torch.Tensor
    first: torch.Tensor
    last: torch.Tensor
    strength: torch.Tensor


def draw_echoes(ids, lengths, marks, share, random):
    """Draws for rows `ids` [rows, positions] of `lengths` where each is cut (1: nowhere), and what it hears then."""
    at = np.arange(ids.shape[1])[None]
    is_inside = (at >= 2) & (at < lengths[:, None] - 2)
    before = np.roll(ids, 1, 1)
    is_speaker = is_inside & (ids == marks.speaker)
    is_sentence = is_inside & marks.ends_sentence[before] & ~marks.ends_sentence[ids] & (ids != marks.newline)
    wants_speaker = is_speaker.any(1) & (random.random(len(ids)) < SPEAKER_SHARE)
    allowed = np.where(wants_speaker[:, None], is_speaker, is_sentence)
    is_cut = allowed.any(1) & (random.random(len(ids)) < share)
    cut = np.where(is_cut, (allowed * random.random(allowed.shape)).argmax(1), 1)
    last = np.maximum(cut - 1 - random.integers(0, np.minimum(cut, REACH)), np.minimum(1, cut - 1))
    first = np.maximum(last - random.integers(0, SPAN, len(ids)), np.minimum(1, last))
    low, high = map(math.log, STRENGTHS)
    strength = np.exp(random.uniform(low, high, len(ids))) * is_cut
    return cut, Echo(*map(torch.from_numpy, (ids, first, last, strength.astype(np.float32))))


def add_echo(x, rows, heard, echo):
    """x[t] += strength * mean length * (mean of heard over its places, to unit length) for t > 0, in place.

    x and heard are [rows * positions, d_model]; `heard` is taken relative to its mean over all positions.
    """
    width = x.shape[1]
    heard = heard.sub_(heard.mean(0))
    length = torch.linalg.vector_norm(heard, dim=1).mean()
    at = torch.arange(len(heard) // rows)[None]
    is_heard = (at >= echo.first[:, None]) & (at <= echo.last[:, None])
    loud = torch.bmm(is_heard[:, None].float(), heard.view(rows, -1, width))
    loud.mul_((length * echo.strength / torch.linalg.vector_norm(loud[:, 0], dim=1))[:, None, None])
    x.view(rows, -1, width)[:, 1:].add_(loud)
