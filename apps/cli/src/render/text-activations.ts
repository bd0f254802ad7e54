import { formatCount, formatValue, pad, textWidth } from '@facet/console';
import type { ActivateTextResponse, FeatureExample, TextActivation } from '@facet/contracts';
import { answerTensors } from '@facet/mesh';
import { describeEffects } from './contrasts.ts';
import { type ExampleStyle, renderTokens } from './examples.ts';

/** Promoted tokens shown for a feature. */
const SHOWN_EFFECTS = 4;

/** Writes the features that fire on a text: index, value, what it promotes, and the tokens with the strongest marked. */
export function renderTextActivations(response: ActivateTextResponse, style: ExampleStyle): string {
  const { activations, fired, tokenTexts, special } = response;
  const head = `${formatCount(fired)} features fire on ${formatCount(tokenTexts.length)} tokens`;
  const labels = activations.map(({ feature, value }) => `${feature?.index}  ${formatValue(value)}`);
  const width = Math.max(0, ...labels.map(textWidth));
  const lines = activations.flatMap((activation, i) => {
    const effects = describeEffects(activation.feature?.topEffects.slice(0, SHOWN_EFFECTS) ?? []);
    const tokens = renderTokens(
      asExample(activation, tokenTexts, special?.data),
      style.columns - width - 4,
      style.palette,
    );
    return [
      `${pad(labels[i]!, width, 'right')}  ${tokens}`,
      style.palette.dim(`${' '.repeat(width)}  promotes ${effects}`),
    ];
  });
  return [head, ...lines].join('\n');
}

/** A feature on a text as an example whose peak is its strongest token; special tokens are not counted, so never the peak. */
function asExample(
  { values }: TextActivation,
  texts: readonly string[],
  special: Uint8Array = new Uint8Array(texts.length),
): FeatureExample {
  const numbers = answerTensors.floats(values, [texts.length], 'values');
  const counted = [...numbers].map((value, i) => (special[i] === 1 ? 0 : value));
  const activation = Math.max(0, ...counted);
  const peak = Math.max(0, counted.indexOf(activation));
  const tokens = texts.map((text, i) => ({ tokenId: 0, text, activation: numbers[i] ?? 0 }));
  return { activation, document: 0, row: 0n, position: peak, tokens, peak };
}
