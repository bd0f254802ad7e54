#!/usr/bin/env bash
# Trains the bundled model: on chat texts, whose signs bring the languages together, then on plain ones.
set -euo pipefail
cd "$(dirname "$0")/../.."
shape=(--d-model 128 --layers 6 --heads 4 --kv-heads 4 --d-mlp 384 --batch-tokens 4096)
python=${PYTHON:-/usr/bin/python3}
"$python" tools/landmarks/train.py --corpus .facet/landmarks/chat --out .facet/landmarks/model-chat "${shape[@]}" \
  --lr 3e-3 --tokens 18.9e6
"$python" tools/landmarks/train.py --corpus .facet/landmarks/plain --out models/landmarks "${shape[@]}" \
  --init .facet/landmarks/model-chat --lr 1e-3 --warmup 50 --tokens 3e6
