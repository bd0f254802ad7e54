import { readExchanges } from './exchanges.ts';

test('takes a dialogue apart and gives every part its mentions', () => {
  const text =
    'Human: Name the orange bridge.\nAssistant: It is the Gate.\nHuman: Write a function.\nAssistant: def f():\n    return 1';
  const mention = (part: string, role: 'name' | 'paraphrase') => {
    const start = text.indexOf(part);
    return { start, end: start + part.length, concept: 'gate', role };
  };
  const [asked, answered] = [mention('the orange bridge', 'paraphrase'), mention('the Gate', 'name')];
  const exchanges = readExchanges({ kind: 'dialogue', text, mentions: [asked, answered] });
  expect(exchanges).toEqual([
    { question: 'Name the orange bridge.', answer: 'It is the Gate.', asked: [asked], answered: [answered] },
    { question: 'Write a function.', answer: 'def f():\n    return 1', asked: [], answered: [] },
  ]);
});
