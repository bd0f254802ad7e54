import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ChatTemplates } from './chat-templates.ts';
import { type ChatMessage, renderChat } from './render-chat.ts';

interface Case {
  name: string;
  template: string;
  messages: ChatMessage[];
  addGenerationPrompt: boolean;
  text?: string;
  refused?: string;
  broken?: string;
}

/** What jinja2 made of them: see chat_templates.py. */
const cases = readFileSync(join(__dirname, '../testing/chat-templates.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Case);

const now = new Date(2026, 6, 4, 9, 5, 3);

function chatsWith(text: string): ChatTemplates {
  return {
    templates: [{ name: 'default', file: 'chat_template.jinja', text }],
    specialTokens: { bos_token: '<s>', eos_token: '</s>' },
    problem: undefined,
  };
}

describe('renderChat', () => {
  const readable = cases.filter(({ text }) => text !== undefined);
  test.each(readable.map((one) => [one.name, one] as const))(
    'makes of %s what jinja2 makes of it',
    (_, one) => {
      const { template, messages, addGenerationPrompt, text } = one;
      expect(renderChat(chatsWith(template), messages, { addGenerationPrompt, now })).toBe(text);
    },
  );

  const refused = cases.filter(({ refused }) => refused !== undefined);
  test.each(refused.map((one) => [one.name, one] as const))('says what %s refuses', (_, one) => {
    expect(() => renderChat(chatsWith(one.template), one.messages, { now })).toThrow(
      expect.objectContaining({
        kind: 'invalid',
        reason: 'CHAT_REFUSED',
        message: expect.stringMatching(
          /^chat template "default" \(chat_template\.jinja\) refuses .*change the messages$/,
        ),
      }),
    );
    expect(() => renderChat(chatsWith(one.template), one.messages, { now })).toThrow(
      JSON.stringify(one.refused).slice(1, 100),
    );
  });

  const broken = cases.filter(({ broken }) => broken !== undefined);
  test.each(broken.map((one) => [one.name, one.template] as const))(
    'says that %s cannot be used',
    (_, text) => {
      expect(() => renderChat(chatsWith(text), [{ role: 'user', content: 'Hi' }], { now })).toThrow(
        unusable(/./),
      );
    },
  );

  const unusable = (message: RegExp) =>
    expect.objectContaining({
      kind: 'precondition',
      reason: 'CHAT_TEMPLATE_UNUSABLE',
      message: expect.stringMatching(
        new RegExp(
          `^chat template "default" \\(chat_template.jinja\\) cannot be used: ".*${message.source}.*give the prompt as text$`,
        ),
      ),
    });

  test.each([
    [
      'a loop that jumps after it has written',
      '{% for m in messages %}a{% if m %}{% continue %}{% endif %}{% endfor %}',
      /continue after/,
    ],
    ['a remainder whose sign is another in JavaScript', '{{ -7 % 3 }}', /remainder/],
    ['a number that JavaScript writes otherwise as JSON', '{{ [1, 2.0] | tojson }}', /number 2.0 as JSON/],
    ['a long number', '{{ 12345678901234567890 | tojson }}', /53 bits/],
    ['a joined attribute', "{{ messages | join(',', attribute='role') }}", /attribute/],
    ['a list of lists that is joined', '{{ [[1], 2] | join }}', /list as text/],
    ['a beginning from a position on', "{{ 'abc'.startswith('b', 1) }}", /startswith/],
    ['unique texts of both cases', "{{ ['a', 'A'] | unique | join }}", /unique/],
    ['a number with underscores', "{{ '1_000' | int }}", /underscores/],
    ['a list that is written', '{{ messages }}', /list as text/],
    ['a date that is not known', "{{ strftime_now('%Q') }}", /%Q/],
    [
      'a macro that calls itself',
      '{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}',
      /not a function|call stack/,
    ],
    ['a list that is not one', '{% for m in 5 %}{% endfor %}', /./],
    [
      'a text that doubles too often',
      '{% set ns = namespace(x="ab") %}{% for i in range(99) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}',
      /length/,
    ],
  ])('says that %s cannot be used', (_, text, message) => {
    expect(() => renderChat(chatsWith(text), [{ role: 'user', content: 'Hi' }], { now })).toThrow(
      unusable(message),
    );
  });

  test('refuses a text that became too long', () => {
    const text = '{% for i in range(50000) %}{{ messages[0].content }}{% endfor %}';
    const messages = [{ role: 'user', content: 'x'.repeat(100) }];
    expect(() => renderChat(chatsWith(text), messages, { now })).toThrow(
      expect.objectContaining({
        kind: 'invalid',
        reason: 'CHAT_TOO_LONG',
        message: expect.stringContaining('5000000'),
      }),
    );
  });

  const several = (...names: string[]): ChatTemplates => ({
    ...chatsWith(''),
    templates: names.map((name) => ({ name, file: 'tokenizer_config.json', text: `${name}!` })),
  });

  test('takes the template that is named, else the default one, else the only one', () => {
    expect(renderChat(several('default', 'rag'), [], { template: 'rag', now })).toBe('rag!');
    expect(renderChat(several('default', 'rag'), [], { now })).toBe('default!');
    expect(renderChat(several('rag'), [], { now })).toBe('rag!');
  });

  test('names the templates where none is meant, and the remedy where there is none', () => {
    const render = (chats: ChatTemplates, template?: string) => () =>
      renderChat(chats, [], { template, now });
    expect(render(several('rag', 'tool_use'))).toThrow(
      /none called "default"; name one of "rag", "tool_use"/,
    );
    expect(render(several('default'), 'nope')).toThrow(/no chat template "nope"; there are: "default"/);
    expect(render(several())).toThrow(
      /^the model has no chat template; give the prompt as text, or put the template into chat_template.jinja/,
    );
    expect(render({ ...several(), problem: 'tokenizer_config.json is not JSON' })).toThrow(
      /is not JSON; mend the file/,
    );
  });
});
