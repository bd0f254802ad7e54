import {
  type GenerateSteeredTextResponse,
  type PositionProof,
  type SteeredTextFinished,
  type SteeredToken,
  type SteeringStarted,
  type SteeringSummary,
  SteeringVariant,
} from '@facet/contracts';
import { FacetError } from '@facet/errors';
import type { Invocation } from '../command/invocation.ts';
import type { Clients } from '../services/clients.ts';
import { formatCount } from '../text/quantities.ts';
import { printable } from '../text/text-width.ts';

/** Everything GenerateSteeredText said. */
export interface SteeringOutcome {
  started: SteeringStarted;
  /** The text without edits; absent with `steered_only`. */
  normal: SteeredTextFinished | undefined;
  steered: SteeredTextFinished;
  /** Tokens of the text without edits, in order. */
  normalTokens: readonly SteeredToken[];
  /** Tokens of the steered text, in order. */
  steeredTokens: readonly SteeredToken[];
  /** By hook point and position, as they came. */
  proofs: readonly PositionProof[];
  summary: SteeringSummary;
}

/** A request of GenerateSteeredText; what is left out has its default. */
export type SteeringRequest = Parameters<Clients['steering']['generateSteeredText']>[0];

/** Generates default and steered text, reporting the tokens as they come. */
export async function steer(
  clients: Clients,
  request: SteeringRequest,
  { progress, signal }: Pick<Invocation, 'progress' | 'signal'>,
): Promise<SteeringOutcome> {
  const stage = progress.stage('steer');
  try {
    const maxTokens = request.sampling?.maxTokens || undefined;
    const begin = performance.now();
    const outcome = await generateSteered(clients, request, signal, (tokens) => {
      const done = tokens.length;
      const rate = done / ((performance.now() - begin) / 1000);
      const tail = printable(tokens.map((token) => token.text).join('')).slice(-40);
      stage.update({ done, total: maxTokens, unit: 'tokens', rate, detail: tail });
    });
    stage.done(describeSteering(outcome));
    return outcome;
  } catch (error) {
    stage.stopped(signal.aborted ? 'interrupted' : 'failed');
    throw error;
  }
}

/** Generates default and steered text; `onToken` is told the tokens of the steered one so far. */
export async function generateSteered(
  clients: Clients,
  request: SteeringRequest,
  signal: AbortSignal,
  onToken: (tokens: readonly SteeredToken[]) => void = () => undefined,
): Promise<SteeringOutcome> {
  const collected = newCollection();
  for await (const response of clients.steering.generateSteeredText(request, { signal })) {
    collect(collected, response);
    if (collected.steeredTokens.length > 0) onToken(collected.steeredTokens);
  }
  return requireWhole(collected);
}

interface Collection {
  started?: SteeringStarted;
  finished: SteeredTextFinished[];
  normalTokens: SteeredToken[];
  steeredTokens: SteeredToken[];
  proofs: PositionProof[];
  summary?: SteeringSummary;
}

function newCollection(): Collection {
  return { finished: [], normalTokens: [], steeredTokens: [], proofs: [] };
}

function collect(into: Collection, { event }: GenerateSteeredTextResponse): void {
  switch (event?.$case) {
    case 'started':
      into.started = event.value;
      break;
    case 'token':
      tokensOf(into, event.value.variant).push(event.value);
      break;
    case 'proof':
      into.proofs.push(event.value);
      break;
    case 'finished':
      into.finished.push(event.value);
      break;
    case 'summary':
      into.summary = event.value;
      break;
  }
}

function tokensOf(into: Collection, variant: SteeringVariant): SteeredToken[] {
  return variant === SteeringVariant.STEERED ? into.steeredTokens : into.normalTokens;
}

function requireWhole({ started, finished, summary, ...rest }: Collection): SteeringOutcome {
  const normal = finished.find(({ variant }) => variant === SteeringVariant.DEFAULT);
  const steered = finished.find(({ variant }) => variant === SteeringVariant.STEERED);
  if (started === undefined || steered === undefined || summary === undefined) {
    throw new FacetError('unavailable', 'the steering service broke off in the middle of a text; try again');
  }
  return { started, normal, steered, summary, ...rest };
}

/** Says how much was generated and edited. */
export function describeSteering({ steered, summary }: SteeringOutcome): string {
  const { positions, positionsEdited } = summary;
  return (
    `${formatCount(steered.tokens)} tokens, edited at ${formatCount(positionsEdited)} ` +
    `of ${formatCount(positions)} positions`
  );
}
