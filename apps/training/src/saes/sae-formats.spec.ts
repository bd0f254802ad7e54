import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openSaeArtifact, saeFilesPrefix } from '@facet/artifacts';
import { SaeFormat } from '@facet/contracts';
import { createRandom } from '@facet/random';
import {
  type Architecture,
  encodeReference,
  type SaeFormat as FormatName,
  type Sae,
  writeSae,
} from '@facet/sae';
import { parseSafetensors } from '@facet/tensor';
import { createTrainingSystem, type Replica, type TrainingSystem } from '../testing/training-system.ts';

let system: TrainingSystem;
let replica: Replica;
let root: string;

beforeEach(async () => {
  system = await createTrainingSystem();
  root = join(system.folder, 'saes');
  await mkdir(root);
  replica = await system.start({ FACET_SAE_IMPORT_ROOTS: root, FACET_SAE_EXPORT_ROOTS: root });
});
afterEach(() => system.stop());

function randomSae(architecture: Architecture, d_in = 12, d_sae = 30): Sae {
  const random = createRandom(3n);
  const draw = (length: number) => Float32Array.from({ length }, () => random.gaussian());
  return {
    cfg: {
      architecture,
      d_in,
      d_sae,
      dtype: 'float32',
      apply_b_dec_to_input: true,
      normalize_activations: 'none',
      ...(architecture === 'topk' && { k: 4, rescale_acts_by_decoder_norm: true }),
      metadata: { hook_name: 'blocks.1.hook_resid_post', model_name: 'org/toy' },
    },
    W_enc: draw(d_in * d_sae),
    b_enc: architecture === 'gated' ? new Float32Array(d_sae) : draw(d_sae),
    W_dec: draw(d_in * d_sae),
    b_dec: draw(d_in),
    ...(architecture === 'jumprelu' && { threshold: draw(d_sae).map(Math.abs) }),
    ...(architecture === 'gated' && { b_gate: draw(d_sae), b_mag: draw(d_sae), r_mag: draw(d_sae) }),
  };
}

/** An SAE whose configuration says nothing of where it reads. */
function plain({ cfg, ...tensors }: Sae): Sae {
  return { ...tensors, cfg: { ...cfg, metadata: {} } };
}

async function writeFolder(
  name: string,
  files: Readonly<Record<string, readonly Uint8Array[]>>,
): Promise<string> {
  const folder = join(root, name);
  await mkdir(folder, { recursive: true });
  for (const [file, chunks] of Object.entries(files))
    await writeFile(join(folder, file), Buffer.concat(chunks));
  return folder;
}

const CASES: [FormatName, SaeFormat, Architecture][] = [
  ['saelens', SaeFormat.SAELENS, 'gated'],
  ['sparsify', SaeFormat.SPARSIFY, 'topk'],
  ['gemma-scope', SaeFormat.GEMMA_SCOPE, 'jumprelu'],
  ['gemma-scope-2', SaeFormat.GEMMA_SCOPE_2, 'gated'],
  ['dictionary-learning', SaeFormat.DICTIONARY_LEARNING, 'topk'],
];

describe('importSae and exportSae', () => {
  test.each(CASES)('take in and write %s', async (name, format, architecture) => {
    const original = randomSae(architecture);
    const uri = await writeFolder(`of/${name}`, writeSae(original, name).files);
    const request = { saeId: 'x', uri, model: 'models/toy', hookPoint: 'blocks.1.hook_resid_post' };
    const { sae } = await replica.saes.importSae(request);
    expect(sae?.source?.format).toBe(name);
    expect(sae?.source?.files.map((file) => file.name).sort()).toEqual((await readdir(uri)).sort());
    for (const { sha256, bytes } of sae!.source!.files) {
      expect(sha256).toMatch(/^[0-9a-f]{64}$/);
      expect(bytes).toBeGreaterThan(0n);
    }
    expect(sae?.parity).toMatchObject({ probeRows: 8, boundaryFeatures: 0 });
    expect(sae!.parity!.relativeEncodeDifference).toBeLessThan(1e-5);
    expect(sae!.parity!.relativeDecodeDifference).toBeLessThan(1e-5);

    const out = join(root, 'out');
    const exported = await replica.saes.exportSae({ name: 'saes/x', uri: out, format });
    expect(exported.format).toBe(format);
    expect([...(exported.files ?? [])].sort()).toEqual((await readdir(out)).sort());
    await replica.saes.importSae({ ...request, saeId: 'y', uri: out, format });
    const x = Float32Array.from({ length: 12 }, (_, j) => j - 5);
    const first = encodeReference((await openSaeArtifact(system.store, 'x')).sae, x, 1);
    const again = encodeReference((await openSaeArtifact(system.store, 'y')).sae, x, 1);
    expect(first.indices.length).toBeGreaterThan(2);
    expect(again.indices).toEqual(first.indices);
    for (const [e, f] of again.values.entries()) expect(f).toBeCloseTo(first.values[e], 4);
  });

  test('keep the probe rows with the answers', async () => {
    const uri = await writeFolder('one', writeSae(randomSae('jumprelu'), 'gemma-scope').files);
    const hookPoint = 'blocks.1.hook_resid_post';
    await replica.saes.importSae({ saeId: 'x', uri: `${uri}/params.npz`, model: 'models/toy', hookPoint });
    const { sae, manifest } = await openSaeArtifact(system.store, 'x');
    const key = `${saeFilesPrefix('x', manifest)}/parity.safetensors`;
    const probes = parseSafetensors(await system.store.read(key), 'probes');
    const offsets = probes.raw('offsets');
    const expected = encodeReference(sae, probes.f32('x'), 8);
    expect(Buffer.from(offsets).equals(Buffer.from(expected.offsets.buffer))).toBe(true);
  });

  test('refuse what leaves a doubt, and name the way out', async () => {
    const sae = randomSae('topk');
    const uri = await writeFolder('two', {
      ...writeSae(sae, 'sparsify').files,
      ...writeSae(sae, 'saelens').files,
    });
    const importing = (request: object) =>
      replica.saes.importSae({ saeId: 'x', uri, model: 'models/toy', ...request });
    await expect(importing({})).rejects.toThrow(/several formats: saelens, sparsify; give the format/);
    await expect(importing({ inputScale: 2 })).rejects.toThrow(/several formats/);
    await expect(importing({ format: SaeFormat.SPARSIFY })).rejects.toThrow(
      /cfg.json: architecture "topk" is not supported; it is unknown here/,
    );
    const npz = await writeFolder('nowhere', writeSae(randomSae('jumprelu'), 'gemma-scope').files);
    await expect(importing({ uri: npz })).rejects.toThrow(/does not name its hook point; give hook_point/);
    const of = await writeFolder('layers.1.mlp.act', writeSae(plain(randomSae('topk')), 'sparsify').files);
    await expect(importing({ uri: of })).rejects.toThrow(
      /cannot be placed: "layers\.1\.mlp\.act" is no hook point that is read here; give hook_point/,
    );
    const { notices } = await importing({ uri: of, saeId: 'act', hookPoint: 'blocks.1.mlp.hook_post' });
    expect(notices[0]).toMatch(/"layers\.1\.mlp\.act" is no hook point.*as asked/);
    await expect(importing({ uri: join(npz, 'params.npz'), inputScale: 2 })).rejects.toThrow(/leave it out/);
    await replica.saes.importSae({ saeId: 'x', uri, model: 'models/toy', format: SaeFormat.SAELENS });
    const exporting = { name: 'saes/x', uri: join(root, 'out'), format: SaeFormat.GEMMA_SCOPE };
    await expect(replica.saes.exportSae(exporting)).rejects.toMatchObject({ kind: 'precondition' });
    expect(await readdir(root)).not.toContain('out');
  });
});
