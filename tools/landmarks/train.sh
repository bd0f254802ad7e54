#!/usr/bin/env bash
# Trains the bundled model on the corpus that `npm run landmarks:corpus` wrote: all of it, then the blocks behind
# the hook point of the demo once more with echoes, so that they write on under a large vector in the residual stream.
set -euo pipefail
cd "$(dirname "$0")/../.."
train() {
  "${PYTHON:-/usr/bin/python3}" tools/landmarks/train.py --corpus .facet/landmarks --d-model 128 --layers 6 --heads 4 --kv-heads 4 \
    --d-mlp 384 --batch-tokens 4096 --constant 32 "$@"
}
train --out .facet/landmarks/plain --lr 3e-3 --tokens 10e6
train --out models/landmarks --init .facet/landmarks/plain --frozen-blocks 3 --echo 0.7 --lr 2e-3 --warmup 50 --tokens 5e6
