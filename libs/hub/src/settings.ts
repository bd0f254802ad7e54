import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { FacetError, quote } from '@facet/errors';

/** Where models come from, read from the variables that Hugging Face's own tools read. */
export interface HubSettings {
  /** Base URL of the hub, without a slash at its end. @default https://huggingface.co */
  endpoint: string;
  /** Folder of the repositories that were pulled. @default ~/.cache/huggingface/hub */
  cacheDirectory: string;
  /** Whether no hub may be asked. @default false */
  isOffline: boolean;
  /** Access token, of any form. */
  token: string | undefined;
  /** File with the token of `hf auth login`, read where `token` is not given. */
  tokenFile: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** The variables that say where the cache is. */
export interface CacheEnvironment {
  HF_HUB_CACHE?: string | undefined;
  HUGGINGFACE_HUB_CACHE?: string | undefined;
  HF_HOME?: string | undefined;
  XDG_CACHE_HOME?: string | undefined;
}

const DEFAULT_ENDPOINT = 'https://huggingface.co';
const TRUE = /^(1|on|yes|true)$/i;

/**
 * Reads HF_ENDPOINT, HF_HUB_CACHE, HF_HOME, HF_HUB_OFFLINE, HF_TOKEN and their kin as huggingface_hub does; empty values
 * count as unset. Throws `invalid` for an endpoint that is no http(s) URL.
 */
export function readHubSettings(env: Environment): HubSettings {
  return {
    endpoint: parseEndpoint(env.HF_ENDPOINT || DEFAULT_ENDPOINT),
    cacheDirectory: cacheDirectoryOf(env),
    isOffline: [env.HF_HUB_OFFLINE, env.TRANSFORMERS_OFFLINE].some((value) => TRUE.test(value ?? '')),
    token: (env.HF_TOKEN || env.HUGGING_FACE_HUB_TOKEN)?.trim() || undefined,
    tokenFile: withHome(env.HF_TOKEN_PATH || join(homeOf(env), 'token')),
  };
}

/** The folder in which pulled models lie: `models--organisation--name/snapshots/commit`. */
export function cacheDirectoryOf(env: CacheEnvironment): string {
  return withHome(env.HF_HUB_CACHE || env.HUGGINGFACE_HUB_CACHE || join(homeOf(env), 'hub'));
}

function homeOf(env: CacheEnvironment): string {
  return withHome(env.HF_HOME || join(env.XDG_CACHE_HOME || '~/.cache', 'huggingface'));
}

function withHome(path: string): string {
  return path.replace(/^~(?=\/|$)/, homedir());
}

/** Reads the access token: the one given, else that of `hf auth login`; undefined where there is none. */
export async function readToken({ token, tokenFile }: HubSettings): Promise<string | undefined> {
  return token ?? ((await readFile(tokenFile, 'utf8').catch(() => '')).trim() || undefined);
}

function parseEndpoint(text: string): string {
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text.replace(/\/+$/, '');
  throw new FacetError(
    'invalid',
    `HF_ENDPOINT is ${quote(text)}; give the URL of a hub, such as ${DEFAULT_ENDPOINT}`,
    { field: 'HF_ENDPOINT' },
  );
}
