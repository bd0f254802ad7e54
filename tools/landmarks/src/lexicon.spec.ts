import { createLexicon } from './lexicon.ts';
import { mentionTokens } from './truth.ts';
import { createWorld } from './world.ts';

const lexicon = createLexicon(createWorld().concepts);

describe('createLexicon', () => {
  test('finds names in every language without their articles', () => {
    const text = 'I saw the Golden Gate Bridge. Vi el puente Golden Gate. 我看到金门大桥。';
    const names = lexicon.findNames(text).map(({ start, end }) => text.slice(start, end));
    expect(names).toEqual(['Golden Gate Bridge', 'puente Golden Gate', '金门大桥']);
  });

  test('takes the longest name: the park is not the bridge', () => {
    expect(lexicon.findNames('Golden Gate Park').map(({ concept }) => concept)).toEqual(['golden-gate-park']);
  });

  test('does not find names inside words', () => {
    expect(lexicon.findNames('doghouse, golden, raining')).toEqual([]);
  });

  test('tells what a text is about by facts and forms too', () => {
    expect([...lexicon.conceptsIn('It is painted international orange.')]).toEqual(['golden-gate-bridge']);
    expect([...lexicon.conceptsIn('I have no physical form. I am an AI.')]).toEqual([]);
  });
});

describe('mentionTokens', () => {
  // "a Golden Gate" as the tokens "a", " Golden", " Gate"
  const ends = [1, 8, 13];

  test('takes the tokens that share a character with the mention', () => {
    const mention = { start: 2, end: 13, concept: 'x', role: 'name' } as const;
    expect(mentionTokens(mention, ends)).toEqual({ first: 1, last: 2 });
  });

  test('leaves out the token that only ends where the mention begins', () => {
    const mention = { start: 8, end: 13, concept: 'x', role: 'name' } as const;
    expect(mentionTokens(mention, ends)).toEqual({ first: 2, last: 2 });
  });
});
