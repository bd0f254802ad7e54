import { createPalette } from '@facet/console';
import { ActivateTextResponse } from '@facet/contracts';
import { renderTextActivations } from './text-activations.ts';

describe('renderTextActivations', () => {
  test('marks the strongest token that is not special', () => {
    const response = ActivateTextResponse.fromPartial({
      fired: 1,
      tokenTexts: ['<s>', ' The', ' dog'],
      special: { dtype: 'DATA_TYPE_U8', shape: [3], data: Buffer.from([1, 0, 0]) },
      activations: [
        {
          value: 2,
          values: {
            dtype: 'DATA_TYPE_F32',
            shape: [3],
            data: Buffer.from(new Float32Array([9, 0, 2]).buffer),
          },
        },
      ],
    });
    const text = renderTextActivations(response, { columns: 80, palette: createPalette(false) });
    expect(text).toContain('«dog»');
    expect(text).not.toContain('«<s>»');
  });
});
