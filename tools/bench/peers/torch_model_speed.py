#!/usr/bin/env python3
"""The speed peer of whole models: ../shared/peers/torch_lm.py in float32.

   /usr/bin/python3 torch_model_speed.py DIR B T STOP PROMPT TOKENS

Prints `result {json}`: capture_tokens_per_s (a forward of B rows of T random tokens, stopped after STOP blocks, median of 3 after a
first one) and decode_tokens_per_s (TOKENS greedy tokens after PROMPT random ones with a cache, the median time of a token).
"""
import fair  # noqa: F401  first: it may start this script anew
import json, statistics, sys, time
import torch
from torch_lm import load

directory, (B, T, stop, prompt, tokens) = sys.argv[1], map(int, sys.argv[2:])
model = load(directory, torch.float32)
ids = torch.randint(3, model.embed.shape[0], (B, T))
times = []
for _ in range(4):
    begun = time.perf_counter()
    model(ids, stop=stop)
    times.append(time.perf_counter() - begun)
cache, steps = [], []
logits = model(torch.randint(3, model.embed.shape[0], (1, prompt)), cache=cache)
for _ in range(tokens):
    begun = time.perf_counter()
    logits = model(logits[:, -1:].argmax(-1), cache=cache)
    steps.append(time.perf_counter() - begun)
print('result ' + json.dumps(dict(capture_tokens_per_s=B * T / statistics.median(times[1:]), decode_tokens_per_s=1 / statistics.median(steps))))
