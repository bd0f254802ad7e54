import { createPalette, textWidth } from '@facet/console';
import type { FeatureExample } from '@facet/contracts';
import { renderExamples, renderTokens } from './examples.ts';

const plain = createPalette(false);

function exampleOf(texts: string[], activations: number[], peak: number): FeatureExample {
  const tokens = texts.map((text, i) => ({ tokenId: i, text, activation: activations[i]! }));
  return { activation: activations[peak]!, document: 0, row: 0n, position: peak, tokens, peak };
}

describe('renderExamples', () => {
  test('marks the peak, keeping the blank before it outside of the marks', () => {
    const example = exampleOf(['The', ' big', ' dog', ' bark', 'ed'], [0, 0.5, 4.25, 1, 0], 2);
    expect(renderExamples([example], { palette: plain, columns: 80 })).toBe('  4.25  The big «dog» barked');
  });

  test('shows line breaks and harmless control characters', () => {
    const example = exampleOf(['a\n', '\u001b[2J', 'b'], [1, 0, 0], 0);
    expect(renderTokens(example, 40, plain)).toBe('«a↵»�[2Jb');
  });

  test('keeps the peak in sight when the line is short, with dots where something is left out', () => {
    const texts = Array.from({ length: 40 }, (_, i) => ` w${i}`);
    const example = exampleOf(
      texts,
      texts.map((_, i) => (i === 20 ? 1 : 0)),
      20,
    );
    const line = renderTokens(example, 30, plain);
    expect(textWidth(line)).toBeLessThanOrEqual(30);
    expect(line).toMatch(/^….*«w20».*…$/);
  });

  test('colours by the activation in terminals', () => {
    const example = exampleOf(['x', 'y', 'z'], [0, 1, 2], 2);
    const { heat, bold } = createPalette(true);
    expect(renderTokens(example, 30, createPalette(true))).toBe(`x${heat('y', 0.5)}${bold(heat('«z»', 1))}`);
  });
});
