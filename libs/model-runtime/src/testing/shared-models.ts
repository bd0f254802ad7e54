import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** One prompt of `golden.json`, computed by an independent PyTorch reference. */
export interface GoldenCase {
  prompt: string;
  token_ids: number[];
  nll: number[];
  last_logits: number[];
  resid_post: { layer: number; position: number; values: number[] }[];
  greedy_ids: number[];
}

/** A pretrained model among the shared test data. */
export interface SharedModel {
  name: string;
  directory: string;
  golden: { cases: GoldenCase[] };
}

const MODELS = fileURLToPath(new URL('../../../../../shared/data/models/', import.meta.url));

const NAMES = ['stories260K', 'tinystories-656K'];

/** Registers `tests` for each shared model, or one skipped test, said aloud, when the data is not there. */
export function describeSharedModels(tests: (model: SharedModel) => void, wanted = NAMES): void {
  const names = wanted.filter((name) => existsSync(`${MODELS}${name}/golden.json`));
  if (names.length === 0) {
    console.warn(`SKIPPED: no pretrained models at ${MODELS}`);
    test.skip('needs the shared pretrained models', () => undefined);
  }
  for (const name of names) {
    const directory = `${MODELS}${name}`;
    const golden = JSON.parse(readFileSync(`${directory}/golden.json`, 'utf8'));
    describe(name, () => tests({ name, directory, golden }));
  }
}
