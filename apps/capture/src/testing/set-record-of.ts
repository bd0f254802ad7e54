import { randomBytes } from 'node:crypto';
import type { SetRecord } from '../sets/set-record.ts';

export const SET_ROWS = 16;
export const ROW_WIDTH = 4;

/** The record of a set of contexts of `SET_ROWS` rows, and partitions of one context. */
export function recordOf(id: string, formatVersion: SetRecord['formatVersion'] = 2): SetRecord {
  return {
    formatVersion,
    id,
    uid: randomBytes(8).toString('hex'),
    requestId: '',
    createTime: '2026-01-01T00:00:00.000Z',
    spec: {
      model: 'm',
      hookPoint: 'blocks.0.hook_resid_post',
      corpus: { uri: '/corpus.txt', format: 'TEXT', documentSeparator: '|' },
      maxTokens: 0,
      contextTokens: SET_ROWS,
      dtype: 'F32',
      partitionTokens: SET_ROWS,
      separateDocuments: false,
    },
    model: {
      modelSha256: 'aa',
      tokenizerSha256: 'bb',
      dIn: ROW_WIDTH,
      bosTokenId: null,
      separatorTokenId: null,
      specialTokenIds: [],
    },
  };
}
