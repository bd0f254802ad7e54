const { TestEnvironment } = require('jest-environment-node');

const HOST_TYPES = [
  'ArrayBuffer',
  'SharedArrayBuffer',
  'DataView',
  'WebAssembly',
  'Int8Array',
  'Uint8Array',
  'Uint8ClampedArray',
  'Int16Array',
  'Uint16Array',
  'Int32Array',
  'Uint32Array',
  'Float32Array',
  'Float64Array',
  'BigInt64Array',
  'BigUint64Array',
];

/** Gives tests the host's binary types, so that native modules accept arrays that a test made. */
module.exports = class HostRealmEnvironment extends TestEnvironment {
  async setup() {
    await super.setup();
    for (const name of HOST_TYPES) this.global[name] = globalThis[name];
  }
};
