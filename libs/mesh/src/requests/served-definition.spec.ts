import type { ClientHttp2Session } from 'node:http2';
import {
  ActivationSetServiceDefinition,
  ComputeActivationsRequest,
  CreateTrainingRunRequest,
  DataType,
  type DescMessage,
  describeServices,
  FeatureOrder,
  GenerateSteeredTextRequest,
  ListFeaturesRequest,
  TrainingServiceDefinition,
  UpdateSteeringProfileRequest,
} from '@facet/contracts';
import fc from 'fast-check';
import { Status } from 'nice-grpc-common';
import { connect } from '../connecting/connect.ts';
import { createServiceClient } from '../connecting/service-client.ts';
import type { RunningServer } from '../serving/serve.ts';
import { callRaw, frame, openRaw } from '../testing/raw-call.ts';
import { CONTRACTS, serveContracts } from '../testing/serve-contracts.ts';

const CODES = new Set([Status.OK, Status.INVALID_ARGUMENT]);

let server: RunningServer;
let session: ClientHttp2Session;
let received: unknown[];

beforeAll(async () => {
  server = await serveContracts((_, request) => {
    received.push(request);
    return {};
  });
  session = openRaw(server.address);
});
beforeEach(() => {
  received = [];
});
afterAll(async () => {
  session.destroy();
  await server.stop(0);
});

const send = (path: string, body: Uint8Array) => callRaw(session, { path, body: frame(body) });
const steer = '/facet.steering.v1.SteeringService/GenerateSteeredText';
const train = '/facet.training.v1.TrainingService/CreateTrainingRun';
const activate = '/facet.inference.v1.InferenceService/ComputeActivations';
const list = '/facet.feature.v1.FeatureService/ListFeatures';

describe('servedDefinition', () => {
  test('knows every service that is served, and every field by the name that ts-proto gives it', () => {
    const described = describeServices();
    expect(described.map(({ typeName }) => typeName).sort()).toEqual(CONTRACTS.map((d) => d.fullName).sort());
    for (const service of described) {
      const definition = CONTRACTS.find(({ fullName }) => fullName === service.typeName)!;
      for (const method of service.methods) {
        const { requestType } = definition.methods[method.localName]!;
        const keys = Object.keys(requestType.fromPartial!({}) as object).sort();
        expect(keys).toEqual(keysOf(method.input));
      }
    }
  });

  test.each(
    CONTRACTS.flatMap(({ fullName, methods }) => Object.values(methods).map(({ name }) => [fullName, name])),
  )('answers random bytes to %s.%s, never INTERNAL', async (service, method) => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 64 }), async (bytes) => {
        expect(CODES).toContain((await send(`/${service}/${method}`, bytes)).status);
      }),
      { seed: 41, numRuns: 20 },
    );
  });

  test('gives what is right to the handler as it was', async () => {
    const request = ListFeaturesRequest.fromPartial({
      parent: 'saes/x',
      order: FeatureOrder.DENSITY,
      minDensity: 0.5,
      pageToken: 'é',
    });
    expect((await send(list, ListFeaturesRequest.encode(request).finish())).status).toBe(Status.OK);
    expect(received).toEqual([request]);
  });
});

describe('a malformed request', () => {
  const spec = [0x12, 0x04];
  test.each<[string, number[], string]>([
    ['breaks off in a nested field', [...spec, 0x12, 0x09, 0x61, 0x62], 'spec.sae'],
    ['has a length beyond its end', [0x0a, 0x7f, 0x61], 'training_run_id'],
    ['has text that is not UTF-8', [...spec, 0x12, 0x02, 0xc0, 0xaf], 'spec.sae'],
    ['has half a surrogate pair', [0x1a, 0x03, 0xed, 0xa0, 0x80], 'request_id'],
    ['has an endless number', [...Array(11).fill(0xff)], 'request'],
    ['ends in the middle', [0x00, 0x12], 'request'],
    ['has an unknown field that breaks off', [0xfa, 0x01, 0x7f], '#31'],
  ])('that %s is refused with the field', async (_, bytes, field) => {
    const answer = await send(train, Uint8Array.from(bytes));
    expect(answer).toMatchObject({
      status: Status.INVALID_ARGUMENT,
      message: expect.stringMatching(`^${field}: `),
    });
    expect(received).toEqual([]);
  });

  test('that nests as deep as 1 MiB allows is refused', async () => {
    let bytes = Buffer.alloc(0);
    for (let depth = 0; depth < 20_000; depth += 1) bytes = Buffer.concat([Buffer.from([0x0b]), bytes]);
    expect(await send(train, bytes)).toMatchObject({ status: Status.INVALID_ARGUMENT });
  });
});

describe('a value that no field may hold', () => {
  const edit = { feature: 'saes/x/features/1' };
  const floats = (...values: number[]) => ({
    dtype: DataType.F32,
    shape: [values.length],
    data: Buffer.from(Float32Array.from(values).buffer),
  });
  const halves = (bits: number, dtype: DataType) => ({
    dtype,
    shape: [1],
    data: Buffer.from(Uint16Array.of(bits).buffer),
  });
  const compute = (tensor: object) =>
    ComputeActivationsRequest.encode(
      ComputeActivationsRequest.fromPartial({ interventions: [{}, { encoderRows: tensor }] }),
    );
  const clamp = (value: number) =>
    GenerateSteeredTextRequest.encode(
      GenerateSteeredTextRequest.fromPartial({ edits: [edit, { ...edit, mode: { $case: 'clamp', value } }] }),
    );
  const rate = (learningRate: number) =>
    CreateTrainingRunRequest.encode(
      CreateTrainingRunRequest.fromPartial({ spec: { variants: [{}, {}, { learningRate }] } }),
    );
  const rows = 'interventions[1].encoder_rows';
  test.each([
    ['NaN in a oneof of a list', steer, clamp(Number.NaN), 'edits[1].clamp: NaN'],
    ['an infinity in a oneof of a list', steer, clamp(Number.POSITIVE_INFINITY), 'edits[1].clamp: Infinity'],
    ['an optional field', train, rate(Number.NEGATIVE_INFINITY), 'spec.variants[2].learning_rate: -Infinity'],
    ['NaN in a tensor', activate, compute(floats(1, Number.NaN)), `${rows}: it holds NaN at index 1`],
    ['−∞ in a tensor', activate, compute(floats(-1 / 0)), `${rows}: it holds -Infinity at index 0`],
    ['∞ in F16', activate, compute(halves(0x7c00, DataType.F16)), `${rows}: it holds Infinity at index 0`],
    ['NaN in F16', activate, compute(halves(0xfc01, DataType.F16)), `${rows}: it holds NaN at index 0`],
    [
      '−∞ in BF16',
      activate,
      compute(halves(0xff80, DataType.BF16)),
      `${rows}: it holds -Infinity at index 0`,
    ],
    ['NaN in BF16', activate, compute(halves(0x7fc0, DataType.BF16)), `${rows}: it holds NaN at index 0`],
  ])('is refused: %s', async (_, path, request, says) => {
    const { status, message } = await send(path, request.finish());
    expect(status).toBe(Status.INVALID_ARGUMENT);
    expect(message).toContain(says);
    expect(received).toEqual([]);
  });

  test('is refused: a number that an enum does not know, also inside and negative', async () => {
    expect(await send(list, Uint8Array.from([0x20, 0x63]))).toMatchObject({
      status: Status.INVALID_ARGUMENT,
      message: expect.stringMatching(/^order: .*FEATURE_ORDER_DENSITY/),
    });
    const negative = [0x20, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
    expect(await send(list, Uint8Array.from(negative))).toMatchObject({ status: Status.INVALID_ARGUMENT });
    const nested = [0x1a, 0x02, 0x40, 0x63];
    expect(await send(steer, Uint8Array.from(nested))).toMatchObject({
      message: expect.stringMatching(/^edits\[0\]\.scope: /),
    });
  });

  test('is refused: a time that is none', async () => {
    const update = '/facet.steering.v1.SteeringService/UpdateSteeringProfile';
    const year0 = UpdateSteeringProfileRequest.encode(
      UpdateSteeringProfileRequest.fromPartial({ steeringProfile: { createTime: new Date(0) } }),
    ).finish();
    expect((await send(update, year0)).status).toBe(Status.OK);
    // create_time { seconds: 2^62 }
    const seconds = [0x08, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x40];
    const profile = [0x32, seconds.length, ...seconds];
    const answer = await send(update, Uint8Array.from([0x0a, profile.length, ...profile]));
    expect(answer).toMatchObject({
      status: Status.INVALID_ARGUMENT,
      message: expect.stringMatching(/^steering_profile\.create_time: /),
    });
  });
});

describe('an error of a resource', () => {
  test('is told without paths of the server, alone, in lists, in members and in streams', async () => {
    const error = {
      reason: 'X',
      message: "ENOENT: open '/var/lib/facet/a.json'; the corpus /data/mine.txt stays",
    };
    const safe = { reason: 'X', message: "ENOENT: open '…/a.json'; the corpus /data/mine.txt stays" };
    const set = { name: 'activationSets/a', spec: { corpus: { uri: '/data/mine.txt' } }, error };
    const failing = await serveContracts(() => ({
      activationSet: set,
      activationSets: [set, { ...set, error: undefined }],
      trainingRun: { members: [{ error: { ...error } }], error: undefined },
    }));
    const connection = connect(failing.address);
    const sets = createServiceClient(ActivationSetServiceDefinition, connection);
    const runs = createServiceClient(TrainingServiceDefinition, connection);
    expect((await sets.getActivationSet({})).activationSet?.error).toEqual(safe);
    expect((await sets.listActivationSets({})).activationSets.map((one) => one.error)).toEqual([
      safe,
      undefined,
    ]);
    for await (const { activationSet } of sets.watchActivationSet({}))
      expect(activationSet?.error).toEqual(safe);
    const told = (await runs.getTrainingRun({})).trainingRun?.members[0]?.error?.message;
    expect(told).toBe("ENOENT: open '…/a.json'; the corpus …/mine.txt stays");
    expect(error.message).toContain('/var/lib/facet');
    connection.close();
    await failing.stop(0);
  });
});

describe('metadata', () => {
  test.each([9_000, 60_000])('of %i bytes is refused with what is too large', async (bytes) => {
    const headers = { 'x-flood': 'a'.repeat(bytes) };
    const answer = await callRaw(session, { path: list, headers, body: frame(Buffer.alloc(0)) });
    expect(answer).toMatchObject({
      status: Status.INVALID_ARGUMENT,
      message: expect.stringMatching(/^metadata: .*"x-flood"; at most 8192 are accepted$/),
    });
  });

  test('of 4 KiB is accepted', async () => {
    const headers = { 'x-much': 'a'.repeat(4096) };
    const answer = await callRaw(session, { path: list, headers, body: frame(Buffer.alloc(0)) });
    expect(answer.status).toBe(Status.OK);
  });
});

/** Names that a decoded message has: its fields, and its oneofs in place of theirs. */
function keysOf({ fields }: DescMessage): string[] {
  return [...new Set(fields.map(({ oneof, localName }) => oneof?.localName ?? localName))].sort();
}
