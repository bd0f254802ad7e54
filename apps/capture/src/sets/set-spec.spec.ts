import { Model } from '@facet/contracts';
import { findHookPoint } from './hook-point.ts';
import { completeSpec, type RequestedSpec } from './set-spec.ts';

const model = Model.fromPartial({
  name: 'models/m',
  nCtx: 512,
  eosTokenIds: [2],
  bosTokenId: 0,
  specialTokenIds: [0, 2, 9],
  dVocab: 512,
  hookPoints: [
    { name: 'blocks.0.hook_resid_post', dIn: 64 },
    { name: 'blocks.1.hook_resid_post', dIn: 64 },
    { name: 'blocks.1.hook_mlp_out', dIn: 64 },
  ],
  lineage: { modelSha256: 'aa', tokenizerSha256: 'bb' },
});
const requested: RequestedSpec = {
  model: 'm',
  hookPoint: 'blocks.1.hook_resid_post',
  corpus: { uri: '/c', format: 'TEXT', documentSeparator: '|' },
  maxTokens: 0,
  contextTokens: 0,
  dtype: 'F16',
  partitionTokens: 0,
  separateDocuments: false,
};

describe('completeSpec', () => {
  test('fills in the defaults', () => {
    const { spec, facts } = completeSpec(requested, model);
    expect(spec).toMatchObject({ contextTokens: 256, partitionTokens: 65_536, dtype: 'F16' });
    expect(facts).toEqual({
      modelSha256: 'aa',
      tokenizerSha256: 'bb',
      dIn: 64,
      vocabulary: 512,
      bosTokenId: 0,
      separatorTokenId: 0,
      specialTokenIds: [0, 2, 9],
    });
  });

  test('takes the model’s whole context where it is shorter than the default', () => {
    expect(completeSpec(requested, { ...model, nCtx: 100 }).spec).toMatchObject({
      contextTokens: 100,
      partitionTokens: 65_500,
    });
  });

  test('keeps partitions of wide rows to 32 MiB by default, but to one context at least', () => {
    const wide = { ...model, hookPoints: [{ ...model.hookPoints[1]!, dIn: 16_384 }] };
    expect(completeSpec(requested, wide).spec.partitionTokens).toBe(1024);
    expect(completeSpec({ ...requested, dtype: 'F32' }, wide).spec.partitionTokens).toBe(512);
    expect(
      completeSpec(
        { ...requested, contextTokens: 512 },
        { ...wide, hookPoints: [{ ...wide.hookPoints[0]!, dIn: 65_536 }] },
      ).spec.partitionTokens,
    ).toBe(512);
  });

  test('rounds partitions down to whole contexts', () => {
    const spec = { ...requested, contextTokens: 100, partitionTokens: 250 };
    expect(completeSpec(spec, model).spec.partitionTokens).toBe(200);
  });

  test('separates documents by EOS where the model has no BOS, and by nothing where it has neither', () => {
    const withoutBos = { ...model, bosTokenId: undefined };
    expect(completeSpec(requested, withoutBos).facts).toMatchObject({
      bosTokenId: null,
      separatorTokenId: 2,
    });
    const bare = { ...withoutBos, eosTokenIds: [] };
    expect(completeSpec(requested, bare).facts).toMatchObject({ bosTokenId: null, separatorTokenId: null });
  });

  test.each<[Partial<RequestedSpec>, string, string]>([
    [{ contextTokens: 1 }, 'spec.context_tokens', '1 is out of range; models/m takes 2 to 512'],
    [{ contextTokens: 513 }, 'spec.context_tokens', '513 is out of range'],
    [
      { contextTokens: 64, partitionTokens: 63 },
      'spec.partition_tokens',
      '63 is out of range; possible are 64 to',
    ],
    [{ partitionTokens: 2 ** 31 }, 'spec.partition_tokens', 'is out of range'],
    [{ maxTokens: 1e15 }, 'spec.max_tokens', 'needs more than 100000 partitions'],
    [{ corpus: { uri: 'c', format: 'TEXT', documentSeparator: '|' } }, 'spec.corpus.uri', 'names no file'],
  ])('refuses %j and names the field', (change, field, message) => {
    const attempt = () => completeSpec({ ...requested, ...change }, model);
    expect(attempt).toThrow(message);
    expect(attempt).toThrow(expect.objectContaining({ kind: 'invalid', field }));
  });
});

describe('findHookPoint', () => {
  test('names the nearest hook point', () => {
    expect(() => findHookPoint(model.hookPoints, 'blocks.1.hook_resid_pots', 'models/m')).toThrow(
      'models/m has no hook point "blocks.1.hook_resid_pots"; did you mean blocks.1.hook_resid_post?',
    );
    expect(() => findHookPoint(model.hookPoints, 'mlp_out', 'models/m')).toThrow('blocks.1.hook_mlp_out?');
  });
});
