import { raise } from '../exceptions.ts';
import type { Catalogue } from './catalogue.ts';
import type { Token } from './tokens.ts';

/** Throws READONLY for a setting that a caller may not change, and UNKNOWN_SETTING for one that is not there. */
export function requireAllowedSettings(names: Iterable<string>, { allowedSettings }: Catalogue): void {
  for (const name of names) {
    if (allowedSettings.has(name)) continue;
    throw raise(
      164,
      `The setting ${name} cannot be changed here: it is unknown, or it leads out of the engine, or it lifts a limit.`,
    );
  }
}

/** Names of all settings that a statement sets: of SET, of SETTINGS clauses at any depth, of MODIFY SETTING. */
export function* settingsOf(list: readonly Token[], { knownSettings }: Catalogue): Generator<string> {
  for (const [at, { kind, upper }] of list.entries()) {
    const opens =
      kind === 'word' && (upper === 'SETTINGS' || upper === 'SETTING' || (at === 0 && upper === 'SET'));
    if (!opens) continue;
    // A name alone switches its setting on; a word behind a column that is called `settings` is none.
    for (const { name, valueAt } of itemsFrom(list, at + 1))
      if (valueAt !== undefined || knownSettings.has(name)) yield name;
  }
}

interface Item {
  name: string;
  /** Where its value begins; undefined where it has none. */
  valueAt: number | undefined;
  /** Behind the name. */
  end: number;
}

/** Items of a list `a = 1, b.c = 'x', d, …`; where it is none, the words before were no clause. */
function* itemsFrom(list: readonly Token[], from: number): Generator<Item> {
  for (let at = from; ; ) {
    const item = itemAt(list, at);
    if (item === undefined) return;
    yield item;
    const comma = item.valueAt === undefined ? item.end : endOfValue(list, item.valueAt);
    if (list[comma]?.text !== ',') return;
    at = comma + 1;
  }
}

function itemAt(list: readonly Token[], from: number): Item | undefined {
  const parts: string[] = [];
  for (let at = from; list[at]?.name !== undefined; at += 2) {
    parts.push(list[at]!.name!);
    const end = at + 1;
    const next = list[end]?.text;
    if (next === '.') continue;
    return { name: parts.join('.'), valueAt: next === '=' ? end + 1 : undefined, end };
  }
  return undefined;
}

/** Where a value ends: behind one token, a signed number or name of one, or brackets with all that is in them. */
function endOfValue(list: readonly Token[], from: number): number {
  const first = '+-'.includes(list[from]?.text ?? ' ') ? from + 1 : from;
  let open = 0;
  let at = first;
  for (; at < list.length; at += 1) {
    const { kind, text } = list[at]!;
    if (open === 0 && at > first && (kind === 'word' || kind === 'identifier' || ',);'.includes(text)))
      return at;
    if (kind === 'symbol' && '([{'.includes(text)) open += 1;
    if (kind === 'symbol' && ')]}'.includes(text)) open -= 1;
  }
  return at;
}
