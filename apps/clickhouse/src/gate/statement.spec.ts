import { insertFromFile, parseStatement } from './statement.ts';
import { quote } from './tokens.ts';

describe('parseStatement', () => {
  test.each([
    ['SELECT 1', 'read', undefined],
    ['-- FORMAT CSV\nselect 1 format JSON', 'read', 'JSON'],
    ['SELECT 1 FORMAT JSON SETTINGS max_threads = 1', 'read', 'JSON'],
    ['WITH 1 AS x SELECT x', 'read', undefined],
    ["SELECT 'a; FORMAT CSV'", 'read', undefined],
    ['SELECT format FROM t', 'read', undefined],
    ["SELECT format('{}', 1) FORMAT TSV ;", 'read', 'TSV'],
    ['SHOW TABLES', 'other', undefined],
    ['INSERT INTO t SELECT 1', 'other', undefined],
    ['INSERT INTO t WITH 1 AS x SELECT x FORMAT Null', 'other', 'Null'],
    ["INSERT INTO t FROM INFILE 'x' FORMAT CSV", 'other', 'CSV'],
  ])('%s is a %s statement', (sql, kind, format) => {
    expect(parseStatement(sql)).toEqual({ kind, format });
  });

  test('finds where the rows of an INSERT begin', () => {
    const sql = "INSERT INTO t (a, `format`) /* c */ FORMAT CSV  \n'1;2'";
    expect(parseStatement(sql)).toMatchObject({ kind: 'insert', format: 'CSV', dataAt: sql.indexOf("'1") });
    expect(parseStatement('INSERT INTO t VALUES (1);')).toMatchObject({
      kind: 'insert',
      format: 'Values',
      dataAt: 20,
    });
  });

  test('reads the head of a long INSERT in one pass', () => {
    const columns = Array.from({ length: 2000 }, (_, i) => `c${i}`).join(', ');
    expect(parseStatement(`INSERT INTO t (${columns}) FORMAT Native\n`)).toMatchObject({
      kind: 'insert',
      format: 'Native',
    });
  });
});

describe('insertFromFile', () => {
  test.each([
    ['INSERT INTO t FORMAT CSV\n1', "INSERT INTO t  FROM INFILE '/x'  FORMAT CSV"],
    [
      'INSERT INTO t SETTINGS a = 1 FORMAT CSV\n1',
      "INSERT INTO t  FROM INFILE '/x' SETTINGS a = 1  FORMAT CSV",
    ],
    ['INSERT INTO t (a) VALUES', "INSERT INTO t (a)  FROM INFILE '/x'  FORMAT Values"],
  ])('%j', (sql, expected) => {
    const statement = parseStatement(sql);
    if (statement.kind !== 'insert') throw new Error('not an insert');
    expect(insertFromFile(sql, statement, '/x')).toBe(expected);
  });
});

describe('quote', () => {
  test('escapes quotes and backslashes', () => expect(quote("a'\\")).toBe("'a\\'\\\\'"));
});
