import type { Canaries } from './canaries.ts';

/** SQL in texts that a name stands for where it is read. */
export function named({ file }: Canaries): string[] {
  const structure = `$$a String, b String ALIAS file('${file}')$$`;
  return [
    `WITH 'a String, b String ALIAS file(''${file}'')' AS s SELECT b FROM format(TSV, s, 'x')`,
    `WITH concat('a String, b String ALIAS fi', 'le(''${file}'')') AS s SELECT b FROM format(TSV, s, 'x')`,
    `WITH ${structure} AS s SELECT b FROM values(s, ('x'))`,
    `WITH ${structure} AS s SELECT b FROM values("s", ('x'))`,
    `WITH ${structure} AS s SELECT b FROM VALUES(s, ('x'))`,
    `WITH ${structure} AS s SELECT b FROM generateRandom(s) LIMIT 1`,
    `WITH ${structure} AS s SELECT b FROM null(s)`,
    `WITH ${structure} AS null SELECT b FROM values("null", ('x'))`,
    `SELECT ${structure} AS s, b FROM format(TSV, s, 'x')`,
    `SELECT (SELECT ${structure}) AS s, b FROM format(TSV, s, 'x')`,
    `INSERT INTO t WITH ${structure} AS s SELECT b FROM format(TSV, s, 'x')`,
    `CREATE VIEW named AS WITH ${structure} AS s SELECT b FROM format(TSV, s, 'x')`,
    `EXPLAIN SYNTAX WITH ${structure} AS s SELECT b FROM format(TSV, s, 'x')`,
  ];
}

/** Settings without a value, and behind values of several words. */
export function alone({ file }: Canaries): string[] {
  const template = `format_template_resultset = '${file}' FORMAT Template`;
  return [
    `SELECT 1 SETTINGS optimize_read_in_order, ${template}`,
    `SELECT 1 SETTINGS max_threads = 1, optimize_read_in_order, ${template}`,
    `SELECT 1 SETTINGS totals_auto_threshold = -inf, ${template}`,
    `SELECT 1 SETTINGS totals_auto_threshold = + nan, ${template}`,
    `SELECT 1 SETTINGS max_threads = 1, allow_introspection_functions`,
    `SELECT 1 SETTINGS allow_introspection_functions`,
    `SELECT * FROM (SELECT 1 SETTINGS allow_introspection_functions)`,
    `SELECT 1 SETTINGS \`allow_introspection_functions\` FORMAT TSV`,
    `SET max_threads = 1, allow_introspection_functions`,
    `SET totals_auto_threshold = -inf, readonly = 0`,
    `CREATE TABLE z (a Int8) ENGINE = MergeTree ORDER BY a SETTINGS index_granularity = 1, allow_nullable_key, disk = 'x'`,
  ];
}

/** What belongs to everybody is taken away, parts are copied behind brackets, a function is named later. */
export function taken(): string[] {
  return [
    'ALTER TABLE t (FREEZE)',
    'ALTER TABLE default.t (FREEZE)',
    "ALTER TABLE `default` . `t` (ADD COLUMN z String), (FREEZE WITH NAME 'x')",
    "ALTER TABLE t (FETCH PARTITION tuple() FROM '/x')",
    "ALTER TEMPORARY TABLE t (MODIFY SETTING storage_policy = 'x')",
    'DROP DATABASE default',
    'DROP DATABASE IF EXISTS `default` SYNC',
    'DROP DATABASE system',
    'DROP TABLE system.one',
    'TRUNCATE DATABASE system',
    'TRUNCATE ALL TABLES FROM information_schema',
    'USE system',
    'CREATE VIEW kept AS SELECT arrayMap({f:Identifier}, [{p:String}])',
    'CREATE VIEW kept AS WITH 1 AS x SELECT * FROM {t:Identifier}',
  ];
}
