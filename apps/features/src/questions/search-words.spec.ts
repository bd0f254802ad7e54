import { labelChange } from '../labels/update-mask.ts';
import { searchWords } from './search-words.ts';

describe('searchWords', () => {
  test('splits at white space, lower-cases and drops repetitions', () => {
    expect(searchWords('  Golden\tGate  golden ')).toEqual(['golden', 'gate']);
  });

  test.each(['', '   ', 'x'.repeat(201), 'a b c d e f g h i'])('refuses %j', (query) => {
    expect(() => searchWords(query)).toThrow(expect.objectContaining({ kind: 'invalid', field: 'query' }));
  });
});

describe('labelChange', () => {
  const feature = { label: 'new', description: '' };

  test('takes the named fields only, empty ones too', () => {
    expect(labelChange(feature, ['label'])).toEqual({ label: 'new' });
    expect(labelChange(feature, ['description', 'label'])).toEqual({ label: 'new', description: '' });
  });

  test.each([[[]], [['density']], [['label', '*']]])('refuses the mask %j', (mask) => {
    expect(() => labelChange(feature, mask)).toThrow(expect.objectContaining({ field: 'update_mask' }));
  });
});
