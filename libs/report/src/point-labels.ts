import type { CompiledSpec } from './render-figure.ts';
import { FIGURE_FONT } from './text-width.ts';
import { INK } from './theme.ts';

/** Distance of a label from its point, px. */
const OFFSET = 8;

/** Adds the `label` of each row of a mark's data beside its point, placed by Vega where it covers no point and no other label; earlier rows come first, and a label without room is left out. */
export function addPointLabels(spec: CompiledSpec, markName: string): void {
  const mark = spec.marks?.find(({ name }) => name === markName);
  spec.marks?.push({
    name: 'annotation_labels',
    type: 'text',
    from: mark?.from,
    encode: {
      enter: {
        text: { field: 'label' },
        font: { value: FIGURE_FONT },
        fontSize: { value: 11.5 },
        fill: { value: INK },
        aria: { value: false },
      },
      update: { x: { scale: 'x', field: 'x' }, y: { scale: 'y', field: 'y' } },
    },
    transform: [
      {
        type: 'label',
        size: { signal: '[width, height]' },
        anchor: ['right', 'left', 'top', 'bottom', 'top-right', 'bottom-right', 'top-left', 'bottom-left'],
        offset: [OFFSET],
        padding: 0,
      },
    ],
  });
}
