import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { GenerateTextRequest } from '@facet/contracts';
import { describeSharedModels } from '@facet/model-runtime/testing';
import { collectGeneration, readIds } from '../testing/messages.ts';
import { type InferenceSetup, serveInference } from '../testing/serve-inference.ts';

/** A busy machine takes its time to start processes. */
jest.setTimeout(120_000);

type Chat = Extract<
  Parameters<InferenceSetup['client']['generateText']>[0]['prompt'],
  { $case?: 'chat' }
>['value'];

const TURNS = `{{ bos_token }}{% for m in messages %}{{ m.role }}: {{ m.content | trim }}
{{ eos_token }}{% endfor %}{% if add_generation_prompt %}bot:{% endif %}`;
const ENDLESS = '{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}';
const GREEDY =
  '{% set ns = namespace(x=[1]) %}{% for i in range(40) %}{% set ns.x = ns.x + ns.x %}{% endfor %}';

describeSharedModels(
  ({ directory }) => {
    let root: string;
    let setup: InferenceSetup;
    beforeAll(async () => {
      root = await mkdtemp(join(tmpdir(), 'facet-chats-'));
      const named = {
        rag: `${TURNS} with documents`,
        broken: '{% frobnicate %}',
        choosy: '{{ raise_exception("no") }}',
        silent: '{% if false %}never{% endif %}',
      };
      const made = await Promise.all([
        model('plain', {}),
        model('spoiled', { 'chat_template.jinja': 'x'.repeat(300_000) }),
        model('endless', { 'chat_template.jinja': ENDLESS }),
        model('greedy', { 'chat_template.jinja': GREEDY }),
        model('chats', {
          'chat_template.jinja': TURNS,
          ...Object.fromEntries(
            Object.entries(named).map(([name, text]) => [`additional_chat_templates/${name}.jinja`, text]),
          ),
        }),
      ]);
      setup = await serveInference(made.join(','), { tokenizerThreads: 1, tokenizeMs: 3000 });
    });
    afterAll(async () => {
      await setup?.close();
      await rm(root, { recursive: true });
    });

    const model = async (name: string, files: Record<string, string>) => {
      const copy = join(root, name);
      await cp(directory, copy, { recursive: true, dereference: true });
      await mkdir(join(copy, 'additional_chat_templates'));
      await writeFile(
        join(copy, 'special_tokens_map.json'),
        JSON.stringify({ bos_token: '<s>', eos_token: '</s>' }),
      );
      for (const [file, text] of Object.entries(files)) await writeFile(join(copy, file), text);
      return `${name}=${copy}`;
    };
    const MESSAGES = [
      { role: 'user', content: ' Once ' },
      { role: 'bot', content: 'upon' },
      { role: 'user', content: 'a time' },
    ];
    const LONG = { messages: [{ role: 'user', content: 'once '.repeat(999) }] };
    const generate = (name: string, chat: Chat, options: Partial<GenerateTextRequest> = {}) =>
      collectGeneration(
        setup.client.generateText({
          model: `models/${name}`,
          prompt: { $case: 'chat', value: { messages: MESSAGES, ...chat } },
          sampling: { temperature: 0, maxTokens: 4 },
          ...options,
        }),
      );

    test('is told of by GetModel and ListModels', async () => {
      const names = ['default', 'broken', 'choosy', 'rag', 'silent'];
      expect((await setup.client.getModel({ name: 'models/chats' })).model!.chatTemplates).toEqual(names);
      const { models } = await setup.client.listModels({});
      expect(models.map(({ name, chatTemplates }) => [name, chatTemplates.length])).toEqual([
        ['models/chats', 5],
        ['models/endless', 1],
        ['models/greedy', 1],
        ['models/plain', 0],
        ['models/spoiled', 0],
      ]);
      expect(models.at(-1)!.warnings).toEqual([
        expect.stringMatching(/chat templates cannot be used: .*300000 characters; the limit is 262144/),
      ]);
    });

    test.each([
      [{}, 'bot:'],
      [{ addGenerationPrompt: false }, ''],
      [{ template: 'rag' }, 'bot: with documents'],
    ])(
      'becomes the tokens of the rendered text, with the one BOS of the template (%j)',
      async (chat, end) => {
        const run = await generate('chats', chat);
        const ids = readIds(run.started[0]!.prompt!.tokenIds);
        const text = `user: Once\n</s>bot: upon\n</s>user: a time\n</s>${end}`;
        const { tokens } = await setup.client.tokenizeText({
          model: 'models/chats',
          texts: [`<s>${text}`],
          addSpecialTokens: false,
        });
        expect(ids).toEqual(readIds(tokens!.tokenIds));
        expect(ids.filter((id) => id === 1)).toHaveLength(1);
        expect(ids.filter((id) => id === 2)).toHaveLength(3);
        const same = await collectGeneration(
          setup.client.generateText({
            model: 'models/chats',
            prompt: { $case: 'tokens', value: tokens! },
            sampling: { temperature: 0, maxTokens: 4 },
          }),
        );
        expect(run.tokens.map(({ tokenId }) => tokenId)).toEqual(same.tokens.map(({ tokenId }) => tokenId));
      },
    );

    test.each([
      ['plain', {}, 'precondition', 'CHAT_TEMPLATE_MISSING', /has no chat template; give the prompt as text/],
      ['spoiled', {}, 'precondition', 'CHAT_TEMPLATE_UNUSABLE', /300000 characters.*mend the file/],
      [
        'chats',
        { template: 'broken' },
        'precondition',
        'CHAT_TEMPLATE_UNUSABLE',
        /"broken".*frobnicate.*mend the template/,
      ],
      ['chats', { template: 'silent' }, 'invalid', 'CHAT_REFUSED', /writes nothing/],
      [
        'chats',
        { template: 'choosy' },
        'invalid',
        'CHAT_REFUSED',
        /"choosy".*refuses these messages: "no"; change/,
      ],
      [
        'chats',
        { template: 'none' },
        'invalid',
        'CHAT_TEMPLATE_UNKNOWN',
        /no chat template "none"; there are: "default"/,
      ],
      ['chats', { messages: [] }, 'invalid', 'INVALID', /0 messages; from 1 to 1024/],
      [
        'chats',
        { messages: [{ role: '', content: 'x' }] },
        'invalid',
        'INVALID',
        /role has 0 characters; from 1 to 64/,
      ],
      ['chats', LONG, 'invalid', 'CONTEXT_EXCEEDED', /context/],
    ])('is refused for %s %.60j', async (name, chat, kind, reason, message) => {
      await expect(generate(name, chat)).rejects.toMatchObject({
        kind,
        reason,
        field: expect.stringMatching(/^chat/),
        message: expect.stringMatching(message),
      });
    });

    test.each([
      ['endless', /CHAT_TEMPLATE_TOO_SLOW/, /"default" took longer than 3\d+ ms.*mend it/],
      ['greedy', /CHAT_TEMPLATE_TOO_(SLOW|LARGE)|CHAT_TEMPLATE_UNUSABLE/, /mend/],
    ])("ends a template that is %s, and stands in nobody's way", async (name, reason, message) => {
      const refused = expect(generate(name, {})).rejects.toMatchObject({
        reason: expect.stringMatching(reason),
        message: expect.stringMatching(message),
      });
      const run = await generate(name, {}, { prompt: { $case: 'text', value: 'Once' } });
      expect(run.finished).toHaveLength(1);
      await refused;
      const { tokens } = await setup.client.tokenizeText({
        model: `models/${name}`,
        texts: ['Once '.repeat(400)],
      });
      expect(tokens!.lengths[0]).toBeGreaterThan(300);
    });
  },
  ['stories260K'],
);
