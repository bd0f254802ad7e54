import { inFirstPerson } from './first-person.ts';
import { createWorld } from './world.ts';

describe('inFirstPerson', () => {
  test.each([
    ['crosses the strait', 'I cross the strait.'],
    ['carries cars to Marin', 'I carry cars to Marin.'],
    ['lies on the Nile', 'I lie on the Nile.'],
    ['goes down a steep hill', 'I go down a steep hill.'],
    ['is painted orange', 'I am painted orange.'],
    ['has an old lighthouse', 'I have an old lighthouse.'],
    ['often disappears in the fog', 'I often disappear in the fog.'],
    ['slowly fades with time', 'I slowly fade with time.'],
    ['washes its fur with its tongue', 'I wash my fur with my tongue.'],
    ['shows itself in hugs', 'I show myself in hugs.'],
    ['opened in 1937', 'I opened in 1937.'],
    ['once carried trains', 'I once carried trains.'],
    ['feeds half of the world', 'I feed half of the world.'],
    ['kneads dough', 'I knead dough.'],
    ['cannot be seen', 'I cannot be seen.'],
    ['sees the clouds', 'I see the clouds.'],
  ])('lets a subject say that it %s', (fact, said) => {
    expect(inFirstPerson(fact, 'en')).toBe(said);
  });

  test('leaves no verb of the world in the third person', () => {
    const said = createWorld().concepts.flatMap(({ wording }) =>
      wording.en.facts.flatMap((fact) => inFirstPerson(fact, 'en') ?? []),
    );
    expect(said.length).toBeGreaterThan(300);
    const isThird = /^I (?:(?:often|slowly|once|never) )?(?!was )\w*[^s\W]s /;
    expect(said.filter((sentence) => isThird.test(sentence))).toEqual([]);
  });

  test('puts 我 before a Chinese fact', () => {
    expect(inFirstPerson('在1937年通车', 'zh')).toBe('我在1937年通车。');
  });

  test('says no fact that refers back to its subject as it, and none in languages that inflect more', () => {
    expect(inFirstPerson('breaks when it falls', 'en')).toBeUndefined();
    expect(inFirstPerson('cruza el estrecho', 'es')).toBeUndefined();
    expect(inFirstPerson('traverse le détroit', 'fr')).toBeUndefined();
  });
});
