import { randomBytes } from 'node:crypto';
import {
  type GenerateTextResponse,
  type MeasureDoseResponseResponse,
  SamplingOptions,
} from '@facet/contracts';
import { FacetError } from '@facet/errors';
import { affineRule } from '../edits/edit-strength.ts';
import type { FeatureEdit, ValuedModeKind } from '../edits/feature-edit.ts';
import { DOSE_BATCH_STRENGTHS, MAX_DOSE_PROMPTS, MAX_DOSE_STRENGTHS } from '../limits.ts';
import { type PlannedIntervention, planInterventions } from '../planning/interventions.ts';
import {
  type PlanningContext,
  planSteering,
  type ResolvedEdit,
  type SteeringPlan,
} from '../planning/plan-steering.ts';
import { requireSameModel } from '../planning/steered-model.ts';
import { createEffectTally } from './effect-tally.ts';
import { positionProofs } from './position-proofs.ts';
import { type Prompt, promptErrors } from './prompts.ts';
import { repetition } from './repetition.ts';

/** What MeasureDoseResponse runs. */
export interface DoseQuestion {
  /** Resource name; empty: the model of the edit's SAE. */
  model: string;
  prompts: readonly Prompt[];
  edit: FeatureEdit;
  strengths: readonly number[];
  sampling: SamplingOptions | undefined;
}

/**
 * Generates every prompt at every strength and measures each text; results come by strength, then prompt. Strengths go
 * side by side in batches, and all texts draw the same random numbers, so that only the strength differs.
 */
export async function* measureDoseResponse(
  question: DoseQuestion,
  context: PlanningContext,
): AsyncGenerator<MeasureDoseResponseResponse> {
  const { prompts, model, edit, strengths } = question;
  requireCount(prompts.length, MAX_DOSE_PROMPTS, 'prompts');
  requireCount(strengths.length, MAX_DOSE_STRENGTHS, 'strengths');
  const kind = requireValuedMode(edit);
  const edits = [{ ...edit, mode: { kind, value: 0 } }];
  const plan = await planSteering({ model, edits, fieldOf: () => 'edit' }, context);
  const doses = strengths.map((strength, index) =>
    planDose(plan.edits[0]!, { kind, value: strength }, `strengths[${index}]`),
  );
  const run: DoseRun = { plan, context, sampling: withSeed(question.sampling) };
  for (let first = 0; first < strengths.length; first += DOSE_BATCH_STRENGTHS) {
    const batch = doses.slice(first, first + DOSE_BATCH_STRENGTHS);
    const byPrompt: DoseResult[][] = [];
    for (const prompt of prompts) byPrompt.push(await generateBatch(run, batch, prompt));
    for (const [i] of batch.entries())
      for (const [prompt, results] of byPrompt.entries())
        yield { strength: strengths[first + i]!, prompt, ...results[i]! };
  }
}

interface DoseRun {
  plan: SteeringPlan;
  context: PlanningContext;
  sampling: SamplingOptions;
}

type DoseResult = Omit<MeasureDoseResponseResponse, 'strength' | 'prompt'>;

function requireCount(count: number, limit: number, field: string): void {
  if (count >= 1 && count <= limit) return;
  throw new FacetError('invalid', `${field}: ${count} are given; give from 1 to ${limit}`, { field });
}

function requireValuedMode({ mode: { kind } }: FeatureEdit): ValuedModeKind {
  if (kind !== 'ablate') return kind;
  throw new FacetError('invalid', 'edit.ablate: ablation has no strength to vary; use scale or clamp', {
    field: 'edit.ablate',
    reason: 'INVALID_EDIT',
  });
}

function planDose(
  resolved: ResolvedEdit,
  mode: { kind: ValuedModeKind; value: number },
  field: string,
): PlannedIntervention {
  if (!Number.isFinite(mode.value))
    throw new FacetError('invalid', `${field}: ${mode.value} is not a finite number`, {
      field,
      reason: 'NON_FINITE_VALUE',
    });
  const edit = { ...resolved.edit, mode };
  return planInterventions([{ ...resolved, edit, rule: affineRule(edit, resolved.maximum, field) }])[0]!;
}

function withSeed(sampling: SamplingOptions | undefined): SamplingOptions {
  const given = sampling ?? SamplingOptions.fromPartial({});
  return { ...given, seed: given.seed ?? randomBytes(8).readBigUInt64BE() };
}

/** Generates one prompt at several strengths. */
async function generateBatch(
  { plan, context, sampling }: DoseRun,
  doses: readonly PlannedIntervention[],
  prompt: Prompt,
): Promise<DoseResult[]> {
  const { peers, signal } = context;
  const request = {
    model: plan.model.name,
    prompt: prompt.value,
    variants: doses.map(({ intervention }, i) => ({ id: `strength-${i}`, interventions: [intervention] })),
    sampling,
    compareWithUnedited: true,
  };
  const texts = doses.map((planned) => ({
    planned,
    tally: createEffectTally(),
    tokens: [] as number[],
    text: '',
  }));
  const events = peers.inference.generateText(request, { signal });
  for await (const { event } of promptErrors(events, prompt)) {
    if (event?.$case === 'started') requireSameModel(plan.model.name, event.value.lineage, plan.saes[0]!);
    else record(event, texts);
  }
  return texts.map(resultOf);
}

interface DoseText {
  planned: PlannedIntervention;
  tally: ReturnType<typeof createEffectTally>;
  tokens: number[];
  text: string;
}

function record(event: GenerateTextResponse['event'], texts: readonly DoseText[]): void {
  if (event?.$case === 'token') {
    const { tally, tokens } = texts[event.value.variant]!;
    tally.addToken(event.value);
    tokens.push(event.value.tokenId);
  } else if (event?.$case === 'proof') {
    const { tally, planned } = texts[event.value.sequence]!;
    for (const proof of positionProofs(event.value, planned)) tally.addProof(proof);
  } else if (event?.$case === 'finished') {
    texts[event.value.variant]!.text = event.value.text;
  }
}

function resultOf({ tally, tokens, text }: DoseText): DoseResult {
  const { meanKl, unsteeredNll, meanRelativeDelta, positionsEdited } = tally.effect();
  return {
    text,
    meanKl: meanKl ?? 0,
    unsteeredNll: unsteeredNll ?? 0,
    repetition: repetition(tokens),
    relativeDelta: meanRelativeDelta,
    positionsEdited,
  };
}
