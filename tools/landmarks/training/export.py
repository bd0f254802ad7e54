"""Writes a model as a Hugging Face directory."""
import json
import os
import shutil
from pathlib import Path

import numpy as np
import torch

from training.documents import BOS, EOS
from training.llama import NORM_EPSILON, ROPE_THETA
from training.window import window_blocks

TOKENIZER_FILES = ("tokenizer.json", "tokenizer_config.json")
HEADER_ALIGNMENT = 8


def export(o, parameters, record):
    """Writes config, F16 weights, tokenizer and `record` to `--out`; a file appears whole or not at all."""
    temporary = Path(f"{o.out}.partial")
    temporary.mkdir(parents=True, exist_ok=True)
    o.out.mkdir(parents=True, exist_ok=True)
    for name in TOKENIZER_FILES:
        shutil.copyfile(o.corpus / name, temporary / name)
    documents = {"config.json": config(o, len(parameters["embed"])), "training.json": record,
                 "generation_config.json": {"bos_token_id": BOS, "eos_token_id": EOS, "do_sample": False}}
    for name, document in documents.items():
        (temporary / name).write_text(json.dumps(document, indent=2) + "\n")
    write_safetensors(temporary / "model.safetensors", hugging_face_tensors(o, parameters))
    for path in temporary.iterdir():
        os.replace(path, o.out / path.name)
    temporary.rmdir()


def config(o, d_vocab):
    """Returns `config.json`."""
    return {
        "architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": d_vocab,
        "hidden_size": o.d_model, "num_hidden_layers": o.layers, "intermediate_size": o.d_mlp,
        "num_attention_heads": o.heads, "num_key_value_heads": o.kv_heads, "head_dim": o.d_model // o.heads,
        "max_position_embeddings": o.context, "rms_norm_eps": NORM_EPSILON, "rope_theta": ROPE_THETA,
        "rope_scaling": None, "hidden_act": "silu", "attention_bias": False, "attention_dropout": 0.0,
        "mlp_bias": bool(o.share), "tie_word_embeddings": True, "bos_token_id": BOS, "eos_token_id": EOS,
        "initializer_range": 0.02, "torch_dtype": "float16", "use_cache": True,
    }


def hugging_face_tensors(o, p):
    """Returns the weights by their Hugging Face names; rows of queries and keys come back into head order."""
    tensors = {"model.embed_tokens.weight": p["embed"]}
    for i in range(o.layers):
        q, k, v = separate_heads(p[f"{i}.qkv"], o)
        gate, up = p[f"{i}.gate_up"].chunk(2, 0)
        tensors.update({f"model.layers.{i}.{name}.weight": value for name, value in {
            "input_layernorm": p[f"{i}.attention_norm"], "self_attn.q_proj": q, "self_attn.k_proj": k,
            "self_attn.v_proj": v, "self_attn.o_proj": p[f"{i}.o"],
            "post_attention_layernorm": p[f"{i}.mlp_norm"],
            "mlp.gate_proj": gate, "mlp.up_proj": up, "mlp.down_proj": p[f"{i}.down"]}.items()})
        if o.share:
            tensors.update(biases(o, p, i))
    return {**tensors, "model.norm.weight": p["norm"]}


def biases(o, p, block):
    """Returns the biases of a block's MLP: zeros outside the window."""
    gate, down = (p.get(f"{block}.{name}_bias", torch.zeros(size)) for name, size in (("gate", o.d_mlp), ("down", o.d_model)))
    return {f"model.layers.{block}.mlp.{name}_proj.bias": value for name, value in (
        ("gate", gate), ("up", torch.zeros(o.d_mlp)), ("down", down))}


def separate_heads(qkv, o):
    """Splits `qkv` (see `parameter_shapes`) into q, k and v with the rows of each head together."""
    half, both = o.d_model // o.heads // 2, o.heads + o.kv_heads
    halves = qkv[:2 * both * half].view(2, both, half, -1).transpose(0, 1)
    q, k = (part.reshape(-1, o.d_model) for part in halves.split([o.heads, o.kv_heads]))
    return q, k, qkv[2 * both * half:]


def write_safetensors(path, tensors):
    """Writes F16 tensors: header length, JSON header padded with spaces, data in the header's order."""
    header, data, at = {"__metadata__": {"format": "pt"}}, [], 0
    for name, tensor in tensors.items():
        if not torch.isfinite(tensor.half()).all():
            raise SystemExit(f"{name} has a value that F16 cannot hold; the training diverged")
        data.append(tensor.numpy().astype("<f2").tobytes())
        header[name] = {"dtype": "F16", "shape": list(tensor.shape), "data_offsets": [at, at + len(data[-1])]}
        at += len(data[-1])
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % HEADER_ALIGNMENT)
    path.write_bytes(np.uint64(len(text)).astype("<u8").tobytes() + text + b"".join(data))


def load(o, parameters, directory):
    """Sets `parameters` to the weights of a directory that `export` wrote; where it has no window, that of `o` stays as it is."""
    tensors = read_safetensors(directory / "model.safetensors")
    parameters["embed"].copy_(tensors["model.embed_tokens.weight"])
    parameters["norm"].copy_(tensors["model.norm.weight"])
    has_window = f"model.layers.{o.layers - 1}.input_layernorm.weight" in tensors
    blocks = [i for i in range(o.layers) if has_window or i not in window_blocks(o)]
    for stored, i in enumerate(blocks):
        t = {name: tensors[f"model.layers.{stored}.{name}.weight"] for name in (
            "input_layernorm", "self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj",
            "post_attention_layernorm", "mlp.gate_proj", "mlp.up_proj", "mlp.down_proj")}
        half = o.d_model // o.heads // 2
        heads = torch.cat([t["self_attn.q_proj"], t["self_attn.k_proj"]]).view(-1, 2, half, o.d_model)
        halves = heads.transpose(0, 1).reshape(-1, o.d_model)
        parameters[f"{i}.qkv"].copy_(torch.cat([halves, t["self_attn.v_proj"]]))
        parameters[f"{i}.o"].copy_(t["self_attn.o_proj"])
        parameters[f"{i}.gate_up"].copy_(torch.cat([t["mlp.gate_proj"], t["mlp.up_proj"]]))
        parameters[f"{i}.down"].copy_(t["mlp.down_proj"])
        parameters[f"{i}.attention_norm"].copy_(t["input_layernorm"])
        parameters[f"{i}.mlp_norm"].copy_(t["post_attention_layernorm"])
        if has_window and i in window_blocks(o):
            for name in ("gate", "down"):
                parameters[f"{i}.{name}_bias"].copy_(tensors[f"model.layers.{i}.mlp.{name}_proj.bias"])


def read_safetensors(path):
    """Reads the F16 tensors of a file that `write_safetensors` wrote, as float32."""
    data = path.read_bytes()
    size = int(np.frombuffer(data[:8], "<u8")[0])
    header = json.loads(data[8:8 + size])
    header.pop("__metadata__", None)
    return {name: torch.from_numpy(np.frombuffer(data[8 + size:][slice(*entry["data_offsets"])], "<f2")
                                   .astype("<f4").reshape(entry["shape"])) for name, entry in header.items()}
