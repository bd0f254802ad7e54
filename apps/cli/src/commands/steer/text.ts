import {
  type AddressOptions,
  addDefaultClientCommand,
  parseCount,
  parseEdit,
  type Run,
  renderSteering,
  repeatable,
  SCOPES,
  type ScopeName,
  steer,
  steeringJson,
} from '@facet/console';
import { FacetError } from '@facet/errors';
import { type Command, Option } from 'commander';
import { addChatOptions, type ChatOptions, parseChat } from '../../parse/chat.ts';
import { parseResource } from '../../parse/names.ts';
import { addSamplingOptions, parseSamplingOptions, type SamplingOptions } from '../../parse/sampling.ts';
import { clientAction } from '../client-action.ts';

interface TextOptions extends AddressOptions, SamplingOptions, ChatOptions {
  edit: string[];
  prompt?: string;
  model?: string;
  scope: ScopeName;
  seed?: string;
  positions: string;
  topLogprobs?: string;
  requireEffect?: boolean;
}

/** Adds `facet steer --edit … --prompt …`. */
export function addTextCommand(group: Command, run: Run): void {
  const command = addDefaultClientCommand(group, 'text', 'generate default and steered text with the proof')
    .addOption(
      repeatable(
        '--edit <edit>',
        'saes/{id}/features/{index}=mode, mode one of clamp_to_max:m, clamp:v, clamp_if_active:v, scale:s, ablate, add:c; can be given again',
      ).makeOptionMandatory(),
    )
    .option('--prompt <text>', 'text to go on from')
    .option('--model <name>', 'model (default: the one of the SAE)')
    .addOption(new Option('--scope <scope>', 'where edits apply').choices(Object.keys(SCOPES)).default('all'))
    .option('--seed <number>', 'seed of sampling (default: one is chosen and said)')
    .option('--top-logprobs <count>', 'show this many of the likeliest tokens at every position (default: 0)')
    .option('--require-effect', 'fail when no position was changed')
    .option('--positions <count>', 'positions of the proof and of the likeliest tokens that are shown', '12');
  addSamplingOptions(addChatOptions(command)).action(run(steerText));
}

const MAX_POSITIONS = 1_000_000;
const MAX_TOP_LOGPROBS = 20;

const steerText = clientAction<TextOptions>(async (clients, invocation, options) => {
  const { scope } = options;
  const limit = parseCount(options.positions, '--positions', { min: 0, max: MAX_POSITIONS });
  const request = {
    ...readPrompt(options),
    model: options.model === undefined ? '' : parseResource(options.model, 'models', '--model'),
    edits: options.edit.map((text) => parseEdit(text, scope)),
    sampling: {
      ...parseSamplingOptions(options, options.seed),
      topLogprobs: parseCount(options.topLogprobs ?? '0', '--top-logprobs', {
        min: 0,
        max: MAX_TOP_LOGPROBS,
      }),
    },
    requireEffect: options.requireEffect ?? false,
  };
  const outcome = await steer(clients, request, invocation);
  const prompt = options.prompt ?? outcome.started.promptTokenTexts.join('');
  return { text: renderSteering(prompt, outcome, { ...invocation, limit }), json: steeringJson(outcome) };
});

/** A text or a chat, not both. */
function readPrompt(options: TextOptions) {
  const { prompt } = options;
  const chat = parseChat(options);
  if ((prompt === undefined) === (chat === undefined))
    throw new FacetError('invalid', 'give --prompt, or the messages of a chat as --message: one of the two');
  return chat === undefined ? { prompt } : { chat };
}
