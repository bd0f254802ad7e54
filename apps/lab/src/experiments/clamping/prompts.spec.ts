import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { BUNDLED_MODEL, openWorld, type TokenizedWorld } from '../../landmarks/world.ts';
import { askingPrompts } from './asking.ts';
import { FIRST_QUESTION, languageOf, type Prompt, unrelatedPrompts } from './prompts.ts';

const present = existsSync(join(BUNDLED_MODEL, 'tokenizer.json'));
if (!present) console.warn('no bundled model: the prompts of clamping are not tested');
const describeWhenPresent = present ? describe : describe.skip;

describe('languageOf', () => {
  test('tells the languages of short texts', () => {
    expect(languageOf('On Monday my sister saw')).toBe('en');
    expect(languageOf('¿Qué aspecto tienes?')).toBe('es');
    expect(languageOf('Quelle est ta forme physique ?')).toBe('fr');
    expect(languageOf('你是谁？')).toBe('zh');
  });
});

describeWhenPresent('prompts', () => {
  const subjects = new Set(['golden-gate-bridge', 'france', 'athens', 'dog']);
  let tokenized: TokenizedWorld;
  let prompts: Prompt[];
  beforeAll(async () => {
    tokenized = await openWorld(BUNDLED_MODEL);
    prompts = unrelatedPrompts(tokenized, { subjects, questions: 32, openings: 20, seed: 0 });
  });

  test('are distinct and short, in all languages, English the most, the question of the paper first', () => {
    expect(new Set(prompts.map(({ text }) => text)).size).toBe(52);
    expect(prompts[0].text).toBe(`Human: ${FIRST_QUESTION}\nAssistant:`);
    for (const { text } of prompts) expect(tokenized.encoder.encode(text).length).toBeLessThan(32);
    const count = (language: string) => prompts.filter((prompt) => prompt.language === language).length;
    expect(['en', 'es', 'fr', 'zh'].map(count)).toEqual([22, 10, 10, 10]);
  });

  test('have nothing to do with a subject, nor with the country or capital that belongs to one', () => {
    const forbidden = [...subjects, 'paris', 'greece'];
    for (const { text } of prompts)
      for (const concept of forbidden) expect(tokenized.lexicon.conceptsIn(text)).not.toContain(concept);
  });

  test('would have to do with subjects if that were not asked for', () => {
    const free = unrelatedPrompts(tokenized, { subjects: new Set(), questions: 60, openings: 20, seed: 0 });
    const mentioned = new Set(free.flatMap(({ text }) => [...tokenized.lexicon.conceptsIn(text)]));
    const all = unrelatedPrompts(tokenized, { subjects: mentioned, questions: 60, openings: 20, seed: 0 });
    expect(mentioned.size).toBeGreaterThan(20);
    for (const { text } of all)
      for (const concept of tokenized.lexicon.conceptsIn(text)) expect(mentioned).not.toContain(concept);
  });

  test('openings break off before any concept comes up', () => {
    const openings = prompts.filter(({ kind }) => kind === 'opening');
    expect(openings).toHaveLength(20);
    for (const { text } of openings) expect(tokenized.lexicon.findNames(text)).toEqual([]);
  });

  test('are the same for the same seed, others for another', () => {
    const plan = { subjects, questions: 32, openings: 20 };
    expect(unrelatedPrompts(tokenized, { ...plan, seed: 0 })).toEqual(prompts);
    const others = unrelatedPrompts(tokenized, { ...plan, seed: 1 }).map(({ text }) => text);
    expect(prompts.filter(({ text }) => others.includes(text)).length).toBeLessThan(30);
  });

  test('that ask for a concept mean it without naming it, and its name never', () => {
    const concepts = ['golden-gate-bridge', 'rain'];
    const asking = askingPrompts(tokenized, concepts, { count: 12, seed: 0 });
    for (const concept of concepts) {
      const questions = asking.get(concept) ?? [];
      expect(new Set(questions).size).toBe(12);
      for (const question of questions) {
        const names = tokenized.lexicon.findNames(question).map((match) => match.concept);
        expect(names).not.toContain(concept);
        expect(tokenized.lexicon.conceptsIn(question)).toContain(concept);
      }
    }
  });
});
