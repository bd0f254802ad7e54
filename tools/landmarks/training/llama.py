"""Forward and backward of a Llama model, written out.

x [n, d_model] is the residual stream of n = rows * positions tokens; linear weights are [out, in]. What has
an exponential runs in float32, which is several times faster here than bfloat16 and loses nothing.
"""
import math

import torch

from training.documents import LENGTH_MULTIPLE
from training.parameters import first_trained

NORM_EPSILON, ROPE_THETA = 1e-5, 10_000.0
LEAST_PROBABILITY = 1e-30
"""What a reported loss takes for the probability of a token that has none in float32."""


def normalize(x, dtype):
    """x / sqrt(mean(x^2) + epsilon), and the factor."""
    squares = torch.linalg.vector_norm(x, dim=1, keepdim=True).square_()
    factor = squares.div_(x.shape[1]).add_(NORM_EPSILON).rsqrt_()
    return (x * factor).to(dtype), factor


def normalize_backward(dx, dh, h, factor):
    """dx += factor * (dh - h * mean(dh * h)), the derivative of h = x / rms(x)."""
    dh, h = dh.float(), h.float()
    mean = (dh * h).sum(1, keepdim=True).div_(h.shape[1])
    dx.addcmul_(dh.addcmul_(h, mean, value=-1), factor)


class Rotary:
    """Angles position * theta^(-2 i / d_head), repeated for all query and key heads."""

    def __init__(self, o, dtype):
        half = o.d_model // o.heads // 2
        frequencies = ROPE_THETA ** (-torch.arange(half).double() / half)
        angles = torch.outer(torch.arange(o.context + LENGTH_MULTIPLE).double(), frequencies)
        angles = angles.repeat(1, o.heads + o.kv_heads)
        self.cos, self.sin = angles.cos().to(dtype), angles.sin().to(dtype)

    def rotate(self, pair, sign):
        """(a, b) -> (a cos - sign b sin, b cos + sign a sin) in place; pair [rows, positions, 2 * width]."""
        a, b = pair.chunk(2, -1)
        cos, sin = self.cos[:pair.shape[1]], self.sin[:pair.shape[1]]
        turned = torch.addcmul(a * cos, b, sin, value=-sign)
        b.mul_(cos).addcmul_(a, sin, value=sign)
        a.copy_(turned)


def split_heads(qkv, o):
    """[rows, T, ...] -> q [rows * kv_heads, groups * T, d_head], k and v [rows * kv_heads, T, d_head]."""
    rows, T, _ = qkv.shape
    half, both = o.d_model // o.heads // 2, o.heads + o.kv_heads
    pair = qkv[..., :2 * both * half].view(rows, T, 2, both, half).permute(0, 3, 1, 2, 4)
    q, k = (part.reshape(rows * o.kv_heads, -1, 2 * half) for part in pair.split([o.heads, o.kv_heads], 1))
    v = qkv[..., 2 * both * half:].view(rows, T, o.kv_heads, 2 * half).transpose(1, 2)
    return q, k, v.reshape(rows * o.kv_heads, T, 2 * half)


def join_heads(dq, dk, dv, shape, o):
    """The inverse of `split_heads`: writes three gradients into one [rows, T, ...]."""
    rows, T, width = shape
    half, both = o.d_model // o.heads // 2, o.heads + o.kv_heads
    joined = dq.new_empty(shape)
    pair = joined[..., :2 * both * half].view(rows, T, 2, both, half).permute(0, 3, 1, 2, 4)
    pair[:, :o.heads] = dq.view(rows, o.heads, T, 2, half)
    pair[:, o.heads:] = dk.view(rows, o.kv_heads, T, 2, half)
    joined[..., 2 * both * half:].view(rows, T, o.kv_heads, 2 * half).transpose(1, 2).copy_(
        dv.view(rows, o.kv_heads, T, 2 * half))
    return joined


class Model:
    """The Llama computation over effective weights `w`; gradients are added to the float32 matrices `g`."""

    def __init__(self, o, dtype):
        self.o, self.dtype, self.rotary = o, dtype, Rotary(o, dtype)
        size = o.context + LENGTH_MULTIPLE
        self.mask = torch.full((size, size), -math.inf).triu_(1)

    def attention(self, w, i, h, rows):
        """softmax(q k^T + mask) v, then the output product; 1 / sqrt(d_head) is in q's weights."""
        o, T = self.o, h.shape[0] // rows
        qkv = (h @ w[f"{i}.qkv"].T).view(rows, T, -1)
        self.rotary.rotate(qkv[..., :(o.heads + o.kv_heads) * (o.d_model // o.heads)], 1)
        q, k, v = split_heads(qkv, o)
        scores = torch.bmm(q, k.transpose(1, 2)).float()
        scores.view(-1, T, T).add_(self.mask[:T, :T])
        weights = torch.softmax(scores, -1).to(self.dtype)
        mixed = torch.bmm(weights, v).view(rows, o.heads, T, -1).transpose(1, 2).reshape(rows * T, -1)
        return mixed @ w[f"{i}.o"].T, (q, k, v, weights, mixed)

    def attention_backward(self, w, g, i, dy, h, kept, rows):
        """Returns dh; with p = softmax(s): ds = p * (dp - sum(dp * p))."""
        o, T = self.o, h.shape[0] // rows
        q, k, v, weights, mixed = kept
        g[f"{i}.o"].add_(dy.T @ mixed)
        dmixed = (dy @ w[f"{i}.o"]).view(rows, T, o.heads, -1).transpose(1, 2).reshape(q.shape)
        dv = torch.bmm(weights.transpose(1, 2), dmixed)
        dweights = torch.bmm(dmixed, v.transpose(1, 2))
        dscores = torch._softmax_backward_data(dweights.float(), weights.float(), -1, torch.float32)
        dscores = dscores.to(self.dtype)
        dq, dk = torch.bmm(dscores, k), torch.bmm(dscores.transpose(1, 2), q)
        dqkv = join_heads(dq, dk, dv, (rows, T, w[f"{i}.qkv"].shape[0]), o)
        self.rotary.rotate(dqkv[..., :(o.heads + o.kv_heads) * (o.d_model // o.heads)], -1)
        dqkv = dqkv.view(rows * T, -1)
        g[f"{i}.qkv"].add_(dqkv.T @ h)
        return dqkv @ w[f"{i}.qkv"]

    def mlp(self, w, i, h):
        """(silu(h W_gate + b_gate) * h W_up) W_down + b_down; only blocks of the window have biases."""
        gate, up = (h @ w[f"{i}.gate_up"].T).chunk(2, 1)
        if f"{i}.gate_bias" in w:
            gate = gate + w[f"{i}.gate_bias"]
        opened = torch.nn.functional.silu(gate.float()).to(self.dtype)
        acts = opened * up
        return acts @ w[f"{i}.down"].T + w.get(f"{i}.down_bias", 0), (gate, up, opened, acts)

    def mlp_backward(self, w, g, i, dy, h, kept):
        """Returns dh; dgate = dacts * up * silu'(gate), dup = dacts * silu(gate)."""
        gate, up, opened, acts = kept
        g[f"{i}.down"].add_(dy.T @ acts)
        dacts = dy @ w[f"{i}.down"]
        dgate_up = torch.empty(h.shape[0], 2 * gate.shape[1], dtype=h.dtype)
        dgate, dup = dgate_up.chunk(2, 1)
        torch.mul(dacts, opened, out=dup)
        dgate.copy_(torch.ops.aten.silu_backward(dacts.mul_(up).float(), gate.float()))
        g[f"{i}.gate_up"].add_(dgate_up.T @ h)
        return dgate_up @ w[f"{i}.gate_up"]

    def forward(self, embed, w, ids, echo=None, tape=None):
        """Returns the residual stream after the last block; appends to `tape` what the backward pass of each half needs.

        Behind the front comes the `echo` [rows, d_model], at all positions but BOS, and then the window.
        """
        front, trained, rows = self.o.frozen_blocks, first_trained(self.o), ids.shape[0]
        x = self.run_blocks(w, embed[ids.view(-1)], rows, range(front))
        if echo is not None:
            x.view(rows, -1, x.shape[1])[:, 1:].add_(echo[:, None])
        x = self.run_blocks(w, x, rows, range(front, trained))
        return self.run_blocks(w, x, rows, range(trained, self.o.layers), tape)

    def run_blocks(self, w, x, rows, blocks, tape=None):
        """Adds what `blocks` write to x [rows * positions, d_model], in place."""
        for i in blocks:
            for run in (lambda h: self.attention(w, i, h, rows), lambda h: self.mlp(w, i, h)):
                h, factor = normalize(x, self.dtype)
                y, kept = run(h)
                x.add_(y)
                if tape is not None:
                    tape.append((h, factor, kept))
        return x

    def loss(self, embed, w, batch):
        """Sums -ln p(next token) over the targets of one loaded batch, without echo."""
        ids, places, targets, count = batch
        h, _ = normalize(self.forward(embed, w, ids)[places[:count]], self.dtype)
        logits = (h @ w["embed"].T).float()
        return float(torch.nn.functional.cross_entropy(logits, targets[:count], reduction="sum"))

    def loss_and_gradients(self, embed, w, batch, g, dembed, echo=None):
        """Adds gradients of the summed loss to `g` and, as input embedding, `dembed`; returns the sum."""
        (ids, places, targets, count), tape = batch, []
        x = self.forward(embed, w, ids, echo, tape)
        h, factor = normalize(x[places], self.dtype)
        # d loss / d logits = softmax(logits) - onehot(target)
        dlogits = torch.softmax(h @ w["embed"].T, -1)
        p = dlogits.gather(1, targets[:, None])
        dlogits.scatter_(1, targets[:, None], p - 1)
        dlogits[count:] = 0
        g["embed"].add_(dlogits.T @ h)
        dplaces = torch.zeros(len(places), x.shape[1])
        normalize_backward(dplaces, dlogits @ w["embed"], h, factor)
        dx = torch.zeros_like(x)
        dx[places[:count]] = dplaces[:count]
        for half in reversed(range(2 * first_trained(self.o), 2 * self.o.layers)):
            h, factor, kept = tape.pop()
            dy = dx.to(self.dtype)
            i, is_mlp = divmod(half, 2)
            dh = (self.mlp_backward(w, g, i, dy, h, kept) if is_mlp
                  else self.attention_backward(w, g, i, dy, h, kept, ids.shape[0]))
            normalize_backward(dx, dh, h, factor)
        if self.o.frozen_blocks == 0:
            dembed.add_(torch.ops.aten.embedding_dense_backward(dx, ids.view(-1), len(embed), -1, False))
        return -p[:count].float().clamp_min_(LEAST_PROBABILITY).log_().sum()
