import { readFileSync } from 'node:fs';
import { createProgram } from '../program.ts';

const read = (path: string) => readFileSync(new URL(`../../../../${path}`, import.meta.url), 'utf8');
const page = read('docs/reference/training.md');
const proto = ['training_run', 'recipe']
  .map((name) => read(`proto/facet/training/v1/${name}.proto`))
  .join('\n');

/** Options of other pages: where services are, and what every command has. */
const ELSEWHERE = /address$|^--(json|verbose|help)$/;

/** Names of the fields of a message, as the contract spells them. */
function fieldsOf(message: string): string[] {
  const [, body = ''] = new RegExp(`message ${message} \\{(.*?)\\n\\}`, 's').exec(proto) ?? [];
  return [...body.matchAll(/^ +(?:optional |repeated )?[\w.]+ (\w+) = \d+;/gm)].map(([, name]) => name!);
}

/** The part of the page about one recipe. */
function sectionOf(recipe: string): string {
  return page.split(/^##+ /m).find((section) => section.startsWith(`\`${recipe}\``)) ?? '';
}

const missing = (names: readonly string[], text: string) =>
  names.filter((name) => !text.includes(`\`${name}\``));

describe('docs/reference/training.md', () => {
  test.each([
    'TrainingSpec',
    'TrainingVariant',
    'TrainingStepMetrics',
    'TrainingMetricsPoint',
    'HeldOutMetricsPoint',
    'TrainingEvaluation',
    'MemoryPlan',
  ])('names every field of %s', (message) => {
    const fields = fieldsOf(message);
    expect(fields.length).toBeGreaterThan(3);
    expect(missing(fields, page)).toEqual([]);
  });

  test.each(['topk', 'standard', 'batchtopk', 'jumprelu', 'gated', 'matryoshka'])(
    'names every setting of %s in its section',
    (recipe) => {
      const fields = fieldsOf(`${recipe[0]!.toUpperCase()}${recipe.slice(1)}Recipe`);
      expect(fields.length).toBeGreaterThan(1);
      expect(missing(fields, sectionOf(recipe))).toEqual([]);
    },
  );

  test.each(['DECAY_SHAPE', 'INPUT_SCALE', 'DECODER_BIAS_START'])('names every choice of %s', (prefix) => {
    const values = [...proto.matchAll(new RegExp(`^ +${prefix}_(\\w+) = [1-9]`, 'gm'))];
    expect(values.length).toBeGreaterThan(2);
    expect(
      missing(
        values.map(([, name]) => name!.toLowerCase()),
        page,
      ),
    ).toEqual([]);
  });

  test('names every flag of facet train', () => {
    const program = createProgram(() => async () => undefined);
    const train = program.commands.find((command) => command.name() === 'train')!;
    const create = train.commands.find((command) => command.name() === 'create')!;
    const flags = create.options.map(({ long }) => long!).filter((flag) => !ELSEWHERE.test(flag));
    expect(flags).toContain('--k');
    expect(missing(flags, page)).toEqual([]);
  });
});
