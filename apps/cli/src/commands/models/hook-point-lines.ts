import type { Model } from '@facet/contracts';

type HookPoint = Model['hookPoints'][number];

/** Hook points of blocks that differ in the layer alone, on one line: `blocks.{0..25}.hook_resid_pre  width 2304`. */
export function hookPointLines(hookPoints: readonly HookPoint[]): string[] {
  const layers = new Map<string, number[]>();
  for (const hookPoint of hookPoints) {
    const { line, layer } = lineOf(hookPoint);
    const found = layers.get(line) ?? [];
    layers.set(line, found);
    if (layer !== undefined) found.push(layer);
  }
  return [...layers].map(([line, found]) => line.replace(LAYER, rangesOf(found)));
}

/** Stands for the layer; no name of a hook point contains it. */
const LAYER = '{}';

function lineOf({ name, dIn, steerable }: HookPoint): { line: string; layer?: number } {
  const tail = `  width ${dIn}${steerable ? '' : ', read only'}`;
  const [, layer, rest] = /^blocks\.(\d+)\.(.+)$/.exec(name) ?? [];
  if (layer === undefined) return { line: `${name}${tail}` };
  return { line: `blocks.${LAYER}.${rest}${tail}`, layer: Number(layer) };
}

/** `3`, `{0..25}` or, where layers are missing, `{0..2,5}`. */
function rangesOf(layers: readonly number[]): string {
  const ranges: [number, number][] = [];
  for (const layer of layers) {
    const last = ranges.at(-1);
    if (last?.[1] === layer - 1) last[1] = layer;
    else ranges.push([layer, layer]);
  }
  const texts = ranges.map(([from, to]) => (from === to ? String(from) : `${from}..${to}`));
  return layers.length === 1 ? texts[0]! : `{${texts.join(',')}}`;
}
