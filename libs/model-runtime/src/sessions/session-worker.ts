import { parentPort, workerData } from 'node:worker_threads';
import { isFacetError } from '@facet/errors';
import { encodeBF16 } from '@facet/tensor';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { createRowSamplers, type RowSamplers } from './row-samplers.ts';
import type {
  CreateRequest,
  KeptTensors,
  RunRequest,
  SessionWorkerData,
  WireTensor,
  WireTensors,
  WorkerMessage,
  WorkerReply,
  WorkerRequest,
  WorkerResult,
} from './session-protocol.ts';

/**
 * Hosts ONNX Runtime sessions on a thread of their own: `run` of onnxruntime-node blocks its thread, and the
 * service's thread must stay free for the network. Messages are done one after another, so a session is never
 * released in use.
 */
const port = parentPort!;
const { givenUp } = workerData as SessionWorkerData;
const sessions = new Map<number, InferenceSession>();
const keptTensors = new Map<number, Kept>();

interface Kept {
  perRow: Record<string, Tensor>;
  shared: Record<string, Tensor>;
  inPlace: { input: string; output: string; tensor: Tensor }[];
  sampled: { output: string; logits: Tensor; samplers: RowSamplers } | undefined;
}

let last: Promise<void> = Promise.resolve();
port.on('message', (message: WorkerMessage) => {
  last = last.then(() => answer(message));
});

async function answer(message: WorkerMessage): Promise<void> {
  const { id } = message;
  try {
    if (Atomics.load(givenUp, 0) === 1 && message.op !== 'close') return;
    const result = await perform(message);
    const buffers = Object.values(result.outputs ?? {}).map(({ data }) => data.buffer as ArrayBuffer);
    port.postMessage({ id, ...result } satisfies WorkerReply, [...new Set(buffers)]);
  } catch (error) {
    port.postMessage({ id, ...failure(error, message.op) } satisfies WorkerReply);
  }
}

/** What our own code refuses reaches the caller as it is; the rest is ONNX Runtime's. */
function failure(error: unknown, phase: WorkerRequest['op']) {
  if (isFacetError(error)) {
    const { kind, message, reason, metadata, field } = error;
    return { refusal: { kind, message, options: { reason, metadata, field } } };
  }
  return { error: { message: error instanceof Error ? error.message : String(error), phase } };
}

async function perform(request: WorkerRequest): Promise<WorkerResult> {
  switch (request.op) {
    case 'create':
      sessions.set(request.session, await create(request));
      return {};
    case 'run':
      return { outputs: await run(request.session, request) };
    case 'release':
      await sessions.get(request.session)?.release();
      sessions.delete(request.session);
      return {};
    case 'keep':
      keptTensors.set(request.kept, keep(request.tensors));
      return {};
    case 'draw':
      return { drawn: draw(requireKept(request.kept), request.rows) };
    case 'drop':
      keptTensors.delete(request.kept);
      return {};
    case 'close':
      await close();
      return {};
  }
}

function create({ model, folder, threads, isPacked }: CreateRequest): Promise<InferenceSession> {
  return InferenceSession.create(model, {
    executionProviders: ['cpu'],
    graphOptimizationLevel: 'all',
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
    extra: {
      session: {
        model_external_initializers_file_folder_path: folder,
        // Unpacked, F32 weights are read where their file is mapped: no session has a copy.
        disable_prepacking: isPacked ? '0' : '1',
        intra_op: { allow_spinning: '0' },
      },
    },
  });
}

async function run(
  session: number,
  { feeds, outputs, bf16 = [], kept, rows }: RunRequest,
): Promise<WireTensors> {
  const found = sessions.get(session);
  if (found === undefined) throw new Error(`session ${session} could not be created`);
  const inputs: Record<string, Tensor> = mapTensors(feeds);
  const fetches: Record<string, Tensor | null> = Object.fromEntries(outputs.map((name) => [name, null]));
  if (kept !== undefined) addKept(requireKept(kept), rows, { inputs, fetches });
  const results = await found.run(inputs, fetches);
  return Object.fromEntries(
    outputs.map((name) => {
      const tensor = toWire(results[name] as Tensor);
      return [name, bf16.includes(name) ? toBF16(tensor) : tensor];
    }),
  );
}

function requireKept(number: number): Kept {
  const found = keptTensors.get(number);
  if (found !== undefined) return found;
  throw new Error(`invalid input: no tensors are kept as ${number}`);
}

interface Bindings {
  inputs: Record<string, Tensor>;
  fetches: Record<string, Tensor | null>;
}

function addKept(kept: Kept, rows: RunRequest['rows'], { inputs, fetches }: Bindings): void {
  Object.assign(inputs, kept.shared);
  for (const [name, tensor] of Object.entries(kept.perRow)) inputs[name] = pickRows(tensor, rows);
  for (const { input, output, tensor } of kept.inPlace) {
    const picked = pickRows(tensor, rows);
    inputs[input] = picked;
    fetches[output] = picked;
  }
  if (kept.sampled !== undefined) fetches[kept.sampled.output] = pickRows(kept.sampled.logits, rows);
}

function draw({ sampled }: Kept, rows: readonly number[]) {
  if (sampled === undefined) throw new Error('invalid input: the kept tensors have no samplers');
  return sampled.samplers.draw(sampled.logits.data as Float32Array, rows);
}

/** Rows [from, to) of a tensor as a view: what is written to them is written to the tensor. */
function pickRows(tensor: Tensor, rows: RunRequest['rows']): Tensor {
  if (rows === undefined) return tensor;
  const [count, ...rest] = tensor.dims;
  const size = tensor.size / count!;
  const data = (tensor.data as Float32Array).subarray(rows[0] * size, rows[1] * size);
  return new Tensor(tensor.type as 'float32', data, [rows[1] - rows[0], ...rest]);
}

function keep({ perRow, shared, inPlace, sampled }: KeptTensors): Kept {
  return {
    perRow: mapTensors(perRow),
    shared: mapTensors(shared),
    inPlace: inPlace.map(({ input, output, dims }) => ({ input, output, tensor: zeros(dims) })),
    sampled:
      sampled === undefined
        ? undefined
        : { output: sampled.output, logits: zeros(sampled.dims), samplers: createRowSamplers(sampled) },
  };
}

function zeros(dims: readonly number[]): Tensor {
  const size = dims.reduce((product, extent) => product * extent, 1);
  return new Tensor('float32', new Float32Array(size), dims);
}

function mapTensors(tensors: WireTensors): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, { type, data, dims }]) => [
      name,
      new Tensor(type as 'float32', data as Float32Array, dims),
    ]),
  );
}

function toWire({ type, dims, data }: Tensor): WireTensor {
  return { type: type as WireTensor['type'], dims, data: data as Float32Array };
}

/** Nearest even, as F16 is rounded in graphs. */
function toBF16({ dims, data }: WireTensor): WireTensor {
  return { type: 'bfloat16', dims, data: encodeBF16(data as Float32Array) };
}

async function close(): Promise<void> {
  keptTensors.clear();
  for (const session of sessions.values()) await session.release();
  sessions.clear();
  port.unref();
}
