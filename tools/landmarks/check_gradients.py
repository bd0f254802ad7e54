"""Checks the written-out backward pass against autograd on the textbook Llama with the exported weights, and the window against its formula.

Run with `python3 check_gradients.py`; it ends with an error where loss or a gradient differs.
"""
import argparse
import math
import tempfile
from pathlib import Path

import numpy as np
import torch

from training.documents import BOS, EOS, Documents
from training.export import hugging_face_tensors
from training.llama import NORM_EPSILON, ROPE_THETA, Model
from training.parameters import (
    effective_weights, first_trained, is_frozen, parameter_shapes, unfold_gradients, views)
from training.window import build_window, window_blocks

D_MODEL, D_VOCAB, CONTEXT, PERTURBATION = 64, 512, 64, 0.08
TOLERANCE = {torch.float32: 1e-5, torch.bfloat16: 1.5e-1}
WINDOW_TOLERANCE = 1e-1


def reference_logits(tensors, o, ids, echo):
    """Returns logits [rows, positions, d_vocab] as Hugging Face's LlamaForCausalLM computes them.

    What the frozen blocks write has no gradient; the echo [rows, d_model] is added to it at all positions but BOS.
    """
    (rows, T), d_head = ids.shape, o.d_model // o.heads
    frequencies = ROPE_THETA ** (-torch.arange(0, d_head, 2).float() / d_head)
    angles = torch.outer(torch.arange(T).float(), frequencies)
    cos, sin = (table.repeat(1, 2) for table in (angles.cos(), angles.sin()))

    def norm(x, gain):
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + NORM_EPSILON) * gain

    def rotate(x):
        a, b = x.chunk(2, -1)
        return x * cos + torch.cat([-b, a], -1) * sin

    def heads(x, count):
        x = x.view(rows, T, count, d_head).transpose(1, 2)
        return x.repeat_interleave(o.heads // count, 1)

    x = tensors["model.embed_tokens.weight"][ids]
    for i in range(o.layers):
        w = {name.split(f"layers.{i}.")[1].removesuffix(".weight"): value
             for name, value in tensors.items() if f"layers.{i}." in name}
        h = norm(x, w["input_layernorm"])
        q, k, v = (heads(h @ w[f"self_attn.{name}_proj"].T, count)
                   for name, count in (("q", o.heads), ("k", o.kv_heads), ("v", o.kv_heads)))
        scores = rotate(q) @ rotate(k).transpose(-1, -2) / math.sqrt(d_head)
        weights = (scores + torch.full((T, T), -math.inf).triu(1)).softmax(-1)
        x = x + (weights @ v).transpose(1, 2).reshape(rows, T, -1) @ w["self_attn.o_proj"].T
        h = norm(x, w["post_attention_layernorm"])
        gate, up, down = (w.get(f"mlp.{name}_proj.bias", 0) for name in ("gate", "up", "down"))
        gate = torch.nn.functional.silu(h @ w["mlp.gate_proj"].T + gate)
        x = x + (gate * (h @ w["mlp.up_proj"].T + up)) @ w["mlp.down_proj"].T + down
        if i + 1 == o.frozen_blocks:
            x = torch.cat([x[:, :1], x[:, 1:] + echo[:, None]], 1)
        if i + 1 == first_trained(o):
            x = x.detach()
    return norm(x, tensors["model.norm.weight"]) @ tensors["model.embed_tokens.weight"].T


def random_batch():
    """Returns a padded batch of documents of several lengths, one of them longer than the context."""
    random = np.random.default_rng(5)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ids.bin"
        bodies = [random.integers(2, D_VOCAB, length) for length in (30, 33, 90, 41, 37, 2)]
        np.concatenate([[BOS, *body, EOS] for body in bodies]).astype("<u2").tofile(path)
        documents = Documents(path, CONTEXT, D_VOCAB)
        assert documents.cut == 1
        return documents.load(documents.micro_batches(np.arange(len(bodies)), 4096)[0])


def reference(flat, shapes, o, batch, echo):
    """Returns the summed loss and its gradient by autograd."""
    ids, places, targets, count = batch
    flat = flat.clone().requires_grad_(True)
    logits = reference_logits(hugging_face_tensors(o, views(flat, shapes)), o, ids, echo).reshape(-1, D_VOCAB)
    loss = torch.nn.functional.cross_entropy(logits[places[:count]], targets[:count], reduction="sum")
    loss.backward()
    return float(loss), views(flat.grad, shapes)


def check(kv_heads, dtype, frozen_blocks):
    """Compares loss and every gradient for a number of key heads, a type of products, a window and echoes behind frozen blocks."""
    o = argparse.Namespace(d_model=D_MODEL, layers=3, heads=4, kv_heads=kv_heads, d_mlp=96, context=CONTEXT)
    o.frozen_blocks, o.share = frozen_blocks, 0.9 if frozen_blocks else 0
    o.layers += len(window_blocks(o))
    shapes = parameter_shapes(o, D_VOCAB)
    size = sum(math.prod(shape) for shape in shapes.values())
    flat = torch.randn(size, generator=torch.Generator().manual_seed(3)) * PERTURBATION
    parameters, batch, echo = views(flat, shapes), random_batch(), None
    if frozen_blocks:
        echo = torch.randn(len(batch[0]), D_MODEL, generator=torch.Generator().manual_seed(7))
    for name, value in parameters.items():
        value.add_(1.0 if name.endswith("norm") else 0.0)
    wanted_loss, wanted = reference(flat, shapes, o, batch, echo)
    model, weights = Model(o, dtype), effective_weights(parameters, o, dtype)
    gradients, dembed = views(torch.zeros(size), shapes), torch.zeros(D_VOCAB, o.d_model)
    with torch.no_grad():
        loss = float(model.loss_and_gradients(parameters["embed"], weights, batch, gradients, dembed, echo))
        unfold_gradients(parameters, gradients, o)
    gradients["embed"].add_(dembed)
    trained = [name for name in shapes if name == "embed" or not is_frozen(name, o)]
    errors = {name: float((gradients[name] - wanted[name]).norm() / wanted[name].norm()) for name in trained}
    worst = max(errors, key=errors.get)
    print(f"{kv_heads} key heads, {dtype}, {frozen_blocks} frozen: loss {loss:.4f} "
          f"for {wanted_loss:.4f}; relative error of a gradient at most {errors[worst]:.1e} ({worst})")
    if abs(loss / wanted_loss - 1) > TOLERANCE[dtype] or errors[worst] > TOLERANCE[dtype]:
        raise SystemExit("the backward pass is wrong")


def check_window():
    """Compares what a window makes of random rows, alone and under a loud vector, with x - share (running mean - mean); BOS passes."""
    o = argparse.Namespace(d_model=D_MODEL, layers=3, heads=4, kv_heads=4, d_mlp=96, context=CONTEXT, frozen_blocks=0, share=0.9)
    random = torch.Generator().manual_seed(13)
    parameters = {name: torch.zeros(shape) for name, shape in parameter_shapes(o, D_VOCAB).items()}
    x = torch.randn(8, CONTEXT, D_MODEL, generator=random) + torch.randn(D_MODEL, generator=random)
    x[:, 0] = 8 * torch.randn(D_MODEL, generator=random)
    quiet = torch.nn.functional.normalize(torch.randn(D_MODEL, generator=random), dim=0)
    x = x - (x @ quiet)[..., None] * quiet
    mean = x[:, 1:].mean((0, 1))
    loud = torch.nn.functional.normalize(torch.randn(D_MODEL, generator=random), dim=0) * 60
    loud = loud - loud @ quiet * quiet
    with torch.no_grad():
        def run(rows, blocks):
            weights = effective_weights(parameters, o, torch.float32)
            return Model(o, torch.float32).run_blocks(weights, rows.reshape(-1, D_MODEL).clone(), rows.shape[0], blocks)

        build_window(parameters, o, torch.cat([x[:1, 0], x[:, 1:].reshape(-1, D_MODEL)]), run)
        for name, vector in (("alone", torch.zeros(D_MODEL)), ("under a loud vector", loud)):
            rows = x.clone()
            rows[:, 1:] += vector
            count = torch.arange(1, CONTEXT)[:, None]
            wanted = torch.cat([x[:, :1], rows[:, 1:] - o.share * (rows[:, 1:].cumsum(1) / count - mean)], 1)
            error = (run(rows, window_blocks(o)).view(x.shape) - wanted).norm(dim=2).max() / x[:, 1:].norm(dim=2).mean()
            print(f"window, rows {name}: largest error {float(error):.1e} of a row's length")
            if error > WINDOW_TOLERANCE:
                raise SystemExit("the window does not take the mean away")


if __name__ == "__main__":
    for key_heads in (4, 2):
        for products in TOLERANCE:
            for frozen in (0, 1):
                check(key_heads, products, frozen)
    check_window()
