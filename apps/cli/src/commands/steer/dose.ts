import {
  type AddressOptions,
  addClientCommand,
  type Column,
  formatShare,
  formatValue,
  parseEdit,
  printable,
  type Run,
  renderTable,
  repeatable,
  truncate,
} from '@facet/console';
import { MeasureDoseResponseResponse } from '@facet/contracts';
import { FacetError } from '@facet/errors';
import type { Command } from 'commander';
import { addChatOptions, type ChatOptions, parseChat } from '../../parse/chat.ts';
import { addSamplingOptions, parseSamplingOptions, type SamplingOptions } from '../../parse/sampling.ts';
import { clientAction } from '../client-action.ts';

interface DoseOptions extends AddressOptions, SamplingOptions, ChatOptions {
  edit: string;
  prompt?: string[];
  strengths: string;
  seed?: string;
}

/** Adds `facet steer dose`. */
export function addDoseCommand(group: Command, run: Run): void {
  const command = addClientCommand(
    group,
    'dose',
    'measure effect and damage at several strengths of one edit',
  )
    .requiredOption('--edit <edit>', 'saes/{id}/features/{index}=mode:value; the value is replaced')
    .addOption(repeatable('--prompt <text>', 'text to go on from; can be given again'))
    .requiredOption('--strengths <list>', 'strengths, such as 0,1,2,5,10')
    .option('--seed <number>', 'seed of sampling');
  addSamplingOptions(addChatOptions(command)).action(run(measureDose));
}

/** Columns that the numbers of a row take; the text gets the rest. */
const NUMBERS_WIDTH = 60;
const MIN_TEXT_WIDTH = 20;
const MAX_STRENGTHS = 32;

const measureDose = clientAction<DoseOptions>(async (clients, invocation, options) => {
  const { signal, palette, columns, progress } = invocation;
  const strengths = parseStrengths(options.strengths);
  const [prompts, chat] = [options.prompt ?? [], parseChat(options)];
  const chats = chat === undefined ? [] : [chat];
  const texts = prompts.length + chats.length;
  if (texts === 0) throw new FacetError('invalid', 'give --prompt, or the messages of a chat as --message');
  const request = {
    prompts,
    chats,
    edit: parseEdit(options.edit),
    strengths,
    sampling: parseSamplingOptions(options, options.seed),
  };
  const stage = progress.stage('dose');
  const responses: MeasureDoseResponseResponse[] = [];
  const total = strengths.length * texts;
  for await (const response of clients.steering.measureDoseResponse(request, { signal })) {
    responses.push(response);
    stage.update({ done: responses.length, total, unit: 'texts', rate: 0 });
  }
  stage.done(`${responses.length} texts`);
  const textWidth = Math.max(MIN_TEXT_WIDTH, columns - NUMBERS_WIDTH);
  return {
    text: renderTable(responses, doseColumns(texts > 1, textWidth), palette),
    json: { responses: responses.map(MeasureDoseResponseResponse.toJSON) },
  };
});

function parseStrengths(text: string): number[] {
  const parts = text.split(',').map((part) => part.trim());
  const strengths = parts.map((part) => (part === '' ? Number.NaN : Number(part)));
  if (strengths.every(Number.isFinite) && strengths.length <= MAX_STRENGTHS) return strengths;
  throw new FacetError(
    'invalid',
    `--strengths ${JSON.stringify(text)} must be 1 to ${MAX_STRENGTHS} numbers, such as 0,1,2,5,10`,
  );
}

function doseColumns(severalPrompts: boolean, textWidth: number): Column<MeasureDoseResponseResponse>[] {
  const prompt: Column<MeasureDoseResponseResponse> = {
    title: 'prompt',
    cell: (row) => String(row.prompt),
    align: 'right',
  };
  return [
    { title: 'strength', cell: ({ strength }) => String(strength), align: 'right' },
    ...(severalPrompts ? [prompt] : []),
    { title: 'KL', cell: ({ meanKl }) => formatValue(meanKl), align: 'right' },
    { title: 'nll', cell: ({ unsteeredNll }) => formatValue(unsteeredNll), align: 'right' },
    { title: 'repeats', cell: ({ repetition }) => formatShare(repetition), align: 'right' },
    { title: '‖Δx‖/‖x‖', cell: ({ relativeDelta }) => formatValue(relativeDelta), align: 'right' },
    { title: 'edited', cell: ({ positionsEdited }) => String(positionsEdited), align: 'right' },
    { title: 'text', cell: ({ text }) => truncate(printable(text), textWidth) },
  ];
}
