/** Names in the folder of copies. Whatever is called otherwise is somebody else's, and stays. */
const KEY = /^([0-9a-f]{64})\.(?:f32|json)$/;
const CLAIM = /^\.([0-9a-z]+)\.([0-9a-f-]{36})\.use$/;
const ASIDE = /^\.(?:.*\.)?([0-9a-f-]{36})\.part$/;

/** The weights of the copy `key`. */
export const dataFile = (key: string): string => `${key}.f32`;

/** What the copy `key` is; written last, so a copy without it is none. */
export const manifestFile = (key: string): string => `${key}.json`;

/** Says that the holder `id` uses the copy `key`. */
export const claimFile = (key: string, id: string): string => `.${key}.${id}.use`;

/** A file that the holder `id` writes or takes away, and that nobody else looks at. */
export const asideFile = (name: string, id: string): string => `.${name}.${id}.part`;

/** The copy that a file belongs to. */
export const copyOf = (name: string): string | undefined => KEY.exec(name)?.[1];

/** The copy and the holder that a claim names. */
export function claimOf(name: string): { key: string; id: string } | undefined {
  const [, key, id] = CLAIM.exec(name) ?? [];
  return key === undefined || id === undefined ? undefined : { key, id };
}

/** The holder of a file that lies aside. */
export const holderOf = (name: string): string | undefined => ASIDE.exec(name)?.[1];
