import { forCaller } from './callers-words.ts';

const request = {
  spec: { corpus: { uri: '/data/mine/a b.txt' }, sets: ['activationSets/x'] },
  other: ['file:///data/theirs/c.txt', '/srv/models'],
};

describe('forCaller', () => {
  test.each([
    ['cannot read /var/lib/facet/saes/x/cfg.json', 'cannot read …/cfg.json'],
    [
      "ENOENT: no such file or directory, open '/srv/x y/z'",
      "ENOENT: no such file or directory, open '…/x y/z'",
    ],
    ['it lies outside /corpora, the root.', 'it lies outside …/corpora, the root.'],
    ['look at /home/me/x.', 'look at …/x.'],
    ['in file:///var/lib/facet/a: it is broken', 'in …/a: it is broken'],
    ['(/usr/lib/node/index.js:12:3)', '(…/index.js:12:3)'],
    ['ERR at C:\\Users\\me\\x.json', 'ERR at …/x.json'],
    ['roots: /a/b,/c/d', 'roots: …/b,…/d'],
  ])('takes the server’s paths out of %j', (text, safe) => {
    expect(forCaller(text, request)).toBe(safe);
  });

  test.each([
    'saes/x has no feature 70000; d_sae is 24576',
    'the corpus "/data/mine/a b.txt" does not exist',
    'the corpus "file:///data/theirs/c.txt" is empty',
    '/data/theirs/c.txt is empty',
    'use a file:// URL or http://127.0.0.1:8123/?query=1',
    'learning_rate 2e-4 / sqrt(d_sae / 16384), 1/32, and/or, n/a, tokens/second',
    '127.0.0.1:50051 did not finish /facet.inference.v1.InferenceService/ScoreText in time',
    'give scale/offset, W_enc [d_in, d_sae]/W_dec',
    'write saes/{id}/features/{index}',
  ])('leaves %j as it is', (text) => {
    expect(forCaller(text, request)).toBe(text);
  });

  test('repeats at most 200 characters of a text that the caller sent', () => {
    const uri = `/data/${'x'.repeat(3000)}`;
    const said = forCaller(`${uri}: cfg.json is broken, and ${uri} stays`, { uri });
    expect(said).toMatch(/^\/data\/x{193}…: cfg\.json is broken, and \/data\/x{193}… stays$/);
    const prompt = '\u{1F4A5}'.repeat(5000);
    expect(forCaller(`no token for ${prompt}`, { prompt })).toBe(`no token for ${'\u{1F4A5}'.repeat(99)}…`);
  });

  test('reads requests of any shape, also empty ones and ones that hold bytes', () => {
    for (const odd of [undefined, null, 7, '', [], { data: Buffer.alloc(10), n: 1n, when: new Date(0) }])
      expect(forCaller('a problem', odd)).toBe('a problem');
  });
});
