import { parseChat } from './chat.ts';

describe('parseChat', () => {
  test('splits messages at their first colon and keeps the text as it is', () => {
    expect(parseChat({ message: ['system:Be brief', 'user: a: b '], template: 'rag' })).toEqual({
      messages: [
        { role: 'system', content: 'Be brief' },
        { role: 'user', content: ' a: b ' },
      ],
      template: 'rag',
      addGenerationPrompt: undefined,
    });
  });

  test('is no chat without messages', () => {
    expect(parseChat({})).toBeUndefined();
    expect(() => parseChat({ template: 'rag' })).toThrow('--template is for chats: give --message too');
  });

  test.each(['Hi', ':Hi', ''])('refuses %j, which says no role', (message) => {
    expect(() => parseChat({ message: [message] })).toThrow('must be role:text, such as "user:Hi"');
  });
});
