import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { loadChatTemplates } from './chat-templates.ts';

describe('loadChatTemplates', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'facet-chat-'));
  });
  afterEach(() => rm(directory, { recursive: true }));

  const write = async (files: Record<string, unknown>) => {
    for (const [name, content] of Object.entries(files)) {
      await mkdir(dirname(join(directory, name)), { recursive: true });
      await writeFile(join(directory, name), typeof content === 'string' ? content : JSON.stringify(content));
    }
    return loadChatTemplates(directory);
  };
  const found = async (files: Record<string, unknown>) =>
    (await write(files)).templates.map(({ name, file, text }) => [name, file, text]);

  test('finds none where no file has one', async () => {
    expect(await write({})).toEqual({ templates: [], specialTokens: {}, problem: undefined });
    expect(await found({ 'tokenizer_config.json': { chat_template: null } })).toEqual([]);
  });

  test('reads a text, or a list of named ones, of tokenizer_config.json', async () => {
    expect(await found({ 'tokenizer_config.json': { chat_template: 'a' } })).toEqual([
      ['default', 'tokenizer_config.json', 'a'],
    ]);
    const chat_template = [
      { name: 'tool_use', template: 't' },
      { name: 'default', template: 'd' },
      { name: 'tool_use', template: 'last' },
    ];
    expect(await found({ 'tokenizer_config.json': { chat_template } })).toEqual([
      ['default', 'tokenizer_config.json', 'd'],
      ['tool_use', 'tokenizer_config.json', 'last'],
    ]);
  });

  const makePipe = async (path: string) => void execFileSync('mkfifo', [path]);
  // Named without its folder.
  test.each([
    ['a pipe', 'chat_template.jinja', makePipe],
    ['a device', 'chat_template.jinja', (path: string) => symlink('/dev/zero', path)],
    ['a folder', 'chat_template.jinja', (path: string) => mkdir(path)],
    ['a pipe', 'tokenizer_config.json', makePipe],
    ['a device', 'special_tokens_map.json', (path: string) => symlink('/dev/zero', path)],
  ] as const)('does not read %s that is called %s', async (_, name, make) => {
    await make(join(directory, name));
    expect(await loadChatTemplates(directory)).toMatchObject({
      templates: [],
      problem: `${name} cannot be read (it is not a regular file)`,
    });
  });

  test.each(['chat_template.jinja', 'tokenizer_config.json'])(
    'refuses %s in another encoding',
    async (name) => {
      await writeFile(join(directory, name), Buffer.from('{"chat_template": "Größe"}', 'latin1'));
      expect((await loadChatTemplates(directory)).problem).toBe(`${name} cannot be read (it is not UTF-8)`);
    },
  );

  test('takes files of templates, and then nothing of the configuration', async () => {
    const files = {
      'tokenizer_config.json': { chat_template: [{ name: 'rag', template: 'config' }] },
      'chat_template.jinja': 'file\n',
      'additional_chat_templates/tool_use.jinja': 'tools',
      'additional_chat_templates/notes.txt': 'no template',
    };
    expect(await found(files)).toEqual([
      ['default', 'chat_template.jinja', 'file\n'],
      ['tool_use', 'additional_chat_templates/tool_use.jinja', 'tools'],
    ]);
  });

  test("takes a processor's chat_template.json last", async () => {
    const processor = { 'chat_template.json': { chat_template: 'p' } };
    expect(await found({ ...processor, 'tokenizer_config.json': {} })).toEqual([
      ['default', 'chat_template.json', 'p'],
    ]);
    expect(await found({ ...processor, 'tokenizer_config.json': { chat_template: 'c' } })).toEqual([
      ['default', 'tokenizer_config.json', 'c'],
    ]);
  });

  test('reads special tokens by name, from special_tokens_map.json where the configuration lists no tokens', async () => {
    const config = {
      bos_token: '<s>',
      eos_token: { content: '</s>' },
      image_token: '<img>',
      add_bos_token: true,
    };
    const map = { 'special_tokens_map.json': { eos_token: '<end>', unk_token: { content: '<unk>' } } };
    const own = { bos_token: '<s>', eos_token: '</s>', image_token: '<img>' };
    expect((await write({ 'tokenizer_config.json': config })).specialTokens).toEqual(own);
    expect((await write(map)).specialTokens).toEqual({ ...own, eos_token: '<end>', unk_token: '<unk>' });
    const listed = { ...config, added_tokens_decoder: {} };
    expect((await write({ 'tokenizer_config.json': listed })).specialTokens).toEqual(own);
  });

  test.each([
    [
      'a template that is none',
      { 'tokenizer_config.json': { chat_template: 5 } },
      /malformed at chat_template/,
    ],
    [
      'a list without names',
      { 'tokenizer_config.json': { chat_template: [{ template: 'x' }] } },
      /malformed at chat_template/,
    ],
    [
      'a template that is too long',
      { 'chat_template.jinja': 'x'.repeat(300_000) },
      /has 300000 characters; the limit is 262144/,
    ],
    ['a file that is no JSON', { 'chat_template.json': '{' }, /chat_template.json is not JSON/],
    [
      'too many templates',
      Object.fromEntries(Array.from({ length: 33 }, (_, i) => [`additional_chat_templates/${i}.jinja`, 'x'])),
      /33 chat templates/,
    ],
  ])('names the file and what is wrong with %s', async (_, files, problem) => {
    expect(await write(files as Record<string, unknown>)).toMatchObject({
      templates: [],
      problem: expect.stringMatching(problem),
    });
  });
});
