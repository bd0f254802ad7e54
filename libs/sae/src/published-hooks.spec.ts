import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gemmaScopeHook } from './formats/gemma-scope.ts';
import { gemmaScope2Hook } from './formats/gemma-scope-2.ts';
import { readHookName } from './hook-names.ts';

const LIST = join(__dirname, '../../../../shared/data/saes/published.tsv');
const describeList = existsSync(LIST) ? describe : describe.skip;

interface Row {
  id: string;
  repo: string;
  path: string;
  layout: string;
  model: string;
}

/** The hook point that a published SAE's own names say; a problem where they say none. */
function hookOf({ id, repo, path, layout, model }: Row): string {
  if (layout === 'gemma_2') return gemmaScopeHook(`${repo}/${path}`) ?? 'none';
  const own = layout === 'gemma_3' ? gemmaScope2Hook({}, `${repo}/${path}`) : undefined;
  const folder = /(?:^|\/)((?:resid_post|mlp|attn)[a-z_]*_layer_\d+)(?:_checkpoints)?\//.exec(path)?.[1];
  const spelled = own ?? { spelling: folder ?? id.replace(/__trainer.*|_\d{3,}$/, ''), model };
  const reading = readHookName(spelled);
  return 'problem' in reading ? reading.problem : reading.hookPoint;
}

describeList('published SAEs', () => {
  const [head, ...lines] = existsSync(LIST) ? readFileSync(LIST, 'utf8').trim().split('\n') : [''];
  const columns = head!.split('\t');
  const rows = lines.map(
    (line) => Object.fromEntries(line.split('\t').map((cell, i) => [columns[i], cell])) as unknown as Row,
  );
  const isSae = ({ path, repo }: Row) => !/transcoder/.test(repo + path) && !/^embedding\//.test(path);
  /** Layouts whose names say where an SAE reads: in a folder, in an id, in a configuration of TransformerLens's names. */
  const SPELLED = [
    'gemma_2',
    'gemma_3',
    'sae_lens',
    'dictionary_learning_1',
    'connor_rob_hook_z',
    'temporal',
  ];

  test.each(SPELLED)('of the layout %s name hook points that exist, every one', (layout) => {
    const own = rows.filter((row) => row.layout === layout && isSae(row) && !/clt|crosscoder/.test(row.path));
    expect(own.length).toBeGreaterThan(0);
    const kinds = new Set(own.map((row) => hookOf(row).replace(/^blocks\.\d+\./, '')));
    const known = /^(hook_(resid_(pre|mid|post)|attn_out|mlp_out)|attn\.hook_z)$/;
    expect([...kinds].filter((kind) => !known.test(kind))).toEqual([]);
  });

  test('read the heads before W_O where Gemma Scope says attention', () => {
    const found = new Set(
      rows
        .filter(({ repo, path }) => isSae({ repo, path } as Row) && /-att\/|attn_out/.test(`${repo}/${path}`))
        .filter(({ layout }) => layout.startsWith('gemma_'))
        .map((row) => hookOf(row).replace(/\d+/, 'L')),
    );
    expect([...found]).toEqual(['blocks.L.attn.hook_z']);
  });
});
