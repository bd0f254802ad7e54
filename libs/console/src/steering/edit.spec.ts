import { EditScope } from '@facet/contracts';
import { parseEdit } from './edit.ts';

describe('parseEdit', () => {
  test('reads feature, mode and scope', () => {
    expect(parseEdit('saes/x/features/12=clamp_to_max:10', 'generated')).toMatchObject({
      feature: 'saes/x/features/12',
      mode: { $case: 'clampToMax', value: 10 },
      scope: EditScope.GENERATED,
    });
  });

  test.each([
    ['saes/x/features/12', 'has no "="'],
    ['saes/x/12=ablate', 'saes/{id}/features/{index}'],
    ['saes/x/features/01=ablate', 'saes/{id}/features/{index}'],
    ['saes/x/features/1=wish:3', 'write one of'],
  ])('refuses %s', (text, message) => {
    expect(() => parseEdit(text)).toThrow(message);
  });
});
