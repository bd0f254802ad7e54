import { alone, named, taken } from './hostile-neighbours.ts';

/** What hostile statements reach for. */
export interface Canaries {
  /** A file with a secret, which stays as it is. */
  file: string;
  /** The folder of the file, in which nothing else appears. */
  folder: string;
  /** A server that is never asked. */
  url: string;
}

/** Statements that would read or write a file, reach an address, run a program, or lift what holds queries in. */
export function hostileStatements(canaries: Canaries): string[] {
  return [writing, reading, hidden, addresses, stored, texts, named, settings, alone, others, taken].flatMap(
    (group) => group(canaries),
  );
}

function writing({ folder, file }: Canaries): string[] {
  return [
    `SELECT 1 INTO OUTFILE '${folder}/out'`,
    `SELECT 1 into outfile '${folder}/out' TRUNCATE`,
    `SELECT 1 INTO OUTFILE '${file}' APPEND`,
    `SELECT 1 INTO /* x */ OUTFILE '${folder}/out' AND STDOUT`,
    `SELECT 1 INTO -- x\n OUTFILE '${folder}/out' FORMAT CSV`,
    `SELECT 1 INTO // x\n OUTFILE '${folder}/out' COMPRESSION 'gzip'`,
    `SELECT 1 INTO # x\n OUTFILE '${folder}/out'`,
    `(SELECT 1) INTO\tOUTFILE '${folder}/out'`,
    `WITH 1 AS x SELECT x INTO OUTFILE '${folder}/out'`,
    `FROM numbers(1) SELECT number INTO OUTFILE '${folder}/out'`,
    `SELECT 1 UNION ALL SELECT 2 INTO OUTFILE '${folder}/out'`,
    `SHOW TABLES INTO OUTFILE '${folder}/out'`,
    `DESCRIBE TABLE system.one INTO OUTFILE '${folder}/out'`,
    `EXISTS TABLE system.one INTO OUTFILE '${folder}/out'`,
    `EXPLAIN SELECT 1 INTO OUTFILE '${folder}/out'`,
    `EXPLAIN AST SELECT 1 INTO OUTFILE '${folder}/out'`,
    `INSERT INTO FUNCTION file('${folder}/out', TSV, 'a Int8') SELECT 1`,
    `INSERT INTO TABLE FUNCTION file('${folder}/out', TSV, 'a Int8') VALUES (1)`,
    `INSERT INTO FUNCTION file('${folder}/out', TSV, 'a Int8') FORMAT TSV\n1`,
    `INSERT INTO FUNCTION file('${file}', TSV, 'a Int8') SETTINGS engine_file_truncate_on_insert = 1 VALUES (1)`,
    `WITH 1 AS x INSERT INTO FUNCTION file('${folder}/out', TSV, 'a Int8') SELECT x`,
    `INSERT INTO "${file}" VALUES ('more')`,
    `INSERT INTO default.\`${file}\` SELECT 'more'`,
    `CREATE TABLE w (a String) ENGINE = File(TSV, '${folder}/out')`,
    `CREATE TABLE w ENGINE File(TSV, '${folder}/out') AS SELECT 1 AS a`,
    `CREATE TABLE w (a Int8) ENGINE = MergeTree ORDER BY a SETTINGS disk = disk(type = 'local', path = '${folder}/disk/')`,
    `CREATE TABLE w (a Int8) ENGINE = EmbeddedRocksDB(0, '${folder}/rocks') PRIMARY KEY a`,
    `CREATE TABLE w (a Int8) ENGINE = SQLite('${folder}/sqlite', 't')`,
    `BACKUP TABLE default.t TO File('${folder}/backup')`,
    `BACKUP DATABASE default TO Disk('default', '${folder}/backup')`,
    `CREATE DATABASE w ENGINE = SQLite('${folder}/sqlite')`,
    `CREATE TABLE keeps (a Int8) ENGINE = FileLog('${folder}', TSV)`,
  ];
}

function reading({ file, folder }: Canaries): string[] {
  return [
    `SELECT file('${file}')`,
    `SELECT FILE('${file}')`,
    `SELECT file ('${file}')`,
    `SELECT file/* x */('${file}')`,
    `SELECT \`file\`('${file}')`,
    `SELECT "file"('${file}')`,
    `SELECT \`\\x66ile\`('${file}')`,
    `SELECT "f\\x69le" ('${file}')`,
    `SELECT * FROM file('${file}', LineAsString)`,
    `SELECT * FROM file('${file}')`,
    `SELECT * FROM \`file\`('${file}', 'LineAsString', 'line String')`,
    `SELECT * FROM "file"('${file}', LineAsString)`,
    `SELECT * FROM fileCluster('default', '${file}', LineAsString)`,
    `SELECT * FROM filesystem('${folder}')`,
    `SELECT content FROM filesystem('${file}')`,
    `SELECT * FROM '${file}'`,
    `SELECT * FROM "${file}"`,
    `SELECT * FROM \`${file}\``,
    `SELECT * FROM default."${file}"`,
    `SELECT 'x' IN "${file}"`,
    `SELECT * FROM system.one, "${file}"`,
    `DESCRIBE TABLE file('${file}', LineAsString)`,
    `DESC "${file}"`,
    `DESCRIBE '${file}'`,
    `EXPLAIN SELECT * FROM file('${file}')`,
    `EXPLAIN SYNTAX SELECT * FROM file('${file}')`,
    `EXPLAIN PLAN SELECT file('${file}')`,
    `INSERT INTO t FROM INFILE '${file}' FORMAT TSV`,
    `INSERT INTO t FROM/**/INFILE '${file}' COMPRESSION 'none' FORMAT TSV`,
    `SELECT * FROM executable('cat', TSV, 'a String', (SELECT '${file}'))`,
    `SELECT * FROM sqlite('${file}', 't')`,
    `SELECT catboostEvaluate('${file}', 1)`,
    `CREATE TABLE r AS file('${file}', LineAsString)`,
    `CREATE TABLE r ENGINE = Memory AS SELECT * FROM file('${file}', LineAsString)`,
    `CREATE TABLE r (a String DEFAULT file('${file}')) ENGINE = Memory`,
    `CREATE TABLE r (a String MATERIALIZED file('${file}'), b Int8) ENGINE = Memory`,
    `ALTER TABLE t ADD COLUMN b String DEFAULT file('${file}')`,
    `ALTER TABLE t UPDATE a = file('${file}') WHERE 1`,
    `UPDATE t SET a = file('${file}') WHERE 1`,
    `DELETE FROM t WHERE a = file('${file}')`,
    `INSERT INTO t VALUES (file('${file}'))`,
    `INSERT INTO t SELECT file('${file}')`,
    `CREATE TABLE r (a String) ENGINE = Buffer('default', '${file}', 1, 1, 1, 1, 1, 1, file('${file}'))`,
    `RESTORE TABLE default.t FROM File('${file}')`,
    `ATTACH TABLE r FROM '${folder}' (a String) ENGINE = File(TSV)`,
  ];
}

/** The same ways, where a reader of tokens may not look for them. */
function hidden({ file, folder }: Canaries): string[] {
  return [
    `SELECT '${file}' AS path, * APPLY file FROM (SELECT '${file}' AS path)`,
    `SELECT * APPLY(file) FROM (SELECT '${file}' AS path)`,
    `SELECT COLUMNS('p') APPLY \`file\` FROM (SELECT '${file}' AS p)`,
    `SELECT * APPLY(x -> file(x)) FROM (SELECT '${file}' AS p)`,
    `SELECT arrayMap(file, ['${file}'])`,
    `SELECT arrayMap((file), ['${file}'])`,
    `SELECT arrayMap("file", ['${file}'])`,
    `SELECT arrayMap(x -> file(x), ['${file}'])`,
    `SELECT arrayFilter(file, ['${file}'])`,
    `SELECT mapApply((k, v) -> (k, file(v)), map('a', '${file}'))`,
    `SELECT 1 /* /* */ ' */, file('${file}') /* ' */`,
    `SELECT 1 /* /* ' */ */, file('${file}') --'`,
    `SELECT 1 // '\n , file('${file}') // '`,
    `SELECT 1 -- '\n , file('${file}') -- '`,
    `SELECT 1 # '\n , file('${file}') # '`,
    `SELECT 1 #! '\n , file('${file}') --'`,
    `SELECT a$x$'$x$, file('${file}') --' FROM (SELECT 1 AS a$x$)`,
    `SELECT $x$ ' $x$, file('${file}'), $y$ ' $y$`,
    `SELECT 'a\\'', file('${file}'), '\\''`,
    `SELECT ‘'’, file('${file}'), ‘'’`,
    `SELECT “file”('${file}')`,
    `SELECT\u00a0file('${file}')`,
    `SELECT 1; SELECT file('${file}')`,
    `SELECT 1;;; SELECT 1 INTO OUTFILE '${folder}/out'`,
    `INSERT INTO t VALUES ('a'); SELECT file('${file}')`,
    `WITH (SELECT file('${file}')) AS x SELECT x`,
    `WITH x AS (SELECT * FROM file('${file}', LineAsString)) SELECT * FROM x`,
    `SELECT * FROM numbers(1) WHERE toString(number) IN (SELECT * FROM file('${file}', LineAsString))`,
    `SELECT * FROM numbers(1) AS a JOIN file('${file}', LineAsString) AS b ON 1 = 1`,
    `SELECT * FROM numbers(1) PREWHERE 1 WHERE file('${file}') != '' SETTINGS max_threads = 1`,
    `SELECT 1 HAVING file('${file}') != ''`,
    `SELECT number FROM numbers(1) ORDER BY file('${file}')`,
    `SELECT sum(number) OVER (ORDER BY file('${file}')) FROM numbers(1)`,
    `SELECT if(1, file('${file}'), '')`,
    `SELECT * FROM view(SELECT file('${file}'))`,
    `SELECT (SELECT (SELECT (SELECT file('${file}'))))`,
    `SELECT 1 UNION ALL SELECT length(file('${file}'))`,
    `SELECT * EXCEPT (x) REPLACE (file('${file}') AS y) FROM (SELECT 1 AS x, 2 AS y)`,
    `CREATE TABLE a (x Int8) ENGINE = Memory PARALLEL WITH CREATE TABLE b ENGINE = Memory AS SELECT file('${file}')`,
  ];
}

function addresses({ url, folder }: Canaries): string[] {
  const { host } = new URL(url);
  return [
    `SELECT * FROM url('${url}/', LineAsString)`,
    `SELECT * FROM "url"('${url}/', LineAsString)`,
    `SELECT * FROM URL ('${url}/', LineAsString)`,
    `SELECT * FROM urlCluster('default', '${url}/', LineAsString)`,
    `DESCRIBE TABLE url('${url}/')`,
    `EXPLAIN SELECT * FROM url('${url}/')`,
    `INSERT INTO FUNCTION url('${url}/', TSV, 'a Int8') SELECT 1`,
    `CREATE TABLE u (a String) ENGINE = URL('${url}/', TSV)`,
    `CREATE TABLE u ENGINE = "URL"('${url}/', TSV) AS SELECT 1 AS a`,
    `SELECT * FROM s3('${url}/bucket/x', TSV)`,
    `SELECT * FROM s3Cluster('default', '${url}/bucket/x', TSV)`,
    `SELECT * FROM gcs('${url}/bucket/x', TSV)`,
    `SELECT * FROM oss('${url}/bucket/x', TSV)`,
    `SELECT * FROM azureBlobStorage('${url}', 'c', 'x', 'a', 'k', TSV)`,
    `SELECT * FROM hdfs('hdfs://${host}/x', TSV, 'a String')`,
    `SELECT * FROM deltaLake('${url}/x')`,
    `SELECT * FROM iceberg('${url}/x')`,
    `SELECT * FROM icebergLocal('${folder}')`,
    `SELECT * FROM deltaLakeLocal('${folder}')`,
    `SELECT * FROM hudi('${url}/x')`,
    `SELECT * FROM paimon('${url}/x')`,
    `SELECT * FROM remote('${host}', system.one)`,
    `SELECT * FROM remoteSecure('${host}', system.one)`,
    `SELECT * FROM cluster('default', system.one)`,
    `SELECT * FROM clusterAllReplicas('default', system.one)`,
    `SELECT * FROM mysql('${host}', 'd', 't', 'u', 'p')`,
    `SELECT * FROM postgresql('${host}', 'd', 't', 'u', 'p')`,
    `SELECT * FROM mongodb('${host}', 'd', 't', 'u', 'p', 'a String')`,
    `SELECT * FROM redis('${host}', 'k', 'k String, v String')`,
    `SELECT * FROM odbc('DSN=x', 'd', 't')`,
    `SELECT * FROM jdbc('jdbc:x', 'd', 't')`,
    `SELECT hasColumnInTable('${host}', 'default', 'p', 'd', 't', 'c')`,
    `SELECT aiGenerate('collection', 'hello')`,
    `CREATE TABLE s (a Int8) ENGINE = S3('${url}/bucket/x', TSV)`,
    `CREATE TABLE s (a Int8) ENGINE = Distributed('default', default, t)`,
    `CREATE TABLE s (a Int8) ENGINE = Kafka('${host}', 'x', 'y', 'JSONEachRow')`,
    `CREATE TABLE s (a Int8) ENGINE = MySQL('${host}', 'd', 't', 'u', 'p')`,
    `CREATE TABLE s (a Int8) ENGINE = ReplicatedMergeTree('/x', 'r') ORDER BY a`,
    `CREATE DATABASE s ENGINE = MySQL('${host}', 'd', 'u', 'p')`,
    `CREATE DATABASE s ENGINE = PostgreSQL('${host}', 'd', 'u', 'p')`,
    `CREATE TABLE s ON CLUSTER default (a Int8) ENGINE = Memory`,
  ];
}

function stored({ file, folder, url }: Canaries): string[] {
  return [
    `CREATE VIEW v AS SELECT * FROM url('${url}/', LineAsString)`,
    `CREATE VIEW v AS SELECT file({path:String})`,
    `CREATE OR REPLACE VIEW v AS SELECT * FROM file('${file}')`,
    `CREATE MATERIALIZED VIEW v ENGINE = Memory AS SELECT file(a) FROM t`,
    `CREATE MATERIALIZED VIEW v REFRESH EVERY 1 SECOND ENGINE = Memory AS SELECT file('${file}')`,
    `CREATE FUNCTION f AS x -> file(x)`,
    `CREATE FUNCTION f AS x -> upper(x)`,
    `CREATE DICTIONARY d (a String) PRIMARY KEY a SOURCE(FILE(path '${file}' format 'LineAsString')) LAYOUT(FLAT()) LIFETIME(0)`,
    `CREATE DICTIONARY d (a String) PRIMARY KEY a SOURCE(HTTP(url '${url}' format 'TSV')) LAYOUT(FLAT()) LIFETIME(0)`,
    `CREATE DICTIONARY d (a String) PRIMARY KEY a SOURCE(EXECUTABLE(command 'cat ${file}' format 'TSV')) LAYOUT(FLAT())`,
    `CREATE NAMED COLLECTION c AS url = '${url}'`,
    `CREATE DATABASE f ENGINE = Filesystem('${folder}')`,
    `CREATE DATABASE f ENGINE = \`Filesystem\`('/')`,
    `CREATE TABLE e (a String) ENGINE = Executable('x', TSV)`,
    `CREATE TABLE e (a String) ENGINE = ExecutablePool('x', TSV)`,
    `CREATE USER eve IDENTIFIED BY 'x'`,
    `GRANT ALL ON *.* TO default`,
    `CREATE TABLE l (a String) ENGINE = IcebergLocal('${folder}')`,
    `CREATE TABLE l (a String) ENGINE = QueryRunner()`,
  ];
}

/** SQL in texts. */
function texts({ file }: Canaries): string[] {
  const column = `b String DEFAULT file(\\'${file}\\')`;
  const alias = `b String ALIAS file(\\'${file}\\')`;
  return [
    `SELECT * FROM format(JSONEachRow, 'a String, ${column}', '{"a":"1"}')`,
    `SELECT * FROM format(JSONEachRow, $$a String, b String DEFAULT file('${file}')$$, '{"a":"1"}')`,
    `SELECT * FROM format(JSONEachRow, 'a String, b String DEFAULT file(''${file}'')', '{"a":"1"}')`,
    `SELECT b FROM format(TSV, concat('a String, b String ALIAS fi', 'le(\\'${file}\\')'), 'x')`,
    `SELECT b FROM format(TSV, 'a String, b String ALIAS fi' || 'le(\\'${file}\\')', 'x')`,
    `SELECT b FROM generateRandom('a UInt8, ${alias}') LIMIT 1`,
    `SELECT b FROM generateRandom($$a UInt8, b String ALIAS arrayMap(file, ['${file}'])[1]$$) LIMIT 1`,
    `SELECT a FROM values($$a String ALIAS "file"('${file}'), c String$$, ('x'))`,
    `SELECT a FROM values($$a String ALIAS file/**/('${file}'), c String$$, ('x'))`,
    `SELECT b FROM system.one, format(concat('T', 'SV'), concat('a String, b String ALIAS fi', 'le(\\'${file}\\')'), 'x')`,
    `INSERT INTO FUNCTION null(concat('a String, b String ALIAS fi', 'le()')) VALUES ('x')`,
    `INSERT INTO t SELECT a FROM values($$a String ALIAS file('${file}'), c String$$, ('x'))`,
    `SELECT * FROM values('a String', (file('${file}')))`,
    `SELECT * FROM eval('SELECT file(\\'${file}\\')') SETTINGS allow_experimental_eval_table_function = 1`,
    `SELECT * FROM viewExplain('EXPLAIN', '', (SELECT file('${file}')))`,
    `SELECT * FROM fuzzQuery('SELECT file(\\'${file}\\')')`,
  ];
}

function settings({ file, folder, url }: Canaries): string[] {
  return [
    `SELECT 1 FORMAT Template SETTINGS format_template_resultset = '${file}'`,
    `SELECT 1 SETTINGS format_template_row = '${file}' FORMAT Template`,
    `SELECT 1 SETTINGS max_threads = 1, format_template_resultset = '${file}' FORMAT Template`,
    `SELECT 1 SETTINGS \`format_template_resultset\` = '${file}' FORMAT Template`,
    `SELECT 1 SETTINGS format_schema = '${file}:M' FORMAT Protobuf`,
    `SELECT 1 SETTINGS format_schema_source = 'query', format_schema = 'SELECT file(\\'${file}\\')' FORMAT Protobuf`,
    `SELECT 1 SETTINGS additional_result_filter = 'throwIf(length(file(\\'${file}\\')) > 0) = 0'`,
    `SELECT * FROM t SETTINGS additional_table_filters = {'default.t': 'file(\\'${file}\\') = a'}`,
    `SELECT 1 SETTINGS format_avro_schema_registry_url = '${url}' FORMAT AvroConfluent`,
    `INSERT INTO t SETTINGS input_format_record_errors_file_path = '${folder}/out', input_format_allow_errors_num = 9 FORMAT TSV\n1\t2`,
    `INSERT INTO t SETTINGS input_format_values_interpret_expressions = 1 VALUES ('a')`,
    `SET dialect = 'prql'`,
    `SET dialect = 'kusto', allow_experimental_kusto_dialect = 1`,
    `SELECT 1 SETTINGS dialect = 'prql'`,
    `SELECT 1 SETTINGS readonly = 0`,
    `SET readonly = 0`,
    `SET allow_introspection_functions = 1`,
    `SET param_path = '${file}'`,
    `SET ROLE ALL`,
    `SET log_comment = 'not killed'`,
    `SELECT 1 SETTINGS log_comment = 'not killed'`,
    `SELECT 1 SETTINGS implicit_table_at_top_level = '${file}'`,
    `CREATE TABLE d (a Int8) ENGINE = MergeTree ORDER BY a SETTINGS storage_policy = 'x'`,
    `ALTER TABLE t MODIFY SETTING disk = 'x'`,
  ];
}

function others({ file }: Canaries): string[] {
  return [
    'SYSTEM RELOAD CONFIG',
    'SYSTEM SHUTDOWN',
    'SYSTEM FLUSH LOGS',
    `SYSTEM STOP LISTEN HTTP`,
    'DETACH TABLE t',
    'ATTACH TABLE t',
    'DETACH DATABASE default',
    'DROP FUNCTION f',
    'ALTER TABLE t FREEZE',
    `ALTER TABLE t FETCH PARTITION tuple() FROM '/x'`,
    `ALTER TABLE t MOVE PARTITION tuple() TO DISK 'x'`,
    `EXECUTE AS default SELECT file('${file}')`,
    'BEGIN TRANSACTION',
    'WATCH t',
    `COPY t TO '${file}'`,
    `ALTER USER default IDENTIFIED BY 'x'`,
    'from_file',
  ];
}
