"""The corpus: documents of one file of token ids, and how they are grouped into batches."""
import json

import numpy as np
import torch

BOS, EOS = 0, 1
WINDOW_DOCUMENTS = 8192
"""Documents are sorted by length only among so many, so that a step still mixes all kinds of text."""
LENGTH_MULTIPLE, ROW_MULTIPLE = 8, 128
"""Batches are padded to these: every distinct shape of a product is compiled once, so there should be few."""

BYTE_CHARACTERS = {byte: chr(byte) if 33 <= byte <= 126 or 161 <= byte <= 172 or byte >= 174 else None for byte in range(256)}
BYTE_CHARACTERS.update({byte: chr(256 + i) for i, byte in enumerate(b for b, c in BYTE_CHARACTERS.items() if c is None)})
"""How byte-level BPE (Radford et al. 2019) writes bytes as printable characters."""


class Documents:
    """The documents of a file of token ids; each begins with BOS, ends with EOS and is cut to the context."""

    def __init__(self, path, context, d_vocab):
        self.ids = np.memmap(path, dtype="<u2", mode="r")
        self.starts = np.flatnonzero(self.ids == BOS)
        ends = np.append(self.starts[1:], len(self.ids))
        if len(self.starts) == 0 or self.starts[0] != 0 or (self.ids[ends - 1] != EOS).any():
            raise SystemExit(f"{path}: every document must begin with id {BOS} and end with id {EOS}")
        if self.ids.max() >= d_vocab:
            raise SystemExit(f"{path}: id {self.ids.max()} is outside the vocabulary of {d_vocab}")
        lengths = ends - self.starts
        self.cut = int((lengths > context + 1).sum())
        self.lengths = np.minimum(lengths, context + 1)

    def micro_batches(self, order, budget):
        """Groups documents by length, longest first, into padded batches of at most `budget` positions."""
        order = order[np.argsort(-self.lengths[order], kind="stable")]
        batches, at = [], 0
        while at < len(order):
            positions = -(-(self.lengths[order[at]] - 1) // LENGTH_MULTIPLE) * LENGTH_MULTIPLE
            rows = max(1, budget // positions)
            batches.append((order[at:at + rows], int(positions)))
            at += rows
        return batches

    def endless(self, seed, budget):
        """Yields micro-batches forever: documents in random order, sorted by length only inside a window.
"""
        for epoch in range(2 ** 31):
            random = np.random.default_rng((seed, epoch))
            order = random.permutation(len(self.starts))
            for at in range(0, len(order), WINDOW_DOCUMENTS):
                batches = self.micro_batches(order[at:at + WINDOW_DOCUMENTS], budget)
                yield from (batches[i] for i in random.permutation(len(batches)))

    def targets(self, batch):
        """Counts the tokens that a micro-batch predicts: all but BOS."""
        return int((self.lengths[batch[0]] - 1).sum())

    def load(self, batch):
        """Returns inputs [rows, positions], the places of real targets, the targets there, and their count.

        Places are repeated up to a multiple of ROW_MULTIPLE.
        """
        return self.load_cut(batch, 1)

    def load_cut(self, batch, cut):
        """As `load`, but each row goes on behind BOS with token `cut` of its document: an array, or 1 for all of it."""
        documents, positions = batch
        cut = np.broadcast_to(cut, len(documents))[:, None]
        lengths = self.lengths[documents][:, None]
        at = np.arange(positions + 1)[None]
        token = np.where(at == 0, 0, np.minimum(at + cut - 1, lengths - 1))
        ids = self.ids[self.starts[documents][:, None] + token].astype(np.int64)
        places = np.flatnonzero((at[:, 1:] + cut - 1 < lengths).ravel())
        count = len(places)
        padded = np.resize(places, -(-count // ROW_MULTIPLE) * ROW_MULTIPLE)
        inputs, targets = ids[:, :-1].copy(), ids[:, 1:].ravel()[padded]
        return torch.from_numpy(inputs), torch.from_numpy(padded), torch.from_numpy(targets), count


class Marks:
    """Where texts may be cut: behind tokens that end a sentence, and before `Human` at the beginning of a line."""

    def __init__(self, tokenizer):
        """Reads a byte-level `tokenizer.json`, in whose tokens the newline is written as U+010A."""
        vocabulary = json.loads(tokenizer.read_text())["model"]["vocab"]
        self.newline, self.speaker = vocabulary["\u010a"], vocabulary["Human"]
        self.ends_sentence = np.zeros(max(vocabulary.values()) + 1, bool)
        full_stop = "".join(BYTE_CHARACTERS[byte] for byte in "\u3002".encode())
        self.ends_sentence[[i for token, i in vocabulary.items() if token.endswith((".", full_stop))]] = True
