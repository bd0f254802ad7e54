import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type SpawnedClickhouse, spawnClickhouse } from '../process/spawn-clickhouse.ts';
import type { Canaries } from '../testing/canaries.ts';
import { HONEST_STATEMENTS } from '../testing/honest-statements.ts';
import { hostileStatements } from '../testing/hostile-statements.ts';

const SECRET = 'canary-secret';

let directory: string;
let server: SpawnedClickhouse;
let canaries: Canaries;
let listener: Server;
let asked: number;

async function post(
  sql: string,
  query: Record<string, string> = {},
): Promise<{ status: number; text: string }> {
  const url = `${server.url}/?${new URLSearchParams(query)}`;
  const headers = { 'x-clickhouse-user': 'default', 'x-clickhouse-key': server.password };
  const response = await fetch(url, { method: 'POST', body: sql, headers });
  return { status: response.status, text: await response.text() };
}

async function get(query: Record<string, string>): Promise<{ status: number; text: string }> {
  const headers = { authorization: `Bearer ${server.password}` };
  const response = await fetch(`${server.url}/?${new URLSearchParams(query)}`, { headers });
  return { status: response.status, text: await response.text() };
}

/** Sends a statement that the tests need. */
async function prepare(sql: string): Promise<void> {
  const { status, text } = await post(sql);
  if (status !== 200) throw new Error(text);
}

async function requireUntouched(): Promise<void> {
  expect(await readFile(canaries.file, 'utf8')).toBe(`${SECRET}\n`);
  expect(await readdir(canaries.folder)).toEqual(['canary.txt']);
  expect(asked).toBe(0);
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'facet-gate-'));
  const folder = join(directory, 'canaries');
  await mkdir(folder);
  await writeFile(join(folder, 'canary.txt'), `${SECRET}\n`);
  asked = 0;
  listener = createServer((_request, response) => {
    asked += 1;
    response.end(`${SECRET}\n`);
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const { port } = listener.address() as AddressInfo;
  canaries = { file: join(folder, 'canary.txt'), folder, url: `http://127.0.0.1:${port}` };
  server = await spawnClickhouse({ dataDirectory: join(directory, 'data'), listen: '127.0.0.1:0' });
  await prepare('CREATE TABLE t (a String) ENGINE = MergeTree ORDER BY a');
  await prepare(`CREATE TABLE events (feature UInt32, activation Float32, text String, at DateTime)
    ENGINE = ReplacingMergeTree ORDER BY (feature, at)`);
  await prepare(`INSERT INTO events VALUES (1, 0.5, 'a dog', now() - 90000), (2, 1.5, 'a cat', now())`);
}, 60_000);

afterAll(async () => {
  await server?.stop();
  listener?.close();
  await rm(directory, { recursive: true, force: true });
});

describe('hostile statements', () => {
  test('are more than a hundred, and do harm where nothing holds them', async () => {
    const all = hostileStatements({ file: '/f', folder: '/d', url: 'http://h:1' });
    expect(new Set(all).size).toBeGreaterThanOrEqual(200);
    expect(await harmfulWithoutGate()).toBeGreaterThanOrEqual(60);
  }, 300_000);

  test('are refused by POST, and touch nothing', async () => {
    const let_through: string[] = [];
    for (const sql of hostileStatements(canaries)) {
      const { status, text } = await post(sql);
      if (status < 400 || text.includes(SECRET)) let_through.push(`${sql}: ${status} ${text}`);
      else if (!/ACCESS_DENIED|READONLY|SYNTAX_ERROR|UNKNOWN_TABLE|UNKNOWN_IDENTIFIER/.test(text))
        let_through.push(`${sql}: ${text}`);
    }
    expect(let_through).toEqual([]);
    await requireUntouched();
  }, 300_000);

  test('are refused by GET, in sessions and as the query of a body too, and touch nothing', async () => {
    const let_through: string[] = [];
    for (const [i, sql] of hostileStatements(canaries).entries()) {
      const answers = [
        await get({ query: sql }),
        await get({ query: sql, session_id: `s${i % 8}` }),
        await post('', { query: sql }),
      ];
      if (answers.some(({ status, text }) => status < 400 || text.includes(SECRET))) let_through.push(sql);
    }
    expect(let_through).toEqual([]);
    await requireUntouched();
  }, 300_000);

  test('are refused as settings, formats and parameters of a request', async () => {
    const { file, folder, url } = canaries;
    const requests: [string, Record<string, string>][] = [
      ['SELECT 1', { format_template_resultset: file, default_format: 'Template' }],
      ['SELECT 1 FORMAT Template', { format_template_row: file }],
      ['SELECT 1', { format_schema: `${file}:M`, default_format: 'Protobuf' }],
      ['SELECT 1', { additional_result_filter: `throwIf(file('${file}') != '')` }],
      ['SELECT 1', { dialect: 'prql' }],
      ['SELECT 1', { readonly: '0' }],
      ['SELECT 1', { allow_introspection_functions: '1' }],
      ['SELECT 1', { add_http_cors_header: '1' }],
      ["CREATE VIEW kept AS SELECT arrayMap({f:Identifier}, ['x'])", { param_f: 'upper' }],
      ['DROP DATABASE {d:Identifier}', { param_d: 'default' }],
      ['DROP TABLE one', { database: 'system' }],
      ['USE {d:Identifier}', { param_d: 'system' }],
      ['INSERT INTO t FORMAT TSV\n1', { input_format_record_errors_file_path: `${folder}/out` }],
      ['SELECT 1 FORMAT AvroConfluent', { format_avro_schema_registry_url: url }],
      ['SELECT * FROM {t:Identifier}', { param_t: file }],
      ['SELECT arrayMap({f:Identifier}, [{p:String}])', { param_f: 'file', param_p: file }],
      ['SELECT arrayMap({f:Identifier}, [{p:String}])', { param_f: '\\x66ile', param_p: file }],
      [
        'SELECT b FROM format(TSV, {s:String}, $$x$$)',
        { param_s: `a String, b String ALIAS file('${file}')` },
      ],
    ];
    for (const [sql, query] of requests) {
      const { status, text } = await post(sql, query);
      expect([sql, query, status >= 400, text.includes(SECRET)]).toEqual([sql, query, true, false]);
    }
    await requireUntouched();
  });

  test('cannot keep a parameter in a session for another request', async () => {
    const session = { session_id: 'keeper' };
    expect((await post('SELECT {f:String}', { ...session, param_f: 'file' })).text).toBe('file\n');
    const later = await post(`SELECT arrayMap({f:Identifier}, ['${canaries.file}'])`, session);
    expect(later.text).toMatch(/UNKNOWN_QUERY_PARAMETER/);
  });

  test('are not computed in rows that come as data', async () => {
    const rows = `(file('${canaries.file}'))`;
    const { status, text } = await post(rows, { query: 'INSERT INTO t VALUES' });
    expect(status).toBeGreaterThanOrEqual(400);
    expect(text).not.toContain(SECRET);
    expect((await post(`SELECT count() FROM t WHERE a LIKE '%${SECRET}%'`)).text).toBe('0\n');
    await post("('plain'), ('rows')", { query: 'INSERT INTO t VALUES' });
    expect((await post("SELECT count() FROM t WHERE a IN ('plain', 'rows')")).text).toBe('2\n');
  });
});

describe('statements without end', () => {
  const mebibyte = (unit: string) => unit.repeat(Math.floor(2 ** 20 / unit.length));

  test.each([
    ['a list of numbers', `SELECT 1${mebibyte(',1')}`],
    ['rows', `INSERT INTO t VALUES ('a')${mebibyte(",('a')").repeat(8)}`],
    ['brackets', `SELECT ${mebibyte('(')}`],
    ['the head of an INSERT', `INSERT INTO t ${mebibyte('a ')}`],
    ['settings', `SELECT 1 SETTINGS max_threads = 1${mebibyte(', max_threads = 1').repeat(2)}`],
  ])('are refused before they fill the memory: %s', async (_, sql) => {
    const { status, text } = await post(sql);
    expect([status, text]).toEqual([413, expect.stringContaining('QUERY_IS_TOO_LARGE')]);
    expect((await post('SELECT 1')).text).toBe('1\n');
  });

  test('are those of VALUES only where rows stand in the SQL itself', async () => {
    const rows = Array.from({ length: 100_000 }, (_, i) => `('row ${i}')`).join(',');
    expect(await post(rows, { query: 'INSERT INTO t VALUES' })).toMatchObject({ status: 200 });
    expect((await post("SELECT count() FROM t WHERE a LIKE 'row %'")).text).toBe('100000\n');
  });
});

describe('honest statements', () => {
  test('are more than fifty and pass', async () => {
    expect(HONEST_STATEMENTS.length).toBeGreaterThanOrEqual(50);
    for (const sql of HONEST_STATEMENTS) {
      const { status, text } = await post(sql);
      expect([sql, status, status === 200 ? '' : text]).toEqual([sql, 200, '']);
    }
  }, 120_000);

  test('give by GET what they give by POST when they read', async () => {
    const reads = HONEST_STATEMENTS.filter((sql) =>
      /^(select|with|from|show|desc|exists|explain|\()/i.test(sql),
    );
    for (const query of reads.filter((sql) => !/mine|rand|now|processes|uptime/i.test(sql)))
      expect([query, (await get({ query })).status]).toEqual([query, 200]);
  }, 120_000);

  test('may send parameters, settings and a session', async () => {
    const query = {
      param_n: '2',
      param_word: 'file',
      param_t: 'events',
      max_threads: '1',
      session_id: 'mine',
    };
    const sql = 'SELECT count(), {word:String} FROM {t:Identifier} WHERE feature = {n:UInt32}';
    expect((await post(sql, query)).text).toBe('1\tfile\n');
  });

  test.each([
    'CREATE TABLE g (a Int8) ENGINE = Memory',
    'INSERT INTO t VALUES (1)',
    'SET max_threads = 1',
    'DROP TABLE t',
  ])('that change something are refused by GET: %s', async (query) => {
    for (const more of [{}, { session_id: 'by-get' }] as Record<string, string>[])
      expect((await get({ query, ...more })).text).toMatch(/READONLY/);
  });
});

/** Statements that end or change the process, or wait long for an address that does not answer. */
const SLOW_OR_FATAL =
  /^SYSTEM|^SET |s3|gcs|oss|azure|hdfs|delta|iceberg|hudi|paimon|remote|cluster|mongodb|mysql|postgresql|redis|kafka|odbc|jdbc|^WATCH|^BEGIN|^DETACH/i;

/** Runs the statements on the engine itself, one process for all, and counts those that leak or leave a trace. */
async function harmfulWithoutGate(): Promise<number> {
  const folder = join(directory, 'unprotected');
  await mkdir(folder);
  await writeFile(join(folder, 'canary.txt'), `${SECRET}\n`);
  const target = { file: join(folder, 'canary.txt'), folder, url: canaries.url };
  const script = `
    import { createRequire } from 'node:module';
    import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
    const { Session } = createRequire(${JSON.stringify(join(__dirname, 'gate.ts'))})('chdb');
    const { statements, data, file, folder } = JSON.parse(process.argv[1]);
    const session = new Session(data);
    await session.queryAsync('CREATE TABLE t (a String) ENGINE = MergeTree ORDER BY a', { format: 'Null' });
    const harmful = [];
    for (const sql of statements) {
      const said = await session.queryAsync(sql, { format: 'TSV' }).then((result) => result.text(), (error) => error.message);
      const traces = readdirSync(folder).length > 1 || readFileSync(file, 'utf8') !== ${JSON.stringify(`${SECRET}\n`)};
      if (said.includes(${JSON.stringify(SECRET)}) || traces) harmful.push(sql);
      for (const name of readdirSync(folder)) rmSync(folder + '/' + name, { recursive: true });
      writeFileSync(file, ${JSON.stringify(`${SECRET}\n`)});
    }
    process.stdout.write('\\n' + JSON.stringify(harmful));
    process.exit(0);`;
  const statements = hostileStatements(target).filter((sql) => !SLOW_OR_FATAL.test(sql));
  const argument = JSON.stringify({ statements, data: join(directory, 'bare'), ...target });
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--input-type=module',
    '--eval',
    script,
    argument,
  ]);
  asked = 0;
  return (JSON.parse(stdout.split('\n').at(-1)!) as string[]).length;
}
