import type { ActivationSet, ActivationShard } from '@facet/artifacts';
import { FacetError } from '@facet/errors';
import type { SelectionKind } from './evaluation-record.ts';

/** Which rows of a set to measure. */
export interface SelectionRule {
  kind: SelectionKind;
  /** Only rows of these documents. @default all */
  documents?: ReadonlySet<number>;
}

/** A context to run whole, and which of its rows count. */
export interface ChosenContext {
  shard: number;
  /** First row in its shard. */
  start: number;
  length: number;
  /** [length], 1 for rows that count; never special ones. */
  counted: Uint8Array;
}

/** The contexts of an evaluation, and what is known of their counted rows. */
export interface Selection {
  /** In the order of the set. */
  contexts: readonly ChosenContext[];
  /** Counted rows. */
  tokens: number;
  /** Mean of the counted rows [d_in]. */
  mean: Float32Array;
}

export interface SelectionLimits {
  maxTokens: number;
  signal: AbortSignal;
  /** Called after every shard with the rows counted so far. */
  onRead: (tokens: number) => void;
}

/**
 * Chooses contexts of a set until `maxTokens` rows count: in order, or from the end for `last-contexts`. Reads the
 * shards that it needs, one at a time. A set without such rows is refused with `precondition`.
 */
export async function selectContexts(
  set: ActivationSet,
  rule: SelectionRule,
  { maxTokens, signal, onRead }: SelectionLimits,
): Promise<Selection> {
  const { dIn, shards } = set.manifest.body;
  const chosen: Choice = { contexts: [], tokens: 0, sum: new Float64Array(dIn) };
  const fromEnd = rule.kind === 'last-contexts';
  const order = shards.map((_, index) => index);
  if (fromEnd) order.reverse();
  for (const index of order) {
    if (chosen.tokens === maxTokens) break;
    const shard = await set.readShard(index, { signal });
    const spans = contextsOf(shard, set.id);
    if (fromEnd) spans.reverse();
    for (const span of spans)
      addContext(chosen, { shard, index, span }, { rule, most: maxTokens - chosen.tokens });
    onRead(chosen.tokens);
  }
  const { contexts, tokens, sum } = chosen;
  if (tokens === 0) throw nothingToMeasure(set, rule);
  contexts.sort((a, b) => a.shard - b.shard || a.start - b.start);
  return { contexts, tokens, mean: Float32Array.from(sum, (value) => value / tokens) };
}

/** What is chosen so far. */
interface Choice {
  contexts: ChosenContext[];
  tokens: number;
  /** Of the counted rows [d_in]. */
  sum: Float64Array;
}

/** Adds a context where at least one of its rows counts. */
function addContext(
  chosen: Choice,
  { shard, index, span }: { shard: ActivationShard; index: number; span: Span },
  limits: { rule: SelectionRule; most: number },
): void {
  const counted = countRows(shard, span, limits);
  const count = counted.reduce((total, flag) => total + flag, 0);
  if (count === 0) return;
  addRows(chosen.sum, shard, { start: span.start, counted });
  chosen.contexts.push({ shard: index, ...span, counted });
  chosen.tokens += count;
}

interface Span {
  start: number;
  length: number;
}

/** Contexts begin at position 0; none goes on in the next shard. */
function contextsOf({ rows, positions }: ActivationShard, id: string): Span[] {
  const spans: Span[] = [];
  for (let row = 0; row < rows; row++) {
    const span = spans.at(-1);
    if (positions[row] === 0) spans.push({ start: row, length: 1 });
    else if (span !== undefined && positions[row] === span.length) span.length++;
    else throw brokenContext(id, positions[row]!);
  }
  return spans;
}

function countRows(
  { special, documents }: ActivationShard,
  { start, length }: Span,
  { rule, most }: { rule: SelectionRule; most: number },
): Uint8Array {
  const counted = new Uint8Array(length);
  let count = 0;
  for (let t = 0; t < length && count < most; t++) {
    const row = start + t;
    if (special[row] !== 0 || rule.documents?.has(documents[row]!) === false) continue;
    counted[t] = 1;
    count++;
  }
  return counted;
}

function addRows(
  sum: Float64Array,
  { activations, dIn }: ActivationShard,
  { start, counted }: { start: number; counted: Uint8Array },
): void {
  counted.forEach((flag, t) => {
    if (flag === 0) return;
    for (let j = 0, at = (start + t) * dIn; j < dIn; j++, at++) sum[j]! += activations[at]!;
  });
}

function brokenContext(id: string, position: number): FacetError {
  return new FacetError(
    'precondition',
    `activationSets/${id} has a row at position ${position} that does not follow on its context; ` +
      'only sets of whole contexts can be evaluated: capture the set again',
    { reason: 'CONTEXTS_NOT_WHOLE' },
  );
}

function nothingToMeasure({ id }: ActivationSet, { kind }: SelectionRule): FacetError {
  const what = kind === 'held-out-documents' ? 'documents that were held out from training' : 'contexts';
  return new FacetError(
    'precondition',
    `the ${what} of activationSets/${id} hold no rows besides BOS and special ones; capture more text`,
    { reason: 'ACTIVATION_SET_EMPTY' },
  );
}
