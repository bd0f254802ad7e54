/// <reference path="./webassembly.d.ts" />
import { FacetError } from '@facet/errors';
import { kernelsSharedWasmBase64 } from './gen/kernels-shared-wasm.ts';
import { kernelsWasmBase64 } from './gen/kernels-wasm.ts';
import type { KernelExports } from './kernel-exports.ts';

/** What a WebAssembly memory can address; larger plans are refused. */
export const MAX_MEMORY_BYTES = 65_536 * 65_536;

/** SIMD kernels handle 4 floats at a time: row widths are rounded up to this. */
export const LANES = 4;

const PAGE_BYTES = 65_536;
/** Every array begins on a cache line. */
const ALIGNMENT_BYTES = 64;
/** The first line stays unused, so that no array begins at the null pointer. */
const RESERVED_BYTES = 64;

/**
 * One WebAssembly memory with the kernels bound to it. It is allocated once and never grows, for growing detaches every
 * view. ONNX Runtime reads and writes views of a plain one without a copy; a shared one other threads can use as well,
 * but ONNX Runtime refuses it.
 */
export interface KernelMemory {
  readonly kernels: KernelExports;
  readonly memory: WebAssembly.Memory;
  readonly bytes: number;
  /** Takes a zeroed array of `length` floats; throws `exhausted` where the plan was too small. */
  f32(length: number): Float32Array;
  /** Takes a zeroed array of `length` unsigned integers; throws `exhausted` where the plan was too small. */
  u32(length: number): Uint32Array;
}

/** Rounds a row width up to whole SIMD vectors. */
export function padWidth(width: number): number {
  return Math.ceil(width / LANES) * LANES;
}

/** Adds up what arrays of these lengths (in 4-byte words) take in a kernel memory, alignment included. */
export function planMemoryBytes(lengths: readonly number[]): number {
  return lengths.reduce((sum, length) => sum + alignUp(length * 4), RESERVED_BYTES);
}

/**
 * Allocates a memory of at least `bytes`, plain unless told otherwise, and instantiates the kernels on it; refuses more
 * than 4 GiB with the number.
 */
export function createKernelMemory(bytes: number, { shared = false } = {}): KernelMemory {
  if (!(bytes > 0) || bytes > MAX_MEMORY_BYTES) {
    throw new FacetError(
      'exhausted',
      `${bytes} bytes do not fit one WebAssembly memory of ${MAX_MEMORY_BYTES} bytes`,
    );
  }
  const memory = allocate(Math.ceil(bytes / PAGE_BYTES), shared);
  let top = RESERVED_BYTES;
  const take = (length: number): number => {
    const at = top;
    if (at + length * 4 > memory.buffer.byteLength) {
      throw new FacetError(
        'exhausted',
        `${length} more words do not fit the planned memory of ${bytes} bytes`,
      );
    }
    top = alignUp(at + length * 4);
    return at;
  };
  return {
    kernels: bindKernels(memory),
    memory,
    bytes: memory.buffer.byteLength,
    f32: (length) => new Float32Array(memory.buffer, take(length), length),
    u32: (length) => new Uint32Array(memory.buffer, take(length), length),
  };
}

/** Instantiates the kernels on a memory, plain or shared: in every thread that uses it. */
export function bindKernels(memory: WebAssembly.Memory): KernelExports {
  const shared = memory.buffer instanceof SharedArrayBuffer;
  const instance = new WebAssembly.Instance(compileKernels(shared), { env: { memory } });
  return instance.exports as unknown as KernelExports;
}

const compiled = new Map<boolean, WebAssembly.Module>();

function compileKernels(shared: boolean): WebAssembly.Module {
  const known = compiled.get(shared);
  if (known) return known;
  const base64 = shared ? kernelsSharedWasmBase64 : kernelsWasmBase64;
  const module = new WebAssembly.Module(Buffer.from(base64, 'base64'));
  compiled.set(shared, module);
  return module;
}

function allocate(pages: number, shared: boolean): WebAssembly.Memory {
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: pages, shared });
  } catch (cause) {
    const message = `this machine cannot allocate ${pages * PAGE_BYTES} bytes; lower d_sae or the batch size`;
    throw new FacetError('exhausted', message, { cause });
  }
}

function alignUp(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT_BYTES) * ALIGNMENT_BYTES;
}
