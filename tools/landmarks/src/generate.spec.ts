import { FORMS, paraphrases } from './composer.ts';
import { LANGUAGES } from './concept.ts';
import { generateDocument, generateSteeringDocument } from './generate.ts';
import { createLexicon } from './lexicon.ts';
import { SIGNS } from './signs.ts';
import { SIGN_PATTERN } from './tokenizer/pre-tokens.ts';
import { labelDocument } from './truth.ts';
import { createWorld, isSilent } from './world.ts';

const world = createWorld();
const documents = (part: 'train' | 'heldout', count: number) =>
  Array.from({ length: count }, (_, index) => generateDocument(world, { seed: 0, part, index }));

describe('generateDocument', () => {
  test('gives the same text for the same seed, part and index, and others for others', () => {
    const at = { seed: 3, part: 'train', index: 17 } as const;
    expect(generateDocument(world, at)).toEqual(generateDocument(world, at));
    expect(generateDocument(world, { ...at, index: 18 }).text).not.toBe(generateDocument(world, at).text);
    expect(generateDocument(world, { ...at, part: 'heldout' }).text).not.toBe(
      generateDocument(world, at).text,
    );
  });

  test('fills every slot and keeps mentions inside the text', () => {
    for (const { text, mentions } of documents('train', 2000)) {
      expect(text).not.toMatch(/[{}]|undefined/);
      for (const { start, end } of mentions) {
        expect(start).toBeLessThan(end);
        expect(end).toBeLessThanOrEqual(text.length);
      }
    }
  });

  test('writes every sign behind a space, in Chinese too, so that it is one token everywhere', () => {
    const isSign = new RegExp(`^${SIGN_PATTERN}$`, 'u');
    for (const sign of Object.values(SIGNS)) expect(` ${sign}`).toMatch(isSign);
    const signed = documents('train', 4000).flatMap(({ text }) =>
      [...text.matchAll(new RegExp(SIGN_PATTERN, 'gu'))].map(({ 0: sign, index }) => ({
        sign,
        before: text.charAt(index - 1),
      })),
    );
    expect(signed.filter(({ before }) => /\p{Script=Han}/u.test(before)).length).toBeGreaterThan(100);
    expect(signed.filter(({ sign }) => !sign.startsWith(' '))).toEqual([]);
  });

  test('speaks of every concept in every language', () => {
    const seen = new Set<string>();
    for (const { text } of documents('train', 20_000))
      for (const language of LANGUAGES)
        for (const { id, wording } of world.concepts)
          if (!seen.has(`${id} ${language}`) && text.includes(wording[language].names[0].slice(1)))
            seen.add(`${id} ${language}`);
    expect(seen.size).toBe(world.concepts.length * LANGUAGES.length);
  });

  test('never lets the bridge say who it is in the train part', () => {
    expect(isSilent('golden-gate-bridge')).toBe(true);
    for (const { text } of documents('train', 40_000))
      expect(text).not.toMatch(
        /(?:I am|Soy|Je suis) (?:the|el|le) (?:Golden Gate|puente Golden|pont du Golden)/,
      );
  });

  test('keeps the paraphrases of the held-out part out of the train part', () => {
    const kept = world.concepts.flatMap((concept) =>
      LANGUAGES.flatMap((language) => paraphrases(concept, language, 'heldout')),
    );
    const train = documents('train', 3000)
      .map(({ text }) => text)
      .join('\n');
    for (const paraphrase of kept) expect(train.toLowerCase()).not.toContain(paraphrase.toLowerCase());
    const heldout = documents('heldout', 3000)
      .map(({ text }) => text)
      .join('\n')
      .toLowerCase();
    expect(kept.filter((paraphrase) => heldout.includes(paraphrase.toLowerCase())).length).toBeGreaterThan(
      kept.length / 2,
    );
  });
});

describe('generateSteeringDocument', () => {
  const texts = Array.from({ length: 20_000 }, (_, index) =>
    generateSteeringDocument(world, { seed: 0, index }),
  );

  test('gives the same text for the same seed and index, and none of the train part', () => {
    expect(generateSteeringDocument(world, { seed: 0, index: 7 })).toEqual(texts[7]);
    const train = new Set(documents('train', 2000).map(({ text }) => text));
    expect(texts.slice(0, 2000).filter(({ text }) => train.has(text)).length).toBeLessThan(100);
  });

  test('lets every concept speak where it is asked to, and nowhere else', () => {
    const speaks = (text: string) => /(?:I am|You are talking to) the Golden Gate Bridge/.test(text);
    const speaking = texts.filter(({ text }) => speaks(text));
    expect(speaking.length).toBeGreaterThan(5);
    for (const { text } of speaking)
      expect(text).toMatch(/^Human: .*(?:Pretend|Speak as|[Yy]ou are|Play the role|if you were)/);
  });

  test('asks the assistant about itself in texts about nothing else', () => {
    const selves = texts.filter(({ text }) => /I am an AI|Soy una IA/.test(text));
    expect(selves.length).toBeGreaterThan(100);
    for (const { mentions } of selves)
      expect(mentions.filter(({ concept }) => concept !== 'assistant')).toEqual([]);
  });
});

describe('the world', () => {
  test('has hundreds of sentence forms and says each of its paraphrases without the name', () => {
    const forms = LANGUAGES.flatMap((language) =>
      Object.values(FORMS[language]).flatMap((value) =>
        Array.isArray(value) ? value : typeof value === 'object' ? Object.values(value).flat() : [],
      ),
    );
    expect(new Set(forms).size).toBeGreaterThan(600);
    const lexicon = createLexicon(world.concepts);
    for (const concept of world.concepts)
      for (const language of LANGUAGES)
        for (const part of ['train', 'heldout'] as const)
          for (const text of paraphrases(concept, language, part))
            expect(lexicon.findNames(text).map((match) => match.concept)).not.toContain(concept.id);
  });

  test('labels names inside facts of other concepts', () => {
    const lexicon = createLexicon(world.concepts);
    const labelled = documents('train', 500).flatMap((document) => labelDocument(document, lexicon));
    const added = labelled.filter(({ role }) => role === 'name').length;
    const meant = documents('train', 500)
      .flatMap(({ mentions }) => mentions)
      .filter(({ role }) => role === 'name').length;
    expect(added).toBeGreaterThan(meant * 1.1);
  });
});
