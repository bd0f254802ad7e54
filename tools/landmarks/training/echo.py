"""Echoes: a row is read with one feature of it, amplified, added to every position behind the frozen blocks.

The feature is one that the row itself has somewhere; the blocks behind have to write on in spite of it, and find in it what
the text is going to be about. Most rows begin late, so that nothing but the feature tells. No row says which concept is meant.
"""
import math

import numpy as np
import torch

STRENGTHS = (2.0, 14.0)
"""Multiples of a feature's largest activation."""
PLACES = 16
"""How many positions of a row are looked at for a feature."""
JITTER = 0.5
"""Largest length of what is added to a feature's unit direction, any way: other dictionaries have nearly the same directions."""
SPEAKER_SHARE, CUT_SHARE = 0.9, 0.8
"""Share of dialogues that are cut where the person speaks again, not behind any sentence; share of rows that are cut at all."""


def draw_cuts(ids, lengths, marks, share, random):
    """Draws for rows `ids` [rows, positions] of `lengths` with which token each goes on behind BOS, and which hear an echo."""
    at = np.arange(ids.shape[1])[None]
    is_inside = (at >= 2) & (at < lengths[:, None] - 2)
    before = np.roll(ids, 1, 1)
    is_speaker = is_inside & (ids == marks.speaker)
    is_sentence = is_inside & marks.ends_sentence[before] & ~marks.ends_sentence[ids] & (ids != marks.newline)
    wants_speaker = is_speaker.any(1) & (random.random(len(ids)) < SPEAKER_SHARE)
    allowed = np.where(wants_speaker[:, None], is_speaker, is_sentence)
    hears = random.random(len(ids)) < share
    is_cut = hears & allowed.any(1) & (random.random(len(ids)) < CUT_SHARE)
    return np.where(is_cut, (allowed * random.random(allowed.shape)).argmax(1), 1), hears


def add_echo(x, rows, places, hears, dictionary, random):
    """Adds to rows of x [rows * positions, d_model] that hear an echo, at all positions but the first, one of their own features.

    `places` are the positions of real tokens, ascending.
    """
    feature = draw_features(x, rows, places, dictionary, random)
    low, high = map(math.log, STRENGTHS)
    strength = np.exp(random.uniform(low, high, rows)) * hears
    jitter = random.standard_normal((rows, x.shape[1]))
    jitter *= JITTER * random.random((rows, 1)) / np.linalg.norm(jitter, axis=1, keepdims=True)
    direction = torch.nn.functional.normalize(dictionary.directions[feature] + torch.from_numpy(jitter).float(), dim=1)
    loud = direction * (torch.from_numpy(strength).float() * dictionary.maxima[feature])[:, None]
    x.view(rows, x.shape[0] // rows, -1)[:, 1:].add_(loud[:, None])


def draw_features(x, rows, places, dictionary, random):
    """Draws for each row one feature [rows] that fires in it: by the square of how much, over how often it was seen so far.

    What fires in most texts says nothing about one; `dictionary.seen` [d_sae] counts.
    """
    positions = x.shape[0] // rows
    own = np.bincount(places // positions, minlength=rows)
    drawn = (np.cumsum(own) - own)[:, None] + (random.random((rows, PLACES)) * own[:, None]).astype(int)
    values, features = dictionary.encode(x[torch.from_numpy(places[drawn].ravel())])
    dictionary.seen.index_add_(0, features.view(-1), (values > 0).float().view(-1))
    relative = values / dictionary.maxima[features].clamp(min=1e-6)
    weights = relative.square_().div_(dictionary.seen[features] + 1).view(rows, -1).cumsum(1)
    target = weights[:, -1:] * torch.from_numpy(random.random((rows, 1))).float()
    chosen = torch.searchsorted(weights, target).clamp_(max=weights.shape[1] - 1)
    return features.view(rows, -1).gather(1, chosen)[:, 0]
