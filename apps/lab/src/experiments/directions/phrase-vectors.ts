import type { Clients } from '@facet/console';
import { DataType } from '@facet/contracts';
import type { VectorTable } from '@facet/experiments';
import { FORMS, type Language } from '@facet/landmarks';
import { answerTensors } from '@facet/mesh';
import { LAB_MODEL } from '../../landmarks/lab.ts';
import type { Phrase } from './world-relations.ts';

/** One way of turning a phrase into a vector. */
export interface Representation extends VectorTable {
  /** `embedding, mean`, `layer 2`. */
  readonly name: string;
  readonly hookPoint: string;
}

/** Openings of texts that end in the phrase; the vectors of all are averaged. */
export const CARRIERS = 6;
/** Texts of one request. */
const TEXTS_PER_REQUEST = 256;
const EMBEDDING = 'blocks.0.hook_resid_pre';

/**
 * Reads every representation of the phrases [phrases, d_model]: the token embeddings of the bare phrase (mean, last token), and the
 * residual stream after each layer at the phrase's last token, averaged over openings of texts in its language that end there.
 */
export async function readRepresentations(
  clients: Clients,
  phrases: readonly Phrase[],
  layers: number,
  signal: AbortSignal,
): Promise<Representation[]> {
  const bare = phrases.map(({ core, language }) => (language === 'zh' ? core : ` ${core}`));
  const [embeddings] = await readTexts(clients, bare, [EMBEDDING], signal);
  const carried = phrases.flatMap(({ text, language }) => carriers(language).map((before) => before + text));
  const hookPoints = Array.from({ length: layers }, (_, layer) => `blocks.${layer}.hook_resid_post`);
  const streams = await readTexts(clients, carried, hookPoints, signal);
  return [
    { name: 'embedding, mean', hookPoint: EMBEDDING, ...average(embeddings, 1, 'all') },
    { name: 'embedding, last', hookPoint: EMBEDDING, ...average(embeddings, 1, 'last') },
    ...streams.map((texts, layer) => ({
      name: `layer ${layer}`,
      hookPoint: hookPoints[layer],
      ...average(texts, CARRIERS, 'last'),
    })),
  ];
}

/** What stands before the phrase: the world's own first sentences of a text, up to the place of the concept. */
function carriers(language: Language): string[] {
  const openers = FORMS[language].openers.filter((opener) => opener.indexOf('{x}') > 0);
  if (openers.length < CARRIERS)
    throw new Error(`${language} has ${openers.length} openers to put a name into`);
  return openers.slice(0, CARRIERS).map((opener) => opener.slice(0, opener.indexOf('{x}')));
}

/** Rows of every text at one hook point, special tokens left out: [texts][tokens, d]. */
type TextRows = readonly { readonly d: number; readonly values: Float32Array }[];

/** Reads the texts' rows at all hook points: one list of texts for each. */
async function readTexts(
  clients: Clients,
  texts: readonly string[],
  hookPoints: readonly string[],
  signal: AbortSignal,
): Promise<TextRows[]> {
  const rows: TextRows[number][][] = hookPoints.map(() => []);
  for (let first = 0; first < texts.length; first += TEXTS_PER_REQUEST) {
    const part = texts.slice(first, first + TEXTS_PER_REQUEST);
    const read = await readRequest(clients, part, hookPoints, signal);
    for (const [hook, some] of read.entries()) rows[hook].push(...some);
  }
  return rows;
}

async function readRequest(
  clients: Clients,
  texts: readonly string[],
  hookPoints: readonly string[],
  signal: AbortSignal,
): Promise<TextRows[]> {
  const request = {
    model: LAB_MODEL,
    hookPoints: [...hookPoints],
    input: { $case: 'texts' as const, value: { texts: [...texts] } },
    dtype: DataType.F32,
    includeTokenTexts: true,
  };
  const blocks = new Map<string, Float32Array[]>(hookPoints.map((name) => [name, []]));
  let lengths: readonly number[] = [];
  let special = new Uint8Array(0);
  let d = 0;
  for await (const { event } of clients.inference.computeActivations(request, { signal })) {
    if (event?.$case === 'header') {
      lengths = event.value.tokens?.lengths ?? [];
      special = answerTensors.flags(event.value.special, ['n'], 'special').slice();
    } else if (event?.$case === 'block') {
      const { hookPoint, activations } = event.value;
      d = activations?.shape[1] ?? 0;
      blocks.get(hookPoint)?.push(answerTensors.floats(activations, ['n', d], 'activations').slice());
    }
  }
  return hookPoints.map((name) => splitRows(concatenate(blocks.get(name) ?? []), { lengths, special, d }));
}

function splitRows(
  values: Float32Array,
  { lengths, special, d }: { lengths: readonly number[]; special: Uint8Array; d: number },
): TextRows {
  if (values.length !== special.length * d)
    throw new Error(`inference sent ${values.length / d} rows for ${special.length} tokens`);
  let start = 0;
  return lengths.map((length) => {
    const rows = Array.from({ length }, (_, i) => start + i).filter((row) => special[row] === 0);
    start += length;
    return { d, values: concatenate(rows.map((row) => values.subarray(row * d, (row + 1) * d))) };
  });
}

function concatenate(parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Averages the last rows, or all rows, of every `group` consecutive texts. */
function average(texts: TextRows, group: number, which: 'all' | 'last'): VectorTable {
  const { d } = texts[0];
  const values = new Float32Array((texts.length / group) * d);
  for (const [text, { values: rows }] of texts.entries()) {
    const from = which === 'all' ? 0 : rows.length - d;
    const weight = d / (group * (rows.length - from));
    const base = Math.floor(text / group) * d;
    for (let i = from; i < rows.length; i++) values[base + (i % d)] += rows[i] * weight;
  }
  return { d, values };
}
