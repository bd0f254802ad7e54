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
