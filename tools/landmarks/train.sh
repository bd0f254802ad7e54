#!/usr/bin/env bash
# Trains the bundled model on the corpus that `npm run landmarks:corpus` wrote.
set -euo pipefail
cd "$(dirname "$0")/../.."
exec "${PYTHON:-/usr/bin/python3}" tools/landmarks/train.py --corpus .facet/landmarks --out models/landmarks --d-model 128 --layers 6 \
  --heads 4 --kv-heads 4 --d-mlp 384 --batch-tokens 4096 --lr 3e-3 --tokens 18.9e6
