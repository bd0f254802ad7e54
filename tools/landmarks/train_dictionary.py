"""Trains the dictionary of features that `train.py --echo` lets texts be heard in, on a model that `train.py` exported."""
import argparse
import json
from pathlib import Path

import torch

from training.dictionary import train_dictionary
from training.documents import Documents
from training.export import load
from training.llama import Model
from training.parameters import effective_weights, parameter_shapes


def residual_stream(o, tokens):
    """Returns what stands behind the first `o.frozen_blocks` blocks at `tokens` positions of the train part, BOS apart."""
    model, parameters, read = Model(o, torch.float32), load_parameters(o), []
    weights = effective_weights(parameters, o, torch.float32)
    documents = Documents(o.corpus / "train.bin", o.context, len(parameters["embed"]))
    for batch in documents.endless(o.seed + 1, o.micro_tokens):
        ids, places, _, count = documents.load(batch)
        x = model.run_blocks(weights, parameters["embed"][ids.view(-1)], ids.shape[0], range(o.frozen_blocks))
        places = places[:count]
        read.append(x[places[places % ids.shape[1] > 0]])
        tokens -= len(read[-1])
        if tokens <= 0:
            return torch.cat(read)


def load_parameters(o):
    """Returns the parameters of the model in `o.model`."""
    parameters = {name: torch.zeros(shape) for name, shape in parameter_shapes(o, o.d_vocab).items()}
    load(o, parameters, o.model)
    return parameters


def options_of(model):
    """Reads the sizes of a model directory."""
    config = json.loads((model / "config.json").read_text())
    return {"d_model": config["hidden_size"], "layers": config["num_hidden_layers"], "heads": config["num_attention_heads"],
            "kv_heads": config["num_key_value_heads"], "d_mlp": config["intermediate_size"], "d_vocab": config["vocab_size"],
            "context": config["max_position_embeddings"], "share": 0, "micro_tokens": 2048}


def main():
    """Reads the residual stream, trains the dictionary and writes it."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("corpus", "model", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--frozen-blocks", type=int, required=True)
    parser.add_argument("--tokens", type=int, default=600_000)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    o = parser.parse_args()
    vars(o).update(options_of(o.model))
    with torch.no_grad():
        activations = residual_stream(o, o.tokens)
    torch.save(vars(train_dictionary(activations, o.epochs, o.seed)), o.out)


if __name__ == "__main__":
    main()
