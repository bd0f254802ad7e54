/** A place where tfjs computes. */
export interface TfjsBackend {
  /** As a caller names it, after `tfjs:`. */
  name: string;
  /** The package that brings it. */
  package: string;
  /** As tfjs knows it. */
  registered: string;
}

/** The release of every tfjs package; others are not tested. */
export const TFJS_VERSION = '4.22.0';

/** The operations, of which every backend computes its own. */
export const TFJS_CORE = '@tensorflow/tfjs-core';

/** Every backend, most capable first: the first that is installed is taken where a caller names none. */
export const TFJS_BACKENDS: readonly TfjsBackend[] = [
  { name: 'node-gpu', package: '@tensorflow/tfjs-node-gpu', registered: 'tensorflow' },
  { name: 'node', package: '@tensorflow/tfjs-node', registered: 'tensorflow' },
  { name: 'wasm', package: '@tensorflow/tfjs-backend-wasm', registered: 'wasm' },
  { name: 'cpu', package: '@tensorflow/tfjs-backend-cpu', registered: 'cpu' },
];
