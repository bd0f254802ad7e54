import {
  readSaeManifest,
  type SaeBody,
  type SaeFacts,
  type StoredSae,
  saeFilesPrefix,
} from '@facet/artifacts';
import { absentAsUndefined, type Manifest, type ObjectStore, readJson } from '@facet/objects';
import { parseSaelensConfig, SAELENS_CONFIG_FILE, type SaeConfig } from '@facet/sae';
import { PARITY_FILE, type Parity, paritySchema } from './import-parity.ts';
import { readTexts, type SaeTexts } from './sae-texts.ts';

/** An SAE as the registry describes it. */
export interface RegisteredSae {
  id: string;
  manifest: Manifest<SaeBody>;
  cfg: SaeConfig;
  /** `cfg.json` as stored. */
  configJson: string;
  texts: SaeTexts;
  parity?: Parity | undefined;
  /** What became known of it after it was published. */
  facts?: SaeFacts | undefined;
}

/** How often an SAE is described anew because it was replaced while it was read. */
const MAX_DESCRIBE_ATTEMPTS = 5;

/** Reads what is known of an SAE; where it is deleted or replaced meanwhile, of the one that stands then. */
export async function describeSae(store: ObjectStore, id: string): Promise<RegisteredSae> {
  for (let attempt = 1; ; attempt++) {
    const stored = await readSaeManifest(store, id);
    try {
      return await describeStored(store, id, stored);
    } catch (error) {
      const isSame = (await readSaeManifest(store, id)).sha256 === stored.sha256;
      if (isSame || attempt === MAX_DESCRIBE_ATTEMPTS) throw error;
    }
  }
}

async function describeStored(
  store: ObjectStore,
  id: string,
  { manifest, facts }: StoredSae,
): Promise<RegisteredSae> {
  const source = saeFilesPrefix(id, manifest);
  const configJson = Buffer.from(await store.read(`${source}/${SAELENS_CONFIG_FILE}`)).toString('utf8');
  const cfg = parseSaelensConfig(configJson, source);
  const texts = await readTexts(store, source);
  const parity = await absentAsUndefined(() => readJson(store, `${source}/${PARITY_FILE}`, paritySchema));
  return { id, manifest, cfg, configJson, texts, parity, facts };
}
