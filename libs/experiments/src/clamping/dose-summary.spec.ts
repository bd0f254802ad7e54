import { type DoseText, fluencyLimits, strongestFluentDose, summariseDoses } from './dose-summary.ts';

const LIMITS = { nll: 2, repetition: 0.3 };

function text(values: Partial<DoseText>): DoseText {
  return {
    dose: 1,
    prompt: 0,
    text: '',
    turned: false,
    shown: false,
    nll: 1,
    kl: 0,
    repetition: 0,
    relativeDelta: 0,
    ...values,
  };
}

describe('fluencyLimits', () => {
  test('takes the median cost of misplaced texts and what one default text in twenty repeats', () => {
    const defaults = Array.from({ length: 21 }, (_, i) => ({ repetition: i / 20 }));
    const limits = fluencyLimits(defaults, [5, 1, 2]);
    expect(limits.nll).toBe(2);
    expect(limits.repetition).toBeCloseTo(0.95);
  });

  test('lets texts say one thing twice where default texts never do', () => {
    expect(fluencyLimits([{ repetition: 0 }], [1]).repetition).toBe(0.1);
  });
});

describe('summariseDoses', () => {
  test('counts shares by dose, doses in ascending order', () => {
    const [weak, strong] = summariseDoses(
      [
        text({ dose: 5, turned: true, shown: true, nll: 3, kl: 2, relativeDelta: 1 }),
        text({ dose: 5, turned: true, kl: 4 }),
        text({ dose: -1, turned: true }),
        text({ dose: -1 }),
        text({ dose: -1 }),
        text({ dose: -1, turned: true, repetition: 0.5 }),
      ],
      LIMITS,
    );
    expect(weak).toMatchObject({ dose: -1, texts: 4, share: 0.5, fluentShare: 0.25, degenerate: false });
    expect(strong).toMatchObject({ dose: 5, texts: 2, share: 1, fluentShare: 0.5, nll: 2, kl: 3 });
    expect([strong.shownShare, strong.relativeDelta]).toEqual([0.5, 0.5]);
  });

  test('calls a dose degenerate by the median of its texts, by either limit, and not at the limit', () => {
    const isDegenerate = (nll: number[], repetition: number[]) =>
      summariseDoses(
        nll.map((value, i) => text({ nll: value, repetition: repetition[i] })),
        LIMITS,
      )[0].degenerate;
    expect(isDegenerate([1, 2, 9], [0, 0.3, 0.9])).toBe(false);
    expect(isDegenerate([1, 2.1, 9], [0, 0, 0])).toBe(true);
    expect(isDegenerate([1, 1, 1], [0, 0.4, 0.4])).toBe(true);
  });
});

describe('strongestFluentDose', () => {
  const at = (nll: Record<number, number>) =>
    summariseDoses(
      Object.entries(nll).map(([dose, value]) => text({ dose: Number(dose), nll: value })),
      LIMITS,
    );

  test('stops before the first degenerate dose, also where a stronger one is fluent again', () => {
    expect(strongestFluentDose(at({ 1: 1, 2: 1, 5: 3, 10: 1 }))).toBe(2);
    expect(strongestFluentDose(at({ 1: 1, 20: 2 }))).toBe(20);
  });

  test('does not ask doses that are not positive', () => {
    expect(strongestFluentDose(at({ [-1]: 9, 0: 9, 1: 1 }))).toBe(1);
    expect(strongestFluentDose(at({ 0: 1, 1: 3, 2: 1 }))).toBeNull();
  });
});
