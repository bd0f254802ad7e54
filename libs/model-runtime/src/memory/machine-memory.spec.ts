import { totalmem } from 'node:os';
import { defaultMemoryBytes, machineMemory, privateBytes } from './machine-memory.ts';

describe('machineMemory', () => {
  test('is a share of what there is', () => {
    expect(machineMemory()).toBeGreaterThan(2 ** 26);
    expect(machineMemory()).toBeLessThanOrEqual(totalmem());
    expect(defaultMemoryBytes()).toBe(Math.floor(machineMemory() / 2));
  });
});

describe('privateBytes', () => {
  test('grows with memory that is written', () => {
    const before = privateBytes();
    const block = Buffer.alloc(2 ** 28, 1);
    expect(privateBytes() - before).toBeGreaterThan(block.length * 0.9);
  });
});
