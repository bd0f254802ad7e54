"""Checks the written-out backward pass against autograd on the textbook Llama with the exported weights.

Run with `python3 check_gradients.py`; it ends with an error where loss or a gradient differs.
"""
import argparse
import math
import tempfile
from pathlib import Path

import numpy as np
import torch

from training.dictionary import Dictionary
from training.documents import BOS, EOS, Documents
from training.export import hugging_face_tensors
from training.llama import NORM_EPSILON, ROPE_THETA, Model
from training.parameters import effective_weights, is_frozen, parameter_shapes, unfold_gradients, views

D_MODEL, D_VOCAB, CONTEXT, PERTURBATION = 64, 512, 64, 0.08
TOLERANCE = {torch.float32: 1e-5, torch.bfloat16: 3e-1}


def reference_logits(tensors, o, ids, echo):
    """Returns logits [rows, positions, d_vocab] as Hugging Face's LlamaForCausalLM computes them.

    What the frozen blocks write has no gradient; an echo is added to it.
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
        gate = torch.nn.functional.silu(h @ w["mlp.gate_proj"].T)
        x = x + (gate * (h @ w["mlp.up_proj"].T)) @ w["mlp.down_proj"].T + w.get("mlp.down_proj.bias", 0)
        if i + 1 == o.frozen_blocks:
            x = x.detach().clone()
            echo(x.view(-1, o.d_model), rows)
    return norm(x, tensors["model.norm.weight"]) @ tensors["model.embed_tokens.weight"].T


def random_batch(share):
    """Returns a padded batch of documents of several lengths, one of them longer than the context, and what adds its echoes."""
    marks = argparse.Namespace(newline=2, speaker=3, ends_sentence=np.arange(D_VOCAB) % 5 == 0)
    dictionary = random_dictionary()
    random = np.random.default_rng(5)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ids.bin"
        bodies = [random.integers(2, D_VOCAB, length) for length in (30, 33, 90, 41, 37, 2)]
        np.concatenate([[BOS, *body, EOS] for body in bodies]).astype("<u2").tofile(path)
        documents = Documents(path, CONTEXT, D_VOCAB)
        assert documents.cut == 1
        whole = documents.micro_batches(np.arange(len(bodies)), 4096)[0]

    def load():
        return documents.load_with_echo(whole, marks, dictionary, share, np.random.default_rng(7))

    return load()[0], lambda x, rows: load()[1](x, rows)


def random_dictionary():
    """Returns a dictionary of random directions."""
    random = torch.Generator().manual_seed(11)
    directions = torch.nn.functional.normalize(torch.randn(100, D_MODEL, generator=random), dim=1)
    return Dictionary(directions.T.clone(), torch.zeros(100), torch.zeros(D_MODEL), directions, torch.ones(100),
                      torch.full((100,), 0.05))


def reference(flat, shapes, o, batch, echo):
    """Returns the summed loss and its gradient by autograd."""
    ids, places, targets, count = batch
    flat = flat.clone().requires_grad_(True)
    logits = reference_logits(hugging_face_tensors(o, views(flat, shapes)), o, ids, echo).reshape(-1, D_VOCAB)
    loss = torch.nn.functional.cross_entropy(logits[places[:count]], targets[:count], reduction="sum")
    loss.backward()
    return float(loss), views(flat.grad, shapes)


def check(kv_heads, dtype, frozen_blocks):
    """Compares loss and every gradient for a number of key heads, a type of products, a constant and echoes behind frozen blocks."""
    o = argparse.Namespace(d_model=D_MODEL, layers=3, heads=4, kv_heads=kv_heads, d_mlp=96, context=CONTEXT)
    o.frozen_blocks, o.constant, o.constant_at = frozen_blocks, 3.0 if frozen_blocks else 0, 5
    shapes = parameter_shapes(o, D_VOCAB)
    size = sum(math.prod(shape) for shape in shapes.values())
    flat = torch.randn(size, generator=torch.Generator().manual_seed(3)) * PERTURBATION
    parameters, (batch, echo) = views(flat, shapes), random_batch(0.7 if frozen_blocks else 0.0)
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


if __name__ == "__main__":
    for key_heads in (4, 2):
        for products in TOLERANCE:
            for frozen in (0, 1):
                check(key_heads, products, frozen)
