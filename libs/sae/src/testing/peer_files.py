"""Writes and reads SAE files with numpy and torch themselves, and computes what dictionary_learning's classes compute.

    peer_files.py write FOLDER          one folder per dictionary class and one params.npz, each with x.npy, f.npy, x_hat.npy
    peer_files.py read PATH...          prints the tensors of files as JSON: path -> name -> [shape, dtype, values]
"""

import json
import sys
from pathlib import Path

import numpy as np
import torch
from torch import nn

D, F, K, ROWS = 6, 20, 3, 9


def state_of(**tensors):
    """A state_dict as nn.Module.state_dict() makes it, with the version attribute that torch.save pickles too."""
    module = nn.Module()
    for name, value in tensors.items():
        parts = name.split(".")
        owner = module
        for part in parts[:-1]:
            if not hasattr(owner, part):
                owner.add_module(part, nn.Module())
            owner = getattr(owner, part)
        if value.is_floating_point() and value.dim() > 0:
            owner.register_parameter(parts[-1], nn.Parameter(value))
        else:
            owner.register_buffer(parts[-1], value)
    return module.state_dict()


def dictionaries():
    """(class, state, encode(x), decode(f)) of every class, after dictionary_learning's dictionary.py and trainers."""
    r = lambda *shape: torch.randn(*shape)
    W, b_enc, b = r(F, D), r(F), r(D)
    V = torch.randn(F, D).T.clone().T.clone().T  # [D, F] that is not contiguous
    relu = torch.relu
    yield "AutoEncoder", {"bias": b, "encoder.weight": W, "encoder.bias": b_enc, "decoder.weight": V}, (
        lambda x: relu((x - b) @ W.T + b_enc)), (lambda f: f @ V.T + b)
    yield "AutoEncoderNew", {"encoder.weight": W, "encoder.bias": b_enc, "decoder.weight": V, "decoder.bias": b}, (
        lambda x: relu(x @ W.T + b_enc)), (lambda f: f @ V.T + b)

    def topk(x):
        f = relu((x - b) @ W.T + b_enc)
        kept = f.topk(K, dim=-1)
        return torch.zeros_like(f).scatter_(-1, kept.indices, kept.values)

    shared = {"b_dec": b, "encoder.weight": W.T.clone().T, "encoder.bias": b_enc, "decoder.weight": V,
              "k": torch.tensor(K, dtype=torch.int), "threshold": torch.tensor(0.8)}
    yield "AutoEncoderTopK", shared, topk, (lambda f: f @ V.T + b)

    def batch(x):
        f = relu((x - b) @ W.T + b_enc)
        return f * (f > 0.8)

    yield "BatchTopKSAE", shared, batch, (lambda f: f @ V.T + b)
    E, T = W.T.contiguous(), V.T.contiguous()
    yield "MatryoshkaBatchTopKSAE", {"k": shared["k"], "threshold": shared["threshold"],
                                     "group_sizes": torch.tensor([5, F - 5]), "W_enc": E, "b_enc": b_enc,
                                     "W_dec": T, "b_dec": b}, batch, (lambda f: f @ T + b)
    theta = r(F).abs()

    def jump(x):
        z = x @ E + b_enc
        return relu(z * (z > theta))

    yield "JumpReluAutoEncoder", {"W_enc": E, "b_enc": b_enc, "W_dec": T, "b_dec": b, "threshold": theta}, jump, (
        lambda f: f @ T + b)
    r_mag, gate, mag = r(F), r(F), r(F)

    def gated(x):
        p = (x - b) @ W.T
        return ((p + gate) > 0).float() * relu(r_mag.exp() * p + mag)

    yield "GatedAutoEncoder", {"decoder_bias": b, "encoder.weight": W, "r_mag": r_mag, "gate_bias": gate,
                               "mag_bias": mag, "decoder.weight": V}, gated, (lambda f: f @ V.T + b)


def save_rows(folder, x, f, x_hat):
    for name, value in (("x", x), ("f", f), ("x_hat", x_hat)):
        np.save(folder / f"{name}.npy", value.numpy())


def write(folder):
    torch.manual_seed(0)
    for name, tensors, encode, decode in dictionaries():
        target = folder / name
        target.mkdir()
        torch.save(state_of(**tensors), target / "ae.pt")
        trainer = {"dict_class": name, "activation_dim": D, "dict_size": F, "layer": 4, "lm_name": "org/m",
                   "submodule_name": "resid_post_layer_4", **({"k": K} if "TopK" in name else {})}
        (target / "config.json").write_text(json.dumps({"trainer": trainer, "buffer": {"ctx_len": 128}}))
        x = torch.randn(ROWS, D) * 2
        f = encode(x)
        save_rows(target, x, f, decode(f))
    target = folder / "gemma-scope-2b-pt-res" / "layer_7" / "width_16k"
    target.mkdir(parents=True)
    W, T, b_enc, b, theta = torch.randn(D, F), torch.randn(F, D), torch.randn(F), torch.randn(D), torch.rand(F)
    np.savez_compressed(target / "params.npz", W_enc=W.numpy(), W_dec=np.asfortranarray(T.numpy()), b_enc=b_enc.numpy(),
                        b_dec=b.numpy(), threshold=theta.numpy())
    x = torch.randn(ROWS, D) * 2
    z = x @ W + b_enc
    f = torch.relu(z) * (z > theta)
    save_rows(target, x, f, f @ T + b)


def read(path):
    if path.suffix == ".npz":
        with np.load(path) as data:
            tensors = {name: data[name] for name in data.files}
    else:
        tensors = {name: value.numpy() for name, value in torch.load(path, weights_only=True).items()}
    return {name: [list(v.shape), str(v.dtype), v.astype(np.float64).ravel().tolist()] for name, v in tensors.items()}


if __name__ == "__main__":
    if sys.argv[1] == "write":
        write(Path(sys.argv[2]))
    else:
        print(json.dumps({path: read(Path(path)) for path in sys.argv[2:]}))
