import { cp, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EXIT_CODES } from '@facet/mesh';
import { runProcess } from './system/child-process.ts';
import { describeWithModels } from './system/describe-with-models.ts';
import { MODEL_DIRECTORY } from './system/repository.ts';
import { serviceCommand } from './system/system.ts';

const NORM = 'model.norm.weight';

/** What is done to a copy of a good model, the exit code, and what the one line says. */
type Case = [
  name: string,
  damage: (model: string) => Promise<void>,
  exit: keyof typeof EXIT_CODES,
  ...says: RegExp[],
];

const cases: Case[] = [
  [
    'is not there',
    (model) => rm(model, { recursive: true }),
    'USAGE',
    /^the model directory .* does not exist; give the path of one$/,
  ],
  ['has no weights', (model) => rm(weightsOf(model)), 'PRECONDITION', /no \*\.safetensors/],
  ['has no tokenizer', (model) => rm(join(model, 'tokenizer.json')), 'PRECONDITION', /tokenizer\.json/],
  [
    'announces a header of 2^40 bytes',
    (model) => patch(model, (bytes) => void bytes.writeBigUInt64LE(1n << 40n)),
    'USAGE',
    /model\.safetensors announces a header of 1099511627776 bytes; the limit is 16777216$/,
  ],
  [
    'lets tensors overlap',
    (model) => patchHeader(model, (header) => moveOffsets(header[NORM]!, -4, -4)),
    'USAGE',
    /model\.safetensors lets tensor .* overlap the one before it$/,
  ],
  [
    'puts a tensor behind the end of the file',
    (model) => patchHeader(model, (header) => moveOffsets(header[NORM]!, 2 ** 30, 2 ** 30)),
    'USAGE',
    /puts tensor "model\.norm\.weight" at \d+\.\.\d+ but holds \d+ data bytes$/,
  ],
  [
    'is cut',
    async (model) => truncate(weightsOf(model), (await readFile(weightsOf(model))).byteLength - 100),
    'USAGE',
    /model\.safetensors puts tensor .* but holds \d+ data bytes$/,
  ],
  [
    'has a weight that is NaN',
    (model) =>
      patchHeader(
        model,
        (header, data) => void data.writeFloatLE(Number.NaN, header[NORM]!.data_offsets[0] + 12),
      ),
    'USAGE',
    /NaN or infinity in model\.norm\.weight at index 3/,
  ],
  [
    'has a weight of another shape than config.json says',
    (model) => patchConfig(model, { vocab_size: 1024 }),
    'USAGE',
    /stores model\.embed_tokens\.weight as \[512, 64\]; config\.json expects \[1024, 64\]$/,
  ],
  [
    'is of a type that nobody wrote a graph for',
    (model) => patchConfig(model, { model_type: 'mamba' }),
    'PRECONDITION',
    /"mamba"/,
    /supported are .*llama/,
  ],
];

describeWithModels('inference does not start, and says why in one line, where its model', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'facet-broken-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  test.each(cases)('%s', async (_, damage, exit, ...says) => {
    const model = join(folder, 'model');
    await cp(MODEL_DIRECTORY, model, { recursive: true });
    await damage(model);
    const end = await runProcess(serviceCommand('inference', { FACET_MODELS: model }));
    const [line, ...more] = end.stderr.trimEnd().split('\n');
    expect(more).toEqual([]);
    for (const pattern of says) expect(line).toMatch(pattern);
    expect(line).toContain(model);
    expect(end.exitCode).toBe(EXIT_CODES[exit]);
    expect(end.stdout).not.toContain('serving');
  });
});

interface Entry {
  shape: number[];
  data_offsets: [number, number];
}

function weightsOf(model: string): string {
  return join(model, 'model.safetensors');
}

async function patch(model: string, change: (bytes: Buffer) => void): Promise<void> {
  const bytes = await readFile(weightsOf(model));
  change(bytes);
  await writeFile(weightsOf(model), bytes);
}

/** Changes the header of the weights and the bytes behind it. */
async function patchHeader(
  model: string,
  change: (header: Record<string, Entry>, data: Buffer) => void,
): Promise<void> {
  const bytes = await readFile(weightsOf(model));
  const end = 8 + Number(bytes.readBigUInt64LE());
  const header = JSON.parse(bytes.toString('utf8', 8, end));
  const data = bytes.subarray(end);
  change(header, data);
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.byteLength));
  await writeFile(weightsOf(model), Buffer.concat([length, json, data]));
}

function moveOffsets(entry: Entry, begin: number, end: number): void {
  entry.data_offsets = [entry.data_offsets[0] + begin, entry.data_offsets[1] + end];
}

async function patchConfig(model: string, change: object): Promise<void> {
  const path = join(model, 'config.json');
  const config = JSON.parse(await readFile(path, 'utf8'));
  await writeFile(path, JSON.stringify({ ...config, ...change }));
}
