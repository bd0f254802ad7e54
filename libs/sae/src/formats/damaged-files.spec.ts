import { isFacetError } from '@facet/errors';
import fc from 'fast-check';
import type { Architecture } from '../sae.ts';
import { memoryFiles, writtenFiles } from '../testing/memory-files.ts';
import { damage, mutations } from '../testing/mutations.ts';
import { randomSae } from '../testing/random-sae.ts';
import { readSae, writeSae } from './formats.ts';
import type { SaeFormat } from './sae-format.ts';

const CASES: [SaeFormat, Architecture][] = [
  ['saelens', 'gated'],
  ['saelens', 'topk'],
  ['sparsify', 'topk'],
  ['gemma-scope', 'jumprelu'],
  ['gemma-scope-2', 'jumprelu'],
  ['dictionary-learning', 'topk'],
  ['dictionary-learning', 'gated'],
];
const RUNS = 250;
/** Nothing of 2 KiB may take long to read. */
const MAX_MS = 2000;

describe('a damaged file', () => {
  test.each(CASES)('%s of a %s SAE loads or is refused by a FacetError', async (format, architecture) => {
    const sae = randomSae(architecture, { d_in: 4, d_sae: 6, ...(architecture === 'topk' && { k: 2 }) });
    const files = writtenFiles(writeSae(sae, format).files);
    let refused = 0;
    const damaged = fc.record({ name: fc.constantFrom(...Object.keys(files)), changes: mutations });
    await fc.assert(
      fc.asyncProperty(damaged, async ({ name, changes }) => {
        const all = { ...files, [name]: damage(files[name], changes) };
        const chunks = Object.fromEntries(Object.entries(all).map(([key, bytes]) => [key, [bytes]]));
        const started = performance.now();
        const error = await readSae(format, memoryFiles(chunks)).then(
          () => undefined,
          (reason: unknown) => reason,
        );
        expect(performance.now() - started).toBeLessThan(MAX_MS);
        if (error === undefined) return;
        if (!isFacetError(error)) throw error;
        expect(error.message.length).toBeGreaterThan(20);
        expect(error.message.length).toBeLessThan(4000);
        refused++;
      }),
      { numRuns: RUNS, seed: 4 },
    );
    expect(refused).toBeGreaterThan(RUNS / 3);
  });
});
