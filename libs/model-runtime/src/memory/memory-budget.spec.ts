import { createMemoryBudget, type MemoryRequest, totalBytes } from './memory-budget.ts';

const session = (bytes: number, release?: () => void): MemoryRequest => ({
  purpose: 'sessions',
  bytes,
  ...(release && { release }),
});

describe('createMemoryBudget', () => {
  test('counts by purpose and account, until it is freed, once', () => {
    const budget = createMemoryBudget(100);
    const [one, other] = [budget.account(), budget.account()];
    const cache = one.hold({ purpose: 'caches', bytes: 30 });
    one.hold(session(20));
    other.hold(session(50));
    expect(one.held()).toEqual({ caches: 30, sessions: 20 });
    expect(totalBytes(one.held())).toBe(50);
    expect(one.heldByAll()).toBe(100);
    cache.free();
    cache.free();
    expect(one.held()).toEqual({ sessions: 20 });
    expect(other.held()).toEqual({ sessions: 50 });
  });

  test('refuses what does not fit, naming what is wanted, held and allowed', () => {
    const account = createMemoryBudget(100).account();
    account.hold(session(60));
    expect(() => account.hold({ purpose: 'caches', bytes: 41 })).toThrow(
      expect.objectContaining({
        kind: 'exhausted',
        reason: 'MEMORY_FULL',
        message: expect.stringMatching(/^41 bytes for caches do not fit: 60 of the 100 bytes/),
        metadata: { bytes: '41', held: '60', budget: '100' },
      }),
    );
    account.hold({ purpose: 'caches', bytes: 40 });
    expect(account.held()).toEqual({ sessions: 60, caches: 40 });
  });

  test('gives up the least recently used of all accounts, and no more than is needed', () => {
    const budget = createMemoryBudget(100);
    const [one, other] = [budget.account(), budget.account()];
    const gone: string[] = [];
    const a = one.hold(session(40, () => gone.push('a')));
    other.hold(session(30, () => gone.push('b')));
    one.hold(session(30, () => gone.push('c')));
    a.touch();
    other.hold({ purpose: 'results', bytes: 20 });
    expect(gone).toEqual(['b']);
    expect(other.held()).toEqual({ results: 20 });
    other.hold({ purpose: 'results', bytes: 50 });
    expect(gone).toEqual(['b', 'c', 'a']);
    expect(one.held()).toEqual({});
    a.touch();
    a.free();
    expect(other.held()).toEqual({ results: 70 });
  });

  test('gives nothing up for what cannot fit', () => {
    const account = createMemoryBudget(100).account();
    const gone: string[] = [];
    account.hold(session(50));
    account.hold(session(50, () => gone.push('a')));
    expect(() => account.hold(session(51))).toThrow(/51 bytes .* 100 of the 100 bytes .* 50 of them in use/);
    expect(gone).toEqual([]);
    account.hold(session(50));
    expect(gone).toEqual(['a']);
  });
});
