import { chooseQuantization, quantizeVariable } from './quantize-choice.ts';

const MODELS = [
  { id: 'large', directory: '/m/large' },
  { id: 'small', directory: '/m/small' },
];
const choose = (text: string, models = MODELS) =>
  chooseQuantization(models, quantizeVariable.parse(text), 64).map(({ id, quantization }) => [
    id,
    quantization,
  ]);

describe('chooseQuantization', () => {
  test('leaves every model alone where nothing is said', () => {
    expect(choose('')).toEqual([
      ['large', undefined],
      ['small', undefined],
    ]);
  });

  test('quantizes all models, or those that are named, under names of their own', () => {
    expect(choose('int8')).toEqual([
      ['large-int8', { bits: 8, blockSize: 64 }],
      ['small-int8', { bits: 8, blockSize: 64 }],
    ]);
    expect(choose(' small=int4 ')).toEqual([
      ['large', undefined],
      ['small-int4', { bits: 4, blockSize: 64 }],
    ]);
    expect(choose('int8,large=int4').map(([id]) => id)).toEqual(['large-int4', 'small-int8']);
  });

  test.each([
    'int5',
    'int4,int8',
    'small=int4,small=int8',
    'small=',
    '=int4',
    'a=b=int4',
    'Small Model=int4',
  ])('refuses %j', (text) => {
    expect(quantizeVariable.safeParse(text).success).toBe(false);
  });

  test('refuses names that no model has and names that are taken', () => {
    expect(() => choose('absent=int4')).toThrow(
      'no model "absent" to quantize; FACET_MODELS gives large, small',
    );
    const both = [...MODELS, { id: 'small-int4', directory: '/m/other' }];
    expect(() => choose('small=int4', both)).toThrow('two models would be called "small-int4"');
    expect(() => choose('int4', [{ id: 'a'.repeat(63), directory: '/m' }])).toThrow(/not a resource id/);
  });
});
