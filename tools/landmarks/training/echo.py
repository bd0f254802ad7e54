"""Echoes: a row is read with one feature of it, amplified, added to every position behind the frozen blocks.

The feature is one that the text itself has, early and late. The blocks behind have to write on in spite of it, and find in it what the text is
going to be about: most rows begin late, so that nothing but the feature tells. No label says which concept is meant.
"""
import math

import numpy as np
import torch

STRENGTHS = (5.0, 14.0)
"""Multiples of a feature's largest activation."""
ONE_SIDED, LEAST_CHANCE = 1e-9, 1e-30
"""Weight of what fires only behind the cut, which is drawn where a text has no feature on both sides; what stands for no chance at all."""
JITTER = 0.5
"""Largest length of what is added to a feature's unit direction, any way: other dictionaries have nearly the same directions."""
SPEAKER_SHARE, CUT_SHARE = 0.9, 0.8
"""Share of dialogues that are cut where the person speaks again, not behind any sentence; share of the rows that hear an echo which are cut at all."""


def draw_cuts(ids, lengths, marks, random):
    """Draws for rows `ids` [rows, positions] of `lengths` with which token each goes on behind BOS if it hears an echo; 1 for no cut."""
    at = np.arange(ids.shape[1])[None]
    is_inside = (at >= 2) & (at < lengths[:, None] - 2)
    before = np.roll(ids, 1, 1)
    is_speaker = is_inside & (ids == marks.speaker)
    is_sentence = is_inside & marks.ends_sentence[before] & ~marks.ends_sentence[ids] & (ids != marks.newline)
    wants_speaker = is_speaker.any(1) & (random.random(len(ids)) < SPEAKER_SHARE)
    allowed = np.where(wants_speaker[:, None], is_speaker, is_sentence)
    is_cut = allowed.any(1) & (random.random(len(ids)) < CUT_SHARE)
    return np.where(is_cut, (allowed * random.random(allowed.shape)).argmax(1), 1)


def draw_echoes(x, lengths, cut, share, dictionary, random):
    """Draws which rows hear an echo, [rows], and the echo of each, [rows, d_model], zeros for the others. Arguments as of `draw_features`.

    A `share` of the rows hears one. Half of the choice is for rows in which one feature stands out, for an echo that tells nothing teaches not to listen;
    the other half is chance, for every kind of text has to be read without an echo too.
    """
    rows = len(lengths)
    feature, prominence = draw_features(x, lengths, cut, dictionary, random)
    hears = (prominence >= prominence.quantile(1 - share ** 0.5)).numpy() & (random.random(rows) < share ** 0.5)
    low, high = map(math.log, STRENGTHS)
    strength = np.exp(random.uniform(low, high, rows)) * hears
    jitter = random.standard_normal((rows, x.shape[1]))
    jitter *= JITTER * random.random((rows, 1)) / np.linalg.norm(jitter, axis=1, keepdims=True)
    direction = torch.nn.functional.normalize(dictionary.directions[feature] + torch.from_numpy(jitter).float(), dim=1)
    return hears, direction * (torch.from_numpy(strength).float() * dictionary.maxima[feature])[:, None]


def draw_features(x, lengths, cut, dictionary, random):
    """Draws for each row one feature that fires both before its cut and behind it; for rows without a cut, in both halves.

    x [rows * positions, d_model] is the residual stream of the whole texts of `lengths`. What fires in most texts says nothing about one: a feature's
    squared activations in a part count relative to how much it was seen in all texts so far, which `dictionary.seen` [d_sae] sums up. Returns features [rows] and the largest chance that any feature of a row had, [rows].
    """
    rows = len(lengths)
    at = torch.arange(x.shape[0] // rows)[None]
    is_real = (at > 0) & (at < torch.from_numpy(lengths)[:, None])
    is_late = at >= torch.from_numpy(np.where(cut > 1, cut, lengths // 2))[:, None]
    values, features = dictionary.encode(x)
    squares = (values / dictionary.maxima[features].clamp(min=1e-6)).square_().mul_(is_real.view(-1, 1))
    dictionary.seen.index_add_(0, features.view(-1), squares.view(-1))
    d_sae = len(dictionary.seen)
    part = torch.arange(rows)[:, None] * 2 + is_late
    sums = torch.zeros(rows * 2 * d_sae).index_add_(0, (part.view(-1, 1) * d_sae + features).view(-1), squares.view(-1))
    early, late = (sums.view(rows, 2, d_sae) / (dictionary.seen + 1)).unbind(1)
    chances = (early * late).square_().add_(late, alpha=ONE_SIDED)
    prominence = chances.amax(1) / chances.sum(1).clamp_(min=LEAST_CHANCE)
    chances = chances.cumsum_(1)
    target = chances[:, -1:] * torch.from_numpy(1 - random.random((rows, 1))).float()
    return torch.searchsorted(chances, target).clamp_(max=d_sae - 1)[:, 0], prominence
