import { writeSaeArtifact } from '@facet/artifacts';
import { createLogger } from '@facet/mesh';
import { standardSae } from '../testing/evaluation-saes.ts';
import { D_IN, writeSparseSet } from '../testing/sparse-set.ts';
import { createTrainingSystem, type TrainingSystem } from '../testing/training-system.ts';
import { createSaeEvaluations } from './sae-evaluations.ts';

let system: TrainingSystem;

beforeEach(async () => {
  system = await createTrainingSystem();
  await writeSparseSet(system.store, 'toy', { shards: 2 });
  await writeSaeArtifact(system.store, 's', silentSae(), {
    createTime: '2026-01-01T00:00:00Z',
    lineage: {
      modelId: 'toy',
      modelSha256: 'a'.repeat(64),
      tokenizerSha256: 'b'.repeat(64),
      hookPoint: 'blocks.2.hook_resid_post',
    },
    metrics: {},
  });
});
afterEach(() => system.stop());

/** An SAE over the toy rows that reconstructs nothing. */
function silentSae() {
  const sae = standardSae(() => undefined);
  const matrix = new Float32Array(D_IN * D_IN);
  const vector = new Float32Array(D_IN);
  const cfg = { ...sae.cfg, d_in: D_IN, d_sae: D_IN };
  return { ...sae, cfg, W_enc: matrix, b_enc: vector, W_dec: matrix, b_dec: vector };
}

const question = {
  sae: 's',
  activationSet: 'toy',
  maxTokens: 5000,
  heldOut: true,
  reconstructionOnly: true,
};

describe('createSaeEvaluations', () => {
  const create = () =>
    createSaeEvaluations({
      objectsUrl: system.store.url,
      inferenceAddress: undefined,
      threads: 1,
      logger: createLogger({ service: 'test', level: 'silent' }),
    });
  const read = async (evaluations: ReturnType<typeof create>, signal = new AbortController().signal) => {
    const types: string[] = [];
    for await (const { type } of evaluations.evaluate(question, signal)) types.push(type);
    return types;
  };

  test('refuses more than eight that wait, and counts none whose caller is gone', async () => {
    const evaluations = create();
    const caller = new AbortController();
    const running = read(evaluations);
    const waiting = Array.from({ length: 8 }, () => read(evaluations, caller.signal));
    const left = waiting.map((reading) => expect(reading).rejects.toMatchObject({ kind: 'cancelled' }));
    await expect(read(evaluations)).rejects.toMatchObject({ reason: 'TOO_MANY_EVALUATIONS' });
    caller.abort();
    await Promise.all(left);
    const next = read(evaluations);
    expect((await running).at(-1)).toBe('evaluation');
    expect((await next).at(-1)).toBe('evaluation');
    await evaluations.close();
  });

  test('evaluates, and ends what is under way and what waits when it is closed', async () => {
    const evaluations = create();
    expect((await read(evaluations)).at(-1)).toBe('evaluation');
    const ended = [read(evaluations), read(evaluations)].map((reading) => expect(reading).rejects.toThrow());
    await evaluations.close();
    await Promise.all(ended);
    await expect(read(evaluations)).rejects.toMatchObject({ kind: 'cancelled' });
  });
});
