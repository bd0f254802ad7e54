import type { RowSampler } from '@facet/model-runtime';
import type { DrawnToken, SamplingOptions, TokenLogprob } from '@facet/transformer/sampling';
import { countEdited, type InterventionProof } from '../editing/edit-proofs.ts';
import { type InterventionPlan, planInterventions } from '../editing/intervention-plan.ts';
import { hasRules, type Intervention } from '../editing/interventions.ts';
import type { LoadedModel } from '../models/loaded-model.ts';
import type { ModelTurn } from '../scheduling/scheduler.ts';
import type { DecodedStep, DecodeStep } from '../tokens/tokenizer-protocol.ts';
import { createGeneratedText, type FinishReason, type GeneratedText } from './generated-text.ts';
import { createGenerationSteps, type GenerationSteps, type StepOutcome } from './generation-steps.ts';

/** One way of generating. */
export interface Variant {
  id: string;
  interventions: readonly Intervention[];
}

/** What GenerateText runs. */
export interface GenerationQuestion {
  model: LoadedModel;
  prompt: Int32Array;
  variants: readonly Variant[];
  sampling: SamplingOptions & { seed: bigint };
  maxTokens: number;
  stops: readonly string[];
  ignoreEos: boolean;
  compareWithUnedited: boolean;
}

/** One generated token of one variant. */
export interface TokenEvent {
  type: 'token';
  variant: number;
  position: number;
  tokenId: number;
  text: string;
  logprob: number;
  uneditedLogprob: number | undefined;
  kl: number | undefined;
  /** The likeliest tokens, where asked for. */
  top: readonly TokenLogprob[];
}

export interface FinishedEvent {
  type: 'finished';
  variant: number;
  reason: FinishReason;
  text: string;
  tokens: number;
  positionsEdited: number;
}

export type GenerationEvent = TokenEvent | FinishedEvent | { type: 'proof'; proof: InterventionProof };

/**
 * Generates all variants side by side: row v of the batch is variant v; rows after them are the unedited companions of
 * edited variants, fed with that variant's tokens. Tokens are drawn in the runtime's threads: only they come here. Ends
 * when every variant has ended, or at the next step after `signal` aborts.
 */
export async function* generateText(
  question: GenerationQuestion,
  turn: ModelTurn,
): AsyncGenerator<GenerationEvent> {
  const { model, prompt, maxTokens } = question;
  const rows = layOutRows(question);
  let steps: GenerationSteps | undefined;
  try {
    steps = await createGenerationSteps(
      {
        model,
        plan: rows.plan,
        rowVariants: rows.variants,
        prompt,
        maxTokens,
        samplers: rowSamplers(question, rows),
      },
      turn,
    );
    const writers = question.variants.map(() => createWriter(question));
    let outcome = yield* runPrompt(steps, writers);
    for (;;) {
      yield* writeStep(writers, outcome.drawn, { model, signal: turn.signal });
      const going = goingOf(writers);
      if (going.length === 0) return;
      const tokens = rows.owners.map((owner) => writers[owner]!.lastToken);
      outcome = await steps.append(tokens, going);
      yield* proofEvents(outcome, writers);
    }
  } finally {
    await steps?.close();
  }
}

interface Rows {
  plan: InterventionPlan;
  /** For every row the variant whose rules it follows, null for companions. */
  variants: (number | null)[];
  /** For every row the variant whose tokens it is fed. */
  owners: number[];
  /** For every variant the row to compare with: the unedited row, its own row where it is not edited, or none. */
  companions: (number | undefined)[];
}

function layOutRows({ variants, compareWithUnedited }: GenerationQuestion): Rows {
  const rowVariants: (number | null)[] = variants.map((_, variant) => variant);
  const owners = variants.map((_, variant) => variant);
  const companions = variants.map(({ interventions }, variant) => {
    if (!compareWithUnedited) return undefined;
    if (!hasRules(interventions)) return variant;
    owners.push(variant);
    return rowVariants.push(null) - 1;
  });
  const plan = planInterventions(variants.map(({ interventions }) => interventions));
  return { plan, variants: rowVariants, owners, companions };
}

/** Every variant draws the random numbers of the seed. */
function rowSamplers({ variants, sampling, prompt }: GenerationQuestion, { companions }: Rows): RowSampler[] {
  const { seed, ...options } = sampling;
  return variants.map((_, row) => ({ row, options, seed, prompt, comparedTo: companions[row] }));
}

/** Runs the prompt in chunks; yields their proofs and returns the last outcome. */
async function* runPrompt(
  steps: GenerationSteps,
  writers: readonly VariantWriter[],
): AsyncGenerator<GenerationEvent, StepOutcome> {
  for (;;) {
    const outcome = await steps.prefill();
    yield* proofEvents(outcome, writers);
    if (steps.promptDone()) return outcome;
  }
}

/** Gives out the proofs of variants that go on, and counts their edited positions. */
function* proofEvents(outcome: StepOutcome, writers: readonly VariantWriter[]): Generator<GenerationEvent> {
  for (const [variant, writer] of writers.entries()) {
    if (writer.ended) continue;
    const proofs = outcome.proofs(variant);
    writer.countEdited(countEdited(proofs));
    for (const proof of proofs) yield { type: 'proof', proof };
  }
}

/** The variants that go on. */
function goingOf(writers: readonly VariantWriter[]): number[] {
  return [...writers.keys()].filter((variant) => !writers[variant]!.ended);
}

/** Takes the tokens that were drawn for the variants that go on, and yields them with their texts. */
async function* writeStep(
  writers: readonly VariantWriter[],
  drawn: readonly DrawnToken[],
  { model, signal }: { model: LoadedModel; signal: AbortSignal },
): AsyncGenerator<GenerationEvent> {
  const going = goingOf(writers);
  const steps = going.map((variant, index) => writers[variant]!.take(drawn[index]!));
  const decoded = await model.tokenizer.decode(steps, signal);
  for (const [index, variant] of going.entries()) yield* writers[variant]!.write(variant, decoded[index]!);
}

/** What one variant has generated. */
interface VariantWriter {
  readonly ended: boolean;
  /** The token to feed next; stays the last one when the variant has ended. */
  readonly lastToken: number;
  /** Takes the token that was drawn; returns what the tokenizer is to be asked for it. */
  take(token: DrawnToken): DecodeStep;
  /** Yields the token that was taken. */
  write(variant: number, decoded: DecodedStep): Generator<GenerationEvent>;
  countEdited(positions: number): void;
}

function createWriter(question: GenerationQuestion): VariantWriter {
  const { model, prompt, maxTokens, stops, ignoreEos } = question;
  const eosTokenIds = ignoreEos ? [] : model.runtime.spec.eosTokenIds;
  const text = createGeneratedText(model, [...prompt], { stops, eosTokenIds, maxTokens });
  let ended = false;
  let last: DrawnToken;
  let positionsEdited = 0;
  return {
    get ended() {
      return ended;
    },
    get lastToken() {
      return last.id;
    },
    take(token) {
      last = token;
      return text.next(token.id);
    },
    *write(variant, decoded) {
      const said = text.append(decoded);
      const position = prompt.length + text.tokens() - 1;
      yield { type: 'token', variant, position, tokenId: last.id, text: said.text, ...factsOf(last) };
      ended = said.ended !== undefined;
      if (said.ended !== undefined) yield finished(variant, said.ended, { text, positionsEdited });
    },
    countEdited(positions) {
      positionsEdited += positions;
    },
  };
}

function finished(
  variant: number,
  reason: FinishReason,
  { text, positionsEdited }: { text: GeneratedText; positionsEdited: number },
): FinishedEvent {
  return { type: 'finished', variant, reason, text: text.text(), tokens: text.tokens(), positionsEdited };
}

function factsOf({
  logprob,
  top,
  compared,
}: DrawnToken): Pick<TokenEvent, 'logprob' | 'uneditedLogprob' | 'kl' | 'top'> {
  return { logprob, top, uneditedLogprob: compared?.logprob, kl: compared?.kl };
}
