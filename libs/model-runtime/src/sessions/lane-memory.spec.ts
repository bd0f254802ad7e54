import { execFile } from 'node:child_process';
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createGraph, MICROSOFT } from '@facet/onnx';
import { createMemoryBudget, type MemoryAccount, totalBytes } from '../memory/memory-budget.ts';
import { createLane, type GraphProgram, type Lane } from './lane.ts';
import { createLanePool } from './lane-pool.ts';

const MIB = 2 ** 20;
const WIDTH = 1024;
/** Matrices of 4 MiB. */
const MATRICES = 24;
const PACKED_BYTES = MATRICES * WIDTH * WIDTH * 4;

const PACKER = fileURLToPath(new URL('../testing/pack-and-release.mjs', import.meta.url));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'facet-lane-memory-'));
  await using file = await open(join(folder, 'weights.bin'), 'w');
  const matrix = Buffer.alloc(PACKED_BYTES / MATRICES);
  // Equal matrices would share one packed copy.
  for (let i = 0; i < MATRICES; i++) await file.write(matrix.fill(i + 1));
});
afterAll(() => rm(folder, { recursive: true }));

/** Multiplies x [n, WIDTH] by every matrix and adds `shift`. */
function products(key: string, { packedBytes, workBytes = 0 }: { packedBytes: number; workBytes?: number }) {
  const graph = createGraph('products');
  let x = graph.input('x', 'F32', ['n', WIDTH]);
  for (let i = 0; i < MATRICES; i++) {
    const data = {
      location: 'weights.bin',
      offset: (i * PACKED_BYTES) / MATRICES,
      length: PACKED_BYTES / MATRICES,
    };
    const matrix = graph.external(`W${i}`, { dtype: 'F32', shape: [WIDTH, WIDTH], data });
    x = graph.node('FusedMatMul', [x, matrix], { domain: MICROSOFT, attributes: { transB: 1 } });
  }
  graph.output(graph.node('Identity', [x], { outputs: ['y'] }), 'F32', ['n', WIDTH]);
  const { bytes } = graph.build();
  const memory = { packedBytes, workBytes: () => workBytes };
  return { key, isPacked: packedBytes > 0, build: () => bytes, memory } satisfies GraphProgram;
}

async function run(lane: Lane, program: GraphProgram, rows = 2): Promise<void> {
  const x = { type: 'float32' as const, dims: [rows, WIDTH], data: new Float32Array(rows * WIDTH) };
  await lane.run(program, { feeds: { x }, outputs: ['y'] });
}

/**
 * What a process of its own holds before it packs, while it has the packed copy, and after the copy was given up. glibc is
 * told to give every larger block back; by itself it may keep them for later.
 */
async function packInProcess(model: Uint8Array): Promise<Record<'before' | 'packed' | 'released', number>> {
  await writeFile(join(folder, 'products.onnx'), model);
  const options = { env: { ...process.env, MALLOC_MMAP_THRESHOLD_: String(MIB) } };
  const args = [PACKER, folder, String(WIDTH), String(PACKED_BYTES)];
  const { stdout } = await promisify(execFile)(process.execPath, args, options);
  return JSON.parse(stdout);
}

describe('memory of a lane', () => {
  let account: MemoryAccount;
  let lane: Lane;
  const start = (limit: number) => {
    account = createMemoryBudget(limit).account();
    lane = createLane({ folder, threads: 1, maxSessions: 8, maxRunMs: 600_000, memory: account });
  };
  afterEach(() => lane.close());

  test('a packed copy is held while its session is, and goes when others need the bytes', async () => {
    start(PACKED_BYTES + 64 * MIB);
    const packed = products('packed', { packedBytes: PACKED_BYTES });
    await run(lane, packed);
    expect(account.held()['packed weights']).toBeGreaterThanOrEqual(PACKED_BYTES);
    const hold = account.hold({ purpose: 'caches', bytes: PACKED_BYTES });
    expect(account.held()['packed weights']).toBeUndefined();
    await expect(run(lane, packed)).rejects.toMatchObject({ kind: 'exhausted', reason: 'MEMORY_FULL' });
    hold.free();
    await run(lane, packed);
  });

  test('what was given up goes back to the system', async () => {
    const packed = products('packed', { packedBytes: PACKED_BYTES });
    const bytes = await packInProcess(packed.build());
    expect(bytes.packed - bytes.before).toBeGreaterThan(PACKED_BYTES * 0.9);
    expect(bytes.released - bytes.before).toBeLessThan(PACKED_BYTES * 0.2);
  }, 120_000);

  test('releases the least recently used program first, and compiles it again when it is asked for', async () => {
    start(64 * MIB);
    const [a, b, c] = ['a', 'b', 'c'].map((key) => products(key, { packedBytes: 0, workBytes: 8 * MIB }));
    for (const program of [a!, b!, a!, c!]) await run(lane, program);
    expect(totalBytes(account.held())).toBe(12 * MIB + 2 * 18 * MIB);
    await Promise.all([run(lane, b!), run(lane, a!), run(lane, c!), run(lane, b!)]);
    expect(totalBytes(account.held())).toBe(12 * MIB + 2 * 18 * MIB);
  });

  test('refuses a run that cannot fit, naming the bytes, and keeps the session for smaller ones', async () => {
    start(64 * MIB);
    const growing = products('growing', { packedBytes: 0 });
    const program = { ...growing, memory: { packedBytes: 0, workBytes: rowsOf(MIB) } };
    await run(lane, program, 2);
    const held = account.held();
    await expect(run(lane, program, 40)).rejects.toMatchObject({
      kind: 'exhausted',
      reason: 'MEMORY_FULL',
      metadata: { bytes: String(82 * MIB), held: String(12 * MIB), budget: String(64 * MIB) },
    });
    expect(account.held()).toEqual(held);
    await run(lane, program, 2);
  });

  test('holds nothing once it is closed', async () => {
    start(PACKED_BYTES + 64 * MIB);
    await run(lane, products('packed', { packedBytes: PACKED_BYTES }));
    await lane.close();
    expect(account.held()).toEqual({});
  });
});

describe('lanes of a larger model', () => {
  test('texts are decoded on while a batch has its weights packed', async () => {
    const memory = createMemoryBudget(2 ** 40).account();
    const options = { folder, threads: 1, maxSessions: 8, maxRunMs: 600_000, memory };
    const pool = createLanePool({ ...options, mappedBytes: PACKED_BYTES });
    const [mapped, packed] = [0, PACKED_BYTES].map((packedBytes) =>
      products(`${packedBytes}`, { packedBytes }),
    );
    const steps = pool.decoding(mapped!);
    await run(steps, mapped!);
    let isCompiling = true;
    const compiling = run(pool.decoding(packed!), packed!).finally(() => {
      isCompiling = false;
    });
    await run(steps, mapped!);
    expect(isCompiling).toBe(true);
    await compiling;
    await pool.close();
  });
});

const rowsOf = (bytes: number) => (feeds: Readonly<Record<string, { dims: readonly number[] }>>) =>
  bytes * feeds.x!.dims[0]!;
