import { FacetError } from '@facet/errors';
import { TFJS_BACKENDS, TFJS_CORE, TFJS_VERSION, type TfjsBackend } from './tfjs-backends.ts';

/** The operations of tfjs. */
export type Tf = typeof import('@tensorflow/tfjs-core');

/** tfjs with a backend that is ready. */
export interface LoadedTfjs {
  tf: Tf;
  /** The backend as tfjs knows it. */
  registered: string;
  /** The backend as people read it: `tensorflow, GPU`, `wasm`. */
  label: string;
}

/** The process that tfjs is loaded into. */
export interface Host {
  /** Imports a package by name; rejects as Node.js does where it is not installed. */
  importPackage(name: string): Promise<unknown>;
  /** Of Node.js: `20.11.0`. */
  nodeVersion: string;
}

const THIS_PROCESS: Host = {
  importPackage: (name) => import(name),
  nodeVersion: process.versions.node,
};

/** The first release of Node.js without functions that tfjs-node calls. */
const TOO_NEW_FOR_TENSORFLOW = 23;

/**
 * Loads tfjs with the backend called `wanted`, or with the most capable that is installed. Throws `precondition`:
 * ENGINE_MISSING with what to install; ENGINE_UNUSABLE where a package is installed and does not load, for nothing else is
 * taken in its place; GPU_MISSING where a GPU was named and there is none.
 */
export async function loadTfjs(wanted?: TfjsBackend, host = THIS_PROCESS): Promise<LoadedTfjs> {
  for (const backend of wanted ? [wanted] : TFJS_BACKENDS) {
    if (!(await importInstalled(backend.package, host))) continue;
    requireNode(backend, host);
    const core = await importInstalled(TFJS_CORE, host);
    if (core) return start(core as Tf, backend, wanted);
  }
  throw missing(wanted);
}

/** Makes `tfjs` compute on its backend from now on: several sessions of one process may have different ones. */
export function useBackend({ tf, registered }: LoadedTfjs): void {
  // Of a backend that is ready, tfjs changes to it before it returns; its promise says nothing more.
  if (tf.getBackend() !== registered) void tf.setBackend(registered);
}

async function importInstalled(name: string, { importPackage }: Host): Promise<unknown> {
  try {
    const module = (await importPackage(name)) as { default?: unknown };
    return module.default ?? module;
  } catch (error) {
    if (isMissing(error, name)) return undefined;
    const message = `${name} is installed but does not load: ${(error as Error).message}`;
    const remedy = `install it again with its scripts: ${installing([name])}; or name another engine`;
    throw new FacetError('precondition', `${message}; ${remedy}`, {
      reason: 'ENGINE_UNUSABLE',
      cause: error,
    });
  }
}

/** Whether it is this very package that was not found, and not something that it needs. */
function isMissing(error: unknown, name: string): boolean {
  const { code, message } = error as NodeJS.ErrnoException;
  return /^(ERR_)?MODULE_NOT_FOUND$/.test(code ?? '') && message.includes(`'${name}'`);
}

async function start(tf: Tf, backend: TfjsBackend, wanted: TfjsBackend | undefined): Promise<LoadedTfjs> {
  const { registered, package: name } = backend;
  // Without it, tfjs prints advice to install other packages.
  tf.enableProdMode();
  if (!(await tf.setBackend(registered))) {
    throw new FacetError('precondition', `${name} is installed but its backend does not start`, {
      reason: 'ENGINE_UNUSABLE',
    });
  }
  if (registered !== 'tensorflow') return { tf, registered, label: registered };
  const { isUsingGpuDevice } = tf.backend() as { isUsingGpuDevice?: boolean };
  if (wanted?.name === 'node-gpu' && !isUsingGpuDevice) throw withoutGpu();
  return { tf, registered, label: `tensorflow, ${isUsingGpuDevice ? 'GPU' : 'CPU'}` };
}

/** Throws where Node.js is too new for the packages that bring TensorFlow: they call what Node.js 23 has removed. */
function requireNode({ registered, package: name }: TfjsBackend, { nodeVersion }: Host): void {
  if (registered !== 'tensorflow' || Number.parseInt(nodeVersion, 10) < TOO_NEW_FOR_TENSORFLOW) return;
  const message =
    `${name}@${TFJS_VERSION} does not run on Node.js ${nodeVersion}; use Node.js 20 or 22, or name another ` +
    'engine';
  throw new FacetError('precondition', message, { reason: 'ENGINE_UNUSABLE' });
}

function withoutGpu(): FacetError {
  const message =
    'engine tfjs:node-gpu finds no CUDA device: TensorFlow has loaded for the CPU alone; install the CUDA and cuDNN ' +
    'libraries that it looks for (docs/reference/training-engines.md), or name tfjs:node or cpu';
  return new FacetError('precondition', message, { reason: 'GPU_MISSING' });
}

function missing(wanted: TfjsBackend | undefined): FacetError {
  const packages = wanted ? [wanted.package] : TFJS_BACKENDS.map((backend) => backend.package);
  const which = wanted
    ? `engine tfjs:${wanted.name} needs ${wanted.package} and ${TFJS_CORE}, which are not both installed`
    : 'engine tfjs needs one of its backends, and none is installed';
  const remedy = packages.map((name) => installing([TFJS_CORE, name])).join(', or ');
  return new FacetError('precondition', `${which}: ${remedy}`, {
    reason: 'ENGINE_MISSING',
    field: 'spec.engine',
  });
}

/** The command; the packages for Node.js fetch TensorFlow in their install scripts. */
function installing(packages: readonly string[]): string {
  const scripts = packages.some((name) => name.includes('tfjs-node')) ? ' --ignore-scripts=false' : '';
  return `npm install --no-save${scripts} ${packages.map((name) => `${name}@${TFJS_VERSION}`).join(' ')}`;
}
