"""Trains a Llama-family language model on a corpus folder and exports it as a Hugging Face model directory.

Every worker process owns one core. A step's micro-batches are dealt out to the workers, their gradients are
added in shared memory, and every worker updates its share of one flat parameter vector. Forward and backward
are written out by hand: products in bfloat16 with float32 sums, residual stream and weights in float32.
"""
import argparse
import ctypes
import hashlib
import json
import math
import multiprocessing
import os
import time
from pathlib import Path

CPU_FLAGS = set(Path("/proc/cpuinfo").read_text().split()) if os.path.exists("/proc/cpuinfo") else set()
os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1", ONEDNN_PRIMITIVE_CACHE_CAPACITY="8192")
if {"avx512vl", "avx512bw", "avx512dq"} <= CPU_FLAGS:
    os.environ.setdefault("ATEN_CPU_CAPABILITY", "avx512")

import numpy as np  # noqa: E402
import torch  # noqa: E402  (reads the settings above when it is loaded)

from training.dictionary import Dictionary  # noqa: E402
from training.documents import Documents, Marks  # noqa: E402
from training.echo import draw_cuts, draw_echoes  # noqa: E402
from training.export import export, load  # noqa: E402
from training.llama import Model  # noqa: E402
from training.parameters import (  # noqa: E402
    effective_weights, initialize, is_frozen, parameter_shapes, unfold_gradients, views)
from training.window import build_window  # noqa: E402

BETAS, ADAM_EPSILON, CLIP_NORM = (0.9, 0.95), 1e-8, 1.0
DEFAULT_TOKENS, HELDOUT_TOKENS, REPORT_STEPS = 15_000_000, 65_536, 100
BARRIER_TIMEOUT_S, TYPICAL_TOKENS = 900, 16_384
PARTS = ("train", "echo", "heldout")
M_TRIM_THRESHOLD, M_MMAP_MAX = -1, -4


def parse_arguments():
    """Reads the command line; the recipe of the bundled model is in `train.sh`."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add = parser.add_argument
    add("--corpus", type=Path, required=True, help="folder of ids, corpus.json and tokenizer")
    add("--out", type=Path, required=True, help="model directory to write")
    for name, default in (("d-model", 160), ("layers", 5), ("heads", 5), ("kv-heads", 5), ("d-mlp", 432),
                          ("context", 192), ("batch-tokens", 8192), ("micro-tokens", 2048), ("warmup", 200),
                          ("seed", 0), ("threads", 2)):
        add(f"--{name}", type=int, default=default)
    add("--tokens", type=float, help=f"tokens to train on; {DEFAULT_TOKENS} without --minutes")
    add("--minutes", type=float, help="time to train for; with --tokens, whichever ends first")
    add("--lr", type=float, default=2e-3)
    add("--weight-decay", type=float, default=0.1)
    add("--init", type=Path, help="model directory to go on from")
    add("--frozen-blocks", type=int, default=0, help="first blocks that stay as they are, with the embedding")
    add("--share", type=float, default=0.0, help="with --init: share of the running mean that a window behind the frozen blocks takes away")
    add("--echo", type=float, default=0.0, help="share of the train part's rows that hear an echo behind the frozen blocks")
    add("--part-echo", type=float, default=1.0, help="with --echo: share of the echo part's rows that hear one")
    add("--text", type=float, default=0.5, help="with --echo: share of the micro-batches that are of the train part, not of the echo part")
    add("--dictionary", type=Path, help="what `train_dictionary.py` wrote, for --echo")
    add("--export-every", type=float, default=5.0, help="minutes between exports of the model so far")
    add("--dtype", choices=("bfloat16", "float32"), help="of products; bfloat16 where the processor has it",
        default="bfloat16" if "avx512_bf16" in CPU_FLAGS else "float32")
    o = parser.parse_args()
    if o.tokens is None and o.minutes is None:
        o.tokens = float(DEFAULT_TOKENS)
    if o.d_model % o.heads or o.heads % o.kv_heads or o.d_model // o.heads % 8:
        parser.error("heads must divide d-model into multiples of 8, and kv-heads must divide heads")
    if not 0 <= o.frozen_blocks < o.layers or (o.echo and not (o.frozen_blocks and o.dictionary)):
        parser.error("frozen-blocks must be fewer than layers, and echo needs at least one and a dictionary")
    return o


def read_corpus(o):
    """Reads `corpus.json` and checks that the id files are the ones it names."""
    corpus = json.loads((o.corpus / "corpus.json").read_text())
    for name in PARTS:
        sha256 = hashlib.sha256((o.corpus / f"{name}.bin").read_bytes()).hexdigest()
        if sha256 != corpus[f"{name}_sha256"]:
            raise SystemExit(f"{name}.bin has sha256 {sha256}; corpus.json says {corpus[f'{name}_sha256']}")
    return corpus


class Shared:
    """What the workers share: parameters, one gradient and one row of sums per worker, and a barrier."""

    def __init__(self, o, d_vocab):
        self.shapes = parameter_shapes(o, d_vocab)
        self.size = sum(math.prod(shape) for shape in self.shapes.values())
        self.flat = torch.zeros(self.size).share_memory_()
        self.gradients = torch.zeros(o.threads, self.size).share_memory_()
        self.sums = torch.zeros(o.threads, 3, dtype=torch.float64).share_memory_()
        self.progress = torch.zeros(1, dtype=torch.float64).share_memory_()
        self.barrier = multiprocessing.get_context("fork").Barrier(o.threads, timeout=BARRIER_TIMEOUT_S)
        self.parameters = views(self.flat, self.shapes)
        initialize(self.parameters, o)


LOSS, SQUARES, HELDOUT = 0, 1, 2


class AdamW:
    """AdamW (Loshchilov & Hutter 2019) on one worker's share of the flat vector; only matrices decay."""

    def __init__(self, shared, o, share):
        decays = {name: torch.full(shape, float(len(shape) == 2 and not is_frozen(name, o)))
                  for name, shape in shared.shapes.items()}
        self.decay = torch.cat([value.view(-1) for value in decays.values()])[share] * o.weight_decay
        self.value, self.steps = shared.flat[share], 0
        self.mean, self.square = torch.zeros_like(self.value), torch.zeros_like(self.value)

    def step(self, gradient, lr):
        """w -= lr (m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + epsilon) + decay w)."""
        self.steps += 1
        self.mean.lerp_(gradient, 1 - BETAS[0])
        self.square.mul_(BETAS[1]).addcmul_(gradient, gradient, value=1 - BETAS[1])
        spread = (self.square / (1 - BETAS[1] ** self.steps)).sqrt_().add_(ADAM_EPSILON)
        self.value.addcmul_(self.value, self.decay, value=-lr)
        self.value.addcdiv_(self.mean, spread, value=-lr / (1 - BETAS[0] ** self.steps))


class Worker:
    """One process of the training; all draw the same batches and take every `threads`-th of them."""

    def __init__(self, o, corpus, shared, rank):
        self.o, self.shared, self.rank = o, shared, rank
        self.train, self.echo, self.heldout = (
            Documents(o.corpus / f"{name}.bin", o.context, corpus["vocab_size"]) for name in PARTS)
        bounds = [shared.size * i // o.threads for i in range(o.threads + 1)]
        self.share = slice(bounds[rank], bounds[rank + 1])
        self.optimizer = AdamW(shared, o, self.share)
        self.model, self.exact = Model(o, getattr(torch, o.dtype)), Model(o, torch.float32)
        self.gradients = views(shared.gradients[rank], shared.shapes)
        self.dembed = torch.zeros_like(self.gradients["embed"])
        self.marks = Marks(o.corpus / "tokenizer.json")
        self.dictionary = Dictionary(**torch.load(o.dictionary)) if o.echo else None
        self.random = np.random.default_rng((o.seed, rank))
        self.batches = self.mix_batches()

    def mix_batches(self):
        """Yields (documents, micro-batch) forever, the same for all workers: of the train part, with --echo also of the echo part."""
        o, random = self.o, np.random.default_rng(self.o.seed)
        train, echo = (part.endless(o.seed, o.micro_tokens) for part in (self.train, self.echo))
        while True:
            is_text = o.echo == 0 or random.random() < o.text
            yield (self.train, next(train)) if is_text else (self.echo, next(echo))

    def next_step(self):
        """Draws the micro-batches of a step, equally many per worker, and counts the tokens they predict."""
        batches, tokens = [], 0
        while tokens < self.o.batch_tokens - self.o.micro_tokens // 2 or len(batches) % self.o.threads:
            batches.append(next(self.batches))
            documents, batch = batches[-1]
            tokens += documents.targets(batch)
        return batches, tokens

    def step(self, lr):
        """Makes one step and returns its tokens; `shared.sums[:, LOSS]` holds the sums of their losses."""
        shared, (batches, tokens) = self.shared, self.next_step()
        weights = effective_weights(shared.parameters, self.o, self.model.dtype)
        shared.gradients[self.rank].zero_()
        self.dembed.zero_()
        embed = shared.parameters["embed"]
        mine = (self.load(*batch, weights) for batch in batches[self.rank::self.o.threads])
        losses = [self.model.loss_and_gradients(embed, weights, batch, self.gradients, self.dembed, echo)
                  for batch, echo in mine]
        unfold_gradients(shared.parameters, self.gradients, self.o)
        self.gradients["embed"].add_(self.dembed)
        for name, gradient in self.gradients.items():
            if is_frozen(name, self.o):
                gradient.zero_()
        shared.sums[self.rank, LOSS] = torch.stack(losses).sum()
        shared.barrier.wait()
        gradient = shared.gradients[:, self.share].sum(0).div_(tokens)
        shared.sums[self.rank, SQUARES] = gradient.dot(gradient)
        shared.barrier.wait()
        norm = float(shared.sums[:, SQUARES].sum().sqrt())
        self.optimizer.step(gradient.mul_(min(1.0, CLIP_NORM / (norm + 1e-6))), lr)
        shared.barrier.wait()
        return tokens

    def load(self, documents, batch, weights):
        """Loads a micro-batch, and what its rows hear."""
        o = self.o
        if o.echo == 0:
            return documents.load(batch), None
        ids, lengths = documents.load(batch)[0], documents.lengths[batch[0]]
        cut = draw_cuts(ids.numpy(), lengths, self.marks, self.random)
        embed = self.shared.parameters["embed"]
        x = self.model.run_blocks(weights, embed[ids.view(-1)], len(ids), range(o.frozen_blocks))
        share = o.echo if documents is self.train else o.part_echo
        hears, echoes = draw_echoes(x, lengths, cut, share, self.dictionary, self.random)
        return documents.load_cut(batch, np.where(hears, cut, 1)), echoes

    def heldout_loss(self):
        """Returns nats per token of the first held-out documents, in float32; the workers share the work."""
        lengths = self.heldout.lengths.cumsum()
        documents = (lengths <= max(HELDOUT_TOKENS, lengths[0])).nonzero()[0]
        batches = self.heldout.micro_batches(documents, self.o.micro_tokens)
        weights = effective_weights(self.shared.parameters, self.o, torch.float32)
        embed = self.shared.parameters["embed"]
        mine = map(self.heldout.load, batches[self.rank::self.o.threads])
        self.shared.sums[self.rank, HELDOUT] = sum(self.exact.loss(embed, weights, batch) for batch in mine)
        self.shared.barrier.wait()
        return float(self.shared.sums[:, HELDOUT].sum()) / sum(map(self.heldout.targets, batches))


def learning_rate(o, step, progress):
    """Warms up linearly and falls to zero along a cosine; `progress` is the fraction of the training done."""
    return o.lr * min(1.0, (step + 1) / o.warmup) * 0.5 * (1 + math.cos(math.pi * progress))


def progress_of(o, tokens, seconds):
    """The fraction done of whichever limit, tokens or minutes, is reached first."""
    return min(1.0, max(tokens / o.tokens if o.tokens else 0, seconds / 60 / o.minutes if o.minutes else 0))


def work(o, corpus, shared, rank):
    """Trains as worker `rank`; the first worker also reports and exports."""
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    # Large blocks stay in the heap: fresh pages for every tensor would take longer than filling them.
    libc = ctypes.CDLL(None)
    libc.mallopt(M_MMAP_MAX, 0)
    libc.mallopt(M_TRIM_THRESHOLD, 2 ** 31 - 1)
    worker = Worker(o, corpus, shared, rank)
    report = Report(o, corpus, worker) if rank == 0 else None
    tokens, step = 0, 0
    with torch.no_grad():
        while float(shared.progress) < 1:
            lr = learning_rate(o, step, float(shared.progress))
            tokens += worker.step(lr)
            step += 1
            if report:
                report.add(step, tokens, lr)
                shared.progress[0] = progress_of(o, tokens, report.seconds())
            shared.barrier.wait()
            if step % REPORT_STEPS == 0 or float(shared.progress) == 1:
                heldout = worker.heldout_loss()
                if report:
                    report.line(heldout)


class Report:
    """Keeps the loss curve, prints it, and exports the model from time to time and at the end."""

    def __init__(self, o, corpus, worker):
        self.o, self.corpus, self.worker = o, corpus, worker
        self.curve, self.losses, self.since = [], 0.0, 0
        self.step, self.tokens, self.lr = 0, 0, 0.0
        self.start = self.line_time = self.export_time = time.monotonic()
        train = worker.train
        print(f"{worker.shared.size} parameters, {len(train.starts)} documents of {len(train.ids)} tokens "
              f"({train.cut} cut to the context of {o.context}), products in {o.dtype}", flush=True)

    def seconds(self):
        return time.monotonic() - self.start

    def add(self, step, tokens, lr):
        """Notes a step; its loss is read before the other workers can write the next one."""
        self.losses += float(self.worker.shared.sums[:, LOSS].sum())
        self.since += tokens - self.tokens
        self.step, self.tokens, self.lr = step, tokens, lr
        if time.monotonic() - self.export_time > 60 * self.o.export_every:
            self.export()

    def line(self, heldout):
        """Prints and keeps one point of the curve; exports after the last."""
        train, now = self.losses / self.since, time.monotonic()
        self.curve.append({"step": self.step, "tokens": self.tokens, "train": train, "heldout": heldout})
        speed = self.since / (now - self.line_time)
        print(f"step {self.step}  tokens {self.tokens}  lr {self.lr:.2e}  train {train:.4f}  "
              f"heldout {heldout:.4f}  {speed:.0f} tokens/s", flush=True)
        self.losses, self.since, self.line_time = 0.0, 0, now
        if float(self.worker.shared.progress) == 1:
            self.export()

    def export(self):
        """Writes the model so far, with its recipe and loss curve."""
        recipe = {name: value for name, value in vars(self.o).items() if not isinstance(value, Path)}
        record = {"recipe": {**recipe, "optimizer": "AdamW", "betas": BETAS, "clip_norm": CLIP_NORM,
                             "schedule": "linear warmup, cosine to zero"},
                  "parameters": self.worker.shared.size, "seed": self.o.seed, "steps": self.step,
                  "tokens": self.tokens, "finished": float(self.worker.shared.progress) == 1,
                  "seconds": round(self.seconds(), 1), "torch": torch.__version__, "corpus": self.corpus,
                  "curve": self.curve}
        if self.o.init:
            record["before"] = json.loads((self.o.init / "training.json").read_text())
        export(self.o, self.worker.shared.parameters, record)
        self.export_time = time.monotonic()


def go_on(o, corpus, parameters):
    """Sets the parameters to those of `--init`; with --share, a window stands behind the frozen blocks."""
    load(o, parameters, o.init)
    if not o.share:
        return
    documents = Documents(o.corpus / "train.bin", o.context, corpus["vocab_size"])
    ids, places, _, count = documents.load(next(documents.endless(o.seed, TYPICAL_TOKENS)))
    model = Model(o, torch.float32)

    def run(x, rows, blocks):
        return model.run_blocks(effective_weights(parameters, o, torch.float32), x.clone(), rows, blocks)

    x = run(parameters["embed"][ids.view(-1)], len(ids), range(o.frozen_blocks))
    places = places[:count]
    typical = torch.cat([x[:1], x[places[places % ids.shape[1] > 0]]])
    build_window(parameters, o, typical, lambda x, blocks: run(x, len(x), blocks))


def main():
    """Starts the workers; this process is the first of them."""
    o = parse_arguments()
    corpus = read_corpus(o)
    shared = Shared(o, corpus["vocab_size"])
    if o.init:
        go_on(o, corpus, shared.parameters)
    fork = multiprocessing.get_context("fork")
    processes = [fork.Process(target=work, args=(o, corpus, shared, rank), daemon=True)
                 for rank in range(1, o.threads)]
    for process in processes:
        process.start()
    work(o, corpus, shared, 0)
    for process in processes:
        process.join()


if __name__ == "__main__":
    main()
