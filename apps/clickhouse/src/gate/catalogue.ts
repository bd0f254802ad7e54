import type { Session } from 'chdb';
import {
  ALLOWED_CATEGORIES,
  ALLOWED_ENGINES,
  ALLOWED_FUNCTIONS,
  ALLOWED_TABLE_FUNCTIONS,
  STRUCTURED_TABLE_FUNCTIONS,
} from './allowed-names.ts';
import { allowedSettings, type SettingType } from './allowed-settings.ts';
import { sessionRows } from './session-rows.ts';

/** What the engine knows by name and what of it is refused; all names but those of settings in lower case. */
export interface Catalogue {
  /** Functions that are refused, also where their name alone stands for them (`arrayMap(file, …)`, `APPLY file`). */
  readonly refusedFunctions: ReadonlySet<string>;
  readonly refusedTableFunctions: ReadonlySet<string>;
  /** Table functions whose texts are SQL. */
  readonly structured: ReadonlySet<string>;
  readonly refusedEngines: ReadonlySet<string>;
  readonly allowedSettings: ReadonlySet<string>;
  readonly knownSettings: ReadonlySet<string>;
}

interface KnownFunction {
  name: string;
  /** What it is another name of; its own name where it is none. */
  of: string;
  category: string;
  is_aggregate: number;
  is_own: number;
}

const FUNCTIONS = `SELECT name, if(alias_to = '', name, alias_to) AS of, categories AS category, is_aggregate,
  toString(origin) = 'System' AS is_own FROM system.functions`;
const ENGINES = 'SELECT name FROM system.table_engines UNION ALL SELECT name FROM system.database_engines';
const SETTINGS = `SELECT name, type FROM system.settings UNION ALL SELECT name, type FROM system.merge_tree_settings`;

/** Asks the engine what it knows, and sorts it by what is allowed. */
export async function readCatalogue(session: Session): Promise<Catalogue> {
  const functions = await sessionRows<KnownFunction>(session, FUNCTIONS);
  const tableFunctions = await names(session, 'SELECT name FROM system.table_functions');
  const engines = await names(session, ENGINES);
  const settings = await sessionRows<SettingType>(session, SETTINGS);
  const allowed = new Set(functions.filter(isAllowed).map(({ name }) => name));
  const refusedFunctions = functions
    .filter(({ of }) => !allowed.has(of))
    .map(({ name }) => name.toLowerCase());
  return {
    refusedFunctions: new Set(refusedFunctions),
    refusedTableFunctions: new Set(tableFunctions.filter((name) => !isAllowedTableFunction(name))),
    structured: STRUCTURED_TABLE_FUNCTIONS,
    refusedEngines: new Set(engines.filter((name) => !ALLOWED_ENGINES.has(name))),
    allowedSettings: allowedSettings(settings),
    knownSettings: new Set(settings.map(({ name }) => name)),
  };
}

function isAllowed({ name, category, is_aggregate, is_own }: KnownFunction): boolean {
  if (!is_own) return false;
  return (
    Boolean(is_aggregate) || ALLOWED_CATEGORIES.has(category) || ALLOWED_FUNCTIONS.has(name.toLowerCase())
  );
}

function isAllowedTableFunction(name: string): boolean {
  return ALLOWED_TABLE_FUNCTIONS.has(name) || STRUCTURED_TABLE_FUNCTIONS.has(name);
}

async function names(session: Session, sql: string): Promise<string[]> {
  return (await sessionRows<{ name: string }>(session, sql)).map(({ name }) => name.toLowerCase());
}
