import { HEAD_NAMES } from '@facet/transformer';
import type { ComparisonRequest, ScoreComparison, TokenScores } from '../model-runtime.ts';
import { checkTokens, invalid, type TokenBatch } from '../request-checks.ts';
import type { RuntimeContext } from '../runtime-context.ts';
import { type HeadRequest, runHead } from './head-blocks.ts';

/** What a forward pass leaves to the unembedding. */
export interface TrunkOutput {
  tokens: TokenBatch;
  /** [B*T, d_model] */
  residual: Float32Array;
  signal?: AbortSignal | undefined;
}

/** Scores token t of each row from the residual of token t − 1. */
export async function computeScores(
  context: RuntimeContext,
  { tokens, residual, signal }: TrunkOutput,
): Promise<TokenScores> {
  const places = scoredPlaces(tokens);
  const columns = { nll: HEAD_NAMES.nll, logit: HEAD_NAMES.logit, topLogit: HEAD_NAMES.topLogit };
  const rows = pickRows(context, residual, places.before);
  return scoreColumns(context, { columns, tokens, places, head: { kind: 'scores', rows, signal } });
}

/** Scores the tokens from two residual streams and compares the distributions. */
export async function compareScores(
  context: RuntimeContext,
  request: ComparisonRequest,
): Promise<ScoreComparison> {
  const tokens = checkTokens(context.model.spec, request);
  const size = tokens.tokens.length * context.model.spec.d_model;
  for (const { length } of [request.edited, request.unedited])
    if (length !== size) throw invalid(`a residual has ${length} values; expected ${size}`, 'residual');
  const places = scoredPlaces(tokens);
  const [rows, uneditedRows] = [request.edited, request.unedited].map((residual) =>
    pickRows(context, residual, places.before),
  );
  const head = {
    kind: 'comparison',
    rows: rows!,
    uneditedRows: uneditedRows!,
    signal: request.signal,
  } as const;
  const columns = { nll: HEAD_NAMES.nll, uneditedNll: HEAD_NAMES.uneditedNll, kl: HEAD_NAMES.kl };
  return scoreColumns(context, { columns, tokens, places, head });
}

/** Picks rows [n, d_model] by index. */
export function pickRows(
  { model }: RuntimeContext,
  rows: Float32Array,
  indices: ArrayLike<number>,
): Float32Array {
  const width = model.spec.d_model;
  const picked = new Float32Array(indices.length * width);
  for (let i = 0; i < indices.length; i++)
    picked.set(rows.subarray(indices[i]! * width, (indices[i]! + 1) * width), i * width);
  return picked;
}

/** The places [B*T] that have a score, and the places before them, which predict them. */
interface ScoredPlaces {
  scored: Int32Array;
  before: Int32Array;
}

function scoredPlaces({ batch, positions, lengths }: TokenBatch): ScoredPlaces {
  const scored: number[] = [];
  for (let row = 0; row < batch; row++)
    for (let t = 1; t < lengths[row]!; t++) scored.push(row * positions + t);
  return { scored: Int32Array.from(scored), before: Int32Array.from(scored, (place) => place - 1) };
}

interface ColumnRequest<Name extends string> {
  /** What is wanted -> head output. */
  columns: Readonly<Record<Name, string>>;
  tokens: TokenBatch;
  places: ScoredPlaces;
  head: Omit<HeadRequest, 'targets' | 'take'>;
}

/** Runs a head over the scored places and puts its columns where they belong; NaN elsewhere. */
async function scoreColumns<Name extends string>(
  context: RuntimeContext,
  { columns, tokens, places: { scored }, head }: ColumnRequest<Name>,
): Promise<Record<Name, Float32Array>> {
  const fields = Object.entries(columns) as [Name, string][];
  const result = Object.fromEntries(
    fields.map(([field]) => [field, new Float32Array(tokens.tokens.length).fill(Number.NaN)]),
  ) as Record<Name, Float32Array>;
  await runHead(context, {
    ...head,
    targets: BigInt64Array.from(scored, (place) => BigInt(tokens.tokens[place]!)),
    take(values, at) {
      for (const [field, name] of fields) {
        const column = values[name]!.data as Float32Array;
        for (let i = 0; i < column.length; i++) result[field][scored[at + i]!] = column[i]!;
      }
    },
  });
  return result;
}
