import { createRequire } from 'node:module';
import { engineOf } from '../registry.ts';
import { loadTfjs } from './load-tfjs.ts';
import { TFJS_BACKENDS } from './tfjs-backends.ts';

const NODE_GPU = TFJS_BACKENDS[0];
const WASM = TFJS_BACKENDS[2];

/** A process in which the packages are installed whose names end so; others are refused as Node.js does. */
function hostWith(...installed: string[]) {
  const importPackage = async (name: string): Promise<unknown> => {
    if (installed.some((part) => name.endsWith(part))) return import(name);
    const error = new Error(`Cannot find package '${name}' imported from /app/index.js`);
    throw Object.assign(error, { code: 'ERR_MODULE_NOT_FOUND' });
  };
  return { importPackage, nodeVersion: '20.11.0' };
}

/** Stands for one with tfjs-node, which needs libtensorflow: a backend that says what TensorFlow uses. */
function hostWithTensorflow(isUsingGpuDevice: boolean, nodeVersion = '22.20.0') {
  const core = {
    enableProdMode() {},
    setBackend: async () => true,
    backend: () => ({ isUsingGpuDevice }),
  };
  const importPackage = async (name: string): Promise<unknown> =>
    name === '@tensorflow/tfjs-core' ? core : {};
  return { importPackage, nodeVersion };
}

const isInstalled = (name: string) => {
  try {
    return createRequire(__filename).resolve(name) !== '';
  } catch {
    return false;
  }
};

describe('loadTfjs', () => {
  test('takes the most capable backend that is installed, and says which', async () => {
    const both = await loadTfjs(undefined, hostWith('core', 'wasm', 'cpu'));
    expect(both).toMatchObject({ registered: 'wasm', label: 'wasm' });
    const one = await loadTfjs(undefined, hostWith('core', 'cpu'));
    expect(one).toMatchObject({ registered: 'cpu', label: 'cpu' });
    expect(one.tf.getBackend()).toBe('cpu');
  });

  test('refuses a named backend that is not installed, with the command, and takes no other', async () => {
    await expect(loadTfjs(NODE_GPU, hostWith('core', 'wasm', 'cpu'))).rejects.toMatchObject({
      kind: 'precondition',
      reason: 'ENGINE_MISSING',
      message: expect.stringContaining(
        'npm install --no-save --ignore-scripts=false @tensorflow/tfjs-core@4.22.0 @tensorflow/tfjs-node-gpu@4.22.0',
      ),
    });
  });

  test('names every choice where no backend is installed, or tfjs itself is not', async () => {
    for (const host of [hostWith(), hostWith('wasm')]) {
      await expect(loadTfjs(undefined, host)).rejects.toMatchObject({
        reason: 'ENGINE_MISSING',
        message: expect.stringMatching(/tfjs-node-gpu@4.22.0, or .*tfjs-backend-cpu@4.22.0/),
      });
    }
  });

  test('refuses a package that is installed and does not load, instead of passing on', async () => {
    const importPackage = async (name: string) => {
      if (name === NODE_GPU.package) throw new Error('libtensorflow.so.2: cannot open shared object file');
      return import(name);
    };
    await expect(loadTfjs(undefined, { importPackage, nodeVersion: '20.11.0' })).rejects.toMatchObject({
      kind: 'precondition',
      reason: 'ENGINE_UNUSABLE',
      message: expect.stringMatching(/tfjs-node-gpu is installed but does not load: libtensorflow/),
    });
  });

  test('refuses a Node.js that the packages for TensorFlow do not run on', async () => {
    await expect(loadTfjs(NODE_GPU, hostWithTensorflow(true, '24.1.0'))).rejects.toMatchObject({
      reason: 'ENGINE_UNUSABLE',
      message: expect.stringMatching(/tfjs-node-gpu@4.22.0 does not run on Node.js 24.1.0; use Node.js 20/),
    });
    const { importPackage } = hostWith('core', 'wasm');
    const newer = await loadTfjs(undefined, { importPackage, nodeVersion: '24.1.0' });
    expect(newer.label).toBe('wasm');
  });

  test('refuses a GPU that TensorFlow does not find, and says where it computes', async () => {
    await expect(loadTfjs(NODE_GPU, hostWithTensorflow(false))).rejects.toMatchObject({
      reason: 'GPU_MISSING',
    });
    expect((await loadTfjs(NODE_GPU, hostWithTensorflow(true))).label).toBe('tensorflow, GPU');
    expect((await loadTfjs(undefined, hostWithTensorflow(false))).label).toBe('tensorflow, CPU');
  });

  const absent = TFJS_BACKENDS.find(({ package: name }) => !isInstalled(name));
  (absent ? test : test.skip)('refuses what Node.js itself does not find', async () => {
    const engine = engineOf(`tfjs:${absent!.name}`);
    await expect(engine.load!()).rejects.toMatchObject({ reason: 'ENGINE_MISSING' });
  });
});

describe('engineOf', () => {
  test('names backends after the engine, and refuses others', async () => {
    expect(engineOf('tfjs').name).toBe('tfjs');
    expect(engineOf(`tfjs:${WASM.name}`).name).toBe('tfjs');
    expect(await engineOf('tfjs:wasm').load!()).toBe('wasm');
    expect(() => engineOf('tfjs:webgl')).toThrow(/no backend "webgl"; use one of node-gpu, node, wasm, cpu/);
    expect(() => engineOf('tfjs:')).toThrow(/no backend ""/);
    expect(() => engineOf('cuda')).toThrow(/no training engine "cuda"; use cpu, tfjs, tfjs:node-gpu/);
  });
});
