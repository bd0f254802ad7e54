import { DataType, type ActivationReplacement as ReplacementMessage, type Tensor } from '@facet/contracts';
import { FacetError } from '@facet/errors';
import { requestTensors } from '@facet/mesh';
import { decodeFloats, requireFinite } from '@facet/tensor';
import { hookPointOf } from '../models/hook-point-names.ts';
import type { LoadedModel } from '../models/loaded-model.ts';
import type { ActivationReplacement, ReplacedHookPoint } from './activation-replacements.ts';

/** Most data of all replacements of one ScoreText: with its tokens it stays below the message limit. */
const MAX_REPLACEMENT_BYTES = 3 * 2 ** 20;

/** Reads and checks the replacements of a request of `tokens` tokens, all with their rows; at most one at a hook point. */
export function readReplacements(
  messages: readonly ReplacementMessage[],
  model: LoadedModel,
  tokens: number,
): ActivationReplacement[] {
  const read = readReplacedHookPoints(messages, model, tokens);
  return read.map(({ rows, ...replaced }, index) => {
    const at = `replacements[${index}].activations`;
    if (rows === undefined) throw invalid('is missing; give a row for each token, or one for all', at);
    return { ...replaced, rows };
  });
}

/** Reads and checks the replacements of a request of `tokens` tokens; rows that are not given are to come in a stream. */
export function readReplacedHookPoints(
  messages: readonly ReplacementMessage[],
  model: LoadedModel,
  tokens: number,
): ReplacedHookPoint[] {
  const bytes = messages.reduce((sum, { activations }) => sum + (activations?.data.byteLength ?? 0), 0);
  if (bytes > MAX_REPLACEMENT_BYTES)
    throw invalid(
      `the activations have ${bytes} bytes; the limit is ${MAX_REPLACEMENT_BYTES}: score fewer tokens at once, or send the rows to ScoreReplacements`,
      'replacements',
      'TENSOR_TOO_LARGE',
    );
  const seen = new Set<string>();
  return messages.map((message, index) => {
    const field = `replacements[${index}]`;
    const { name, width } = hookPointOf(model, message.hookPoint, `${field}.hook_point`);
    if (seen.has(name)) throw invalid(`${name} is replaced twice`, `${field}.hook_point`);
    seen.add(name);
    return readReplacement(message, { name, width, tokens, field });
  });
}

interface Place {
  name: string;
  width: number;
  tokens: number;
  field: string;
}

function readReplacement(
  { activations, mask }: ReplacementMessage,
  { name, width, tokens, field }: Place,
): ReplacedHookPoint {
  const read: ReplacedHookPoint = { hookPoint: name, width };
  if (activations !== undefined) {
    const at = `${field}.activations`;
    read.rows = readRows(activations, width, at);
    const count = read.rows.length / width;
    if (count !== tokens && count !== 1)
      throw invalid(
        `${count} rows; the request has ${tokens} tokens: give a row for each, or one for all`,
        at,
      );
  }
  if (mask === undefined) return read;
  const flags = requestTensors.flags(mask, [tokens], `${field}.mask`);
  if (flags.some((flag) => flag > 1)) throw invalid('the values are 0 and 1', `${field}.mask`);
  return { ...read, mask: flags };
}

/** Reads finite rows [n, width] in F32 or F16. */
export function readRows(tensor: Tensor | undefined, width: number, field: string): Float32Array {
  const dtype = tensor?.dtype === DataType.F16 ? 'F16' : 'F32';
  const { data } = requestTensors.check(tensor, { dtype: DataType[dtype], shape: ['n', width] }, field);
  const rows = decodeFloats(data, dtype, field);
  try {
    requireFinite(rows, field);
  } catch (cause) {
    throw invalid((cause as Error).message, field, 'NON_FINITE_VALUE');
  }
  return rows;
}

function invalid(problem: string, field: string, reason = 'INVALID_REPLACEMENT'): FacetError {
  return new FacetError('invalid', `${field}: ${problem}`, { field, reason });
}
