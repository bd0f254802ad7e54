import { parseId } from './names.ts';
import { idOfRequest, parseRequestId, requireRepeated } from './request-ids.ts';

const resource = {
  collection: 'trainingRuns',
  resourceType: 'TrainingRun',
  id: 'r',
  idField: 'training_run_id',
} as const;

describe('parseRequestId', () => {
  test('takes up to 64 characters, also none', () => {
    for (const id of ['', 'a', 'x'.repeat(64)]) expect(parseRequestId(id)).toBe(id);
    expect(() => parseRequestId('x'.repeat(65))).toThrow(
      'request_id has 65 characters; at most 64 are possible',
    );
  });
});

describe('idOfRequest', () => {
  test('gives one id for one request id, whatever it holds, and a fresh one for none', () => {
    for (const id of ['q', '\u{1F4A5}', 'a/../b', 'x'.repeat(64)]) {
      expect(idOfRequest('run', id)).toBe(idOfRequest('run', id));
      expect(parseId(idOfRequest('run', id))).toMatch(/^run-[0-9a-f]{16}$/);
    }
    expect(idOfRequest('run', 'q')).not.toBe(idOfRequest('run', 'p'));
    expect(idOfRequest('run', '')).not.toBe(idOfRequest('run', ''));
  });
});

describe('requireRepeated', () => {
  const made = { requestId: 'q', content: { d_sae: 4, recipe: { k: 2 } } };

  test('lets the same request pass, whether absent values are undefined or left out', () => {
    expect(() => requireRepeated(resource, made, { ...made })).not.toThrow();
    const stated = { ...made, content: { recipe: { k: 2, auxk: undefined }, d_sae: 4, seed: undefined } };
    expect(() => requireRepeated(resource, made, stated)).not.toThrow();
  });

  test('refuses the same request id for another content, and the id for another request', () => {
    const other = { requestId: 'q', content: { d_sae: 4, recipe: { k: 3 } } };
    expect(() => requireRepeated(resource, made, other)).toThrow(
      expect.objectContaining({ kind: 'exists', reason: 'REQUEST_ID_REUSED', field: 'request_id' }),
    );
    for (const requestId of ['', 'p'])
      expect(() => requireRepeated(resource, made, { ...made, requestId })).toThrow(
        expect.objectContaining({ kind: 'exists', field: 'training_run_id' }),
      );
    expect(() => requireRepeated(resource, { ...made, requestId: '' }, { ...made, requestId: '' })).toThrow(
      'trainingRuns/r exists already; choose another id or delete it first',
    );
  });
});
