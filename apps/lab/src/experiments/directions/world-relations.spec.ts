import { createLexicon, createWorld } from '@facet/landmarks';
import { worldRelations } from './world-relations.ts';

const world = createWorld();
const { phrases, relations, capitals } = worldRelations(world, createLexicon(world.concepts));

const namesOf = (name: string) =>
  relations
    .find((relation) => relation.name === name)!
    .pairs.map(({ from, to }) => `${phrases[from].core} – ${phrases[to].core}`);

describe('worldRelations', () => {
  test('pairs every country with its capital in each language', () => {
    expect(capitals).toHaveLength(14);
    expect(namesOf('country → capital (English)')).toContain('France – Paris');
    expect(namesOf('country → capital (Chinese)')).toContain('日本 – 东京');
  });

  test('leaves out names that are the same in both languages', () => {
    const spanish = namesOf('English → Spanish');
    expect(spanish).toContain('dog – perro');
    expect(spanish.filter((pair) => pair.split(' – ')[0] === pair.split(' – ')[1])).toEqual([]);
    expect(namesOf('English → Chinese')).toHaveLength(world.concepts.length);
  });

  test('puts landmarks where they stand, not where they came from', () => {
    const places = namesOf('landmark → its country');
    expect(places).toContain('Colosseum – Italy');
    expect(places).toContain('Eiffel Tower – France');
    expect(places.filter((pair) => pair.startsWith('Statue of Liberty'))).toEqual([]);
  });

  test('lets no description name its concept', () => {
    const { pairs } = relations.find(({ name }) => name === 'description → name')!;
    for (const { from, to } of pairs)
      expect(phrases[from].text.toLowerCase()).not.toContain(phrases[to].core.toLowerCase());
  });
});
