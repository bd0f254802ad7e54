import fc from 'fast-check';
import type { PackedPartition } from './context-writer.ts';
import { createPacker, type PackingRules } from './packer.ts';

const BOS = 0;
const rules: PackingRules = {
  contextTokens: 4,
  bosTokenId: BOS,
  separatorTokenId: BOS,
  partitionTokens: 8,
  maxTokens: 0,
  separateDocuments: false,
};

/** Packs whole documents. */
function pack(documents: readonly (readonly number[])[], more: Partial<PackingRules> = {}) {
  const packer = createPacker({ ...rules, ...more });
  const partitions = documents.flatMap((tokens) => packer.push(Int32Array.from(tokens), true));
  partitions.push(...packer.end());
  return { packer, partitions, ...joined(partitions) };
}

function joined(partitions: readonly PackedPartition[]) {
  return {
    ids: partitions.flatMap(({ tokenIds }) => [...tokenIds]),
    documents: partitions.flatMap((partition) => [...partition.documents]),
    lengths: partitions.flatMap(({ lengths }) => [...lengths]),
  };
}

describe('createPacker', () => {
  test('begins every context with BOS and puts one between documents', () => {
    const { ids, documents, lengths, packer } = pack([[1], [2, 3], [4]]);
    expect(ids).toEqual([BOS, 1, BOS, 2, BOS, 3, BOS, 4]);
    expect(documents).toEqual([0, 0, 1, 1, 1, 1, 2, 2]);
    expect(lengths).toEqual([4, 4]);
    expect([packer.rows, packer.documents]).toEqual([8, 3]);
  });

  test('continues a long document in the next contexts, and partitions', () => {
    const { ids, documents, partitions } = pack([[1, 2, 3, 4, 5, 6, 7]]);
    expect(ids).toEqual([BOS, 1, 2, 3, BOS, 4, 5, 6, BOS, 7]);
    expect(new Set(documents)).toEqual(new Set([0]));
    expect(partitions.map(({ lengths }) => [...lengths])).toEqual([[4, 4], [2]]);
  });

  test('begins no context with two BOS when a document ended exactly with the last one', () => {
    expect(pack([[1, 2, 3], [4]]).ids).toEqual([BOS, 1, 2, 3, BOS, 4]);
  });

  test('begins the next context anew when the separator was the last of its context', () => {
    const { ids, documents } = pack([[1, 2], [3]]);
    expect(ids).toEqual([BOS, 1, 2, BOS, BOS, 3]);
    expect(documents).toEqual([0, 0, 0, 1, 1, 1]);
  });

  test('works without BOS, with and without a separator', () => {
    expect(
      pack(
        [
          [1, 2],
          [3, 4, 5],
        ],
        { bosTokenId: null, separatorTokenId: 9 },
      ).ids,
    ).toEqual([1, 2, 9, 3, 4, 5]);
    expect(
      pack(
        [
          [1, 2],
          [3, 4, 5],
        ],
        { bosTokenId: null, separatorTokenId: null },
      ).ids,
    ).toEqual([1, 2, 3, 4, 5]);
  });

  test('stops at exactly maxTokens rows, wherever that is', () => {
    for (let maxTokens = 1; maxTokens <= 10; maxTokens++) {
      const all = pack([[1, 2, 3, 4], [5], [6, 7, 8]]).ids;
      const { ids, packer } = pack([[1, 2, 3, 4], [5], [6, 7, 8]], { maxTokens });
      expect(ids).toEqual(all.slice(0, maxTokens));
      expect(packer.full).toBe(true);
    }
  });

  test('does not count documents without tokens, and those after the end', () => {
    const { packer, ids } = pack([[], [1], [], [2], [3]], { maxTokens: 4 });
    expect(ids).toEqual([BOS, 1, BOS, 2]);
    expect(packer.documents).toBe(2);
  });

  test('takes sections of a document for one document', () => {
    const packer = createPacker(rules);
    const partitions = [
      ...packer.push(Int32Array.of(), true),
      ...packer.push(Int32Array.of(1, 2), false),
      ...packer.push(Int32Array.of(3, 4), false),
      ...packer.push(Int32Array.of(5), true),
      ...packer.end(),
    ];
    expect(joined(partitions).ids).toEqual([BOS, 1, 2, 3, BOS, 4, BOS, 5]);
    expect(joined(partitions).documents).toEqual([0, 0, 0, 0, 0, 0, 1, 1]);
  });

  test('keeps every token in order, fills every context and partition, for any documents', () => {
    const documents = fc.array(fc.array(fc.integer({ min: 1, max: 50 }), { maxLength: 20 }), {
      maxLength: 12,
    });
    const shape = fc.record({
      contextTokens: fc.integer({ min: 2, max: 7 }),
      contexts: fc.integer({ min: 1, max: 3 }),
    });
    fc.assert(
      fc.property(documents, shape, fc.nat(80), (texts, { contextTokens, contexts }, maxTokens) => {
        const partitionTokens = contextTokens * contexts;
        const { ids, lengths, partitions, packer } = pack(texts, {
          contextTokens,
          partitionTokens,
          maxTokens,
        });
        const content = ids.filter((id) => id !== BOS);
        expect(content).toEqual(texts.flat().slice(0, content.length));
        if (!packer.full) expect(content).toHaveLength(texts.flat().length);
        if (maxTokens > 0) expect(ids.length).toBeLessThanOrEqual(maxTokens);
        expect(lengths.slice(0, -1).every((length) => length === contextTokens)).toBe(true);
        expect(partitions.slice(0, -1).every(({ tokenIds }) => tokenIds.length === partitionTokens)).toBe(
          true,
        );
        let start = 0;
        for (const length of lengths) {
          expect(ids[start]).toBe(BOS);
          start += length;
        }
        expect(start).toBe(ids.length);
      }),
      { seed: 21, numRuns: 500 },
    );
  });
});

describe('createPacker with separate documents', () => {
  const separate = { separateDocuments: true };

  test('begins a context with every document, and lets no two share one', () => {
    const { ids, documents, lengths, packer } = pack([[1], [2, 3], [4, 5, 6]], separate);
    expect(ids).toEqual([BOS, 1, BOS, 2, 3, BOS, 4, 5, 6]);
    expect(documents).toEqual([0, 0, 1, 1, 1, 2, 2, 2, 2]);
    expect(lengths).toEqual([2, 3, 4]);
    expect([packer.rows, packer.documents]).toEqual([9, 3]);
  });

  test('continues a long document in further contexts of its own', () => {
    const { ids, documents, lengths } = pack([[1, 2, 3, 4, 5], [6]], separate);
    expect(ids).toEqual([BOS, 1, 2, 3, BOS, 4, 5, BOS, 6]);
    expect(documents).toEqual([0, 0, 0, 0, 0, 0, 0, 1, 1]);
    expect(lengths).toEqual([4, 3, 2]);
  });

  test('keeps a document that comes in sections together', () => {
    const packer = createPacker({ ...rules, ...separate });
    const partitions = [
      ...packer.push(Int32Array.of(1), true),
      ...packer.push(Int32Array.of(2), false),
      ...packer.push(Int32Array.of(), true),
      ...packer.push(Int32Array.of(3), false),
      ...packer.end(),
    ];
    expect(joined(partitions)).toEqual({
      ids: [BOS, 1, 2, BOS, 3],
      documents: [0, 0, 0, 1, 1],
      lengths: [3, 2],
    });
  });

  test('completes a partition when a full context may not fit any more', () => {
    const { partitions } = pack([[1], [2], [3], [4, 5, 6], [7]], separate);
    expect(partitions.map(({ lengths }) => [...lengths])).toEqual([
      [2, 2, 2],
      [4, 2],
    ]);
  });

  test('puts neither BOS nor a separator where the model has no BOS', () => {
    const noBos = { ...separate, bosTokenId: null, separatorTokenId: 9 };
    const { ids, lengths } = pack([[1, 2], [3, 4, 5, 6, 7], [8]], noBos);
    expect(ids).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(lengths).toEqual([2, 4, 1, 1]);
  });

  test('stops at exactly maxTokens rows, wherever that is', () => {
    const texts = [[1, 2, 3, 4], [5], [6, 7]];
    const all = pack(texts, separate).ids;
    expect(all).toHaveLength(11);
    for (let maxTokens = 1; maxTokens <= all.length; maxTokens++) {
      const { ids, lengths, packer } = pack(texts, { ...separate, maxTokens });
      expect(ids).toEqual(all.slice(0, maxTokens));
      expect(lengths.reduce((a, b) => a + b)).toBe(maxTokens);
      expect(packer.full).toBe(true);
    }
  });

  test('gives each context one document in order, within all limits, for any documents', () => {
    const sections = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 12 });
    const corpus = fc.array(fc.array(sections, { minLength: 1, maxLength: 3 }), { maxLength: 12 });
    const shape = fc.record({
      contextTokens: fc.integer({ min: 2, max: 7 }),
      spare: fc.nat(20),
      maxTokens: fc.nat(80),
      bosTokenId: fc.constantFrom(BOS, null),
    });
    fc.assert(
      fc.property(corpus, shape, (texts, { spare, ...limits }) => {
        const partitionTokens = limits.contextTokens + spare;
        const packer = createPacker({ ...rules, ...separate, ...limits, partitionTokens });
        const partitions = texts.flatMap((document) =>
          document.flatMap((tokens, i) => packer.push(Int32Array.from(tokens), i === 0)),
        );
        partitions.push(...packer.end());
        expectPartitions(partitions, { ...limits, partitionTokens });
        const contexts = partitions.flatMap(contextsOf);
        expectContexts(
          contexts,
          texts.map((document) => document.flat()),
          limits,
        );
        expect(contexts.flatMap(({ ids }) => ids)).toHaveLength(packer.rows);
      }),
      { seed: 22, numRuns: 500 },
    );
  });
});

/** The contexts of a partition, each with the documents that its tokens say. */
function contextsOf({ tokenIds, documents, lengths }: PackedPartition) {
  let start = 0;
  return [...lengths].map((length) => {
    const end = start + length;
    const context = {
      ids: [...tokenIds.subarray(start, end)],
      documents: [...documents.subarray(start, end)],
    };
    start = end;
    return context;
  });
}

interface Limits {
  contextTokens: number;
  maxTokens: number;
  bosTokenId: number | null;
}

function expectPartitions(
  partitions: readonly PackedPartition[],
  { contextTokens, partitionTokens }: Pick<PackingRules, 'contextTokens' | 'partitionTokens'>,
): void {
  partitions.forEach(({ tokenIds, documents, lengths }, i) => {
    expect(tokenIds.length).toBeGreaterThan(0);
    expect(tokenIds.length).toBeLessThanOrEqual(partitionTokens);
    if (i < partitions.length - 1) expect(tokenIds.length).toBeGreaterThan(partitionTokens - contextTokens);
    expect(documents).toHaveLength(tokenIds.length);
    expect(lengths.reduce((a, b) => a + b)).toBe(tokenIds.length);
  });
}

/** Checks the contexts against the rule written out slowly: the documents cut into contexts, up to the limit. */
function expectContexts(
  contexts: ReturnType<typeof contextsOf>,
  texts: readonly (readonly number[])[],
  { contextTokens, maxTokens, bosTokenId }: Limits,
): void {
  const bos = bosTokenId === null ? [] : [bosTokenId];
  const size = contextTokens - bos.length;
  const expected: typeof contexts = [];
  let left = maxTokens === 0 ? Number.POSITIVE_INFINITY : maxTokens;
  texts.forEach((tokens, document) => {
    for (let start = 0; start < tokens.length && left > 0; start += size) {
      const ids = [...bos, ...tokens.slice(start, start + size)].slice(0, left);
      expected.push({ ids, documents: ids.map(() => document) });
      left -= ids.length;
    }
  });
  expect(contexts).toEqual(expected);
}
