#!/usr/bin/env bash
# Trains the bundled model on the corpus that `npm run landmarks:corpus` wrote. README.md says what each step is for.
set -euo pipefail
cd "$(dirname "$0")/../.."
python="${PYTHON:-/usr/bin/python3}"
made=.facet/landmarks
front=4 # blocks up to the hook point

train() {
  "$python" tools/landmarks/train.py --corpus "$made" --d-model 128 --heads 4 --kv-heads 4 --d-mlp 384 --batch-tokens 4096 "$@"
}

train --layers 6 --lr 3e-3 --tokens 18.9e6 --out "$made/text"
"$python" tools/landmarks/train_dictionary.py --corpus "$made" --model "$made/text" --frozen-blocks "$front" --out "$made/dictionary.pt"
train --layers 8 --init "$made/text" --frozen-blocks "$front" --share 0.948 --echo 0.3 --part-echo 0.7 --dictionary "$made/dictionary.pt" \
  --lr 2e-3 --warmup 50 --tokens 5.5e6 --out "$made/model"
cp "$made/model/"* models/landmarks/ # only now: a training that is cut off leaves the bundled model as it was
