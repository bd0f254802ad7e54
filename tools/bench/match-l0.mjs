/** Share of l0 by which a run may be off. */
const TOLERANCE = 0.005;
/** Runs that are made at most. */
const MOST_RUNS = 4;
/** How far apart, in ln l0, two runs must be before a slope is read off them. */
const APART = 0.02;

/**
 * Trains with other settings until one run has `l0`: of a penalty or a number of features, `setting` to begin with, with l0 moving as
 * its power `slope` until two runs say better. Gives the nearest run with its setting, and `fvu_at_l0`: its fvu moved to exactly
 * `l0` along the frontier that the runs describe, a line in logarithms.
 */
export async function matchL0(
  l0,
  { setting, slope, train, round = (value) => value, tolerance = TOLERANCE },
) {
  const runs = [];
  for (let next = setting; runs.length < MOST_RUNS; next = round(nextSetting(l0, runs, slope))) {
    if (runs.some((run) => run.setting === next)) break;
    runs.push({ setting: next, ...(await train(next)) });
    if (Math.abs(byDistance(l0, runs)[0].l0 / l0 - 1) <= tolerance) break;
  }
  const [nearest, ...others] = byDistance(l0, runs);
  const second = others.find((run) => Math.abs(Math.log(run.l0 / nearest.l0)) > APART);
  const along = second ? slopeOf('l0', 'fvu', [nearest, second]) : 0;
  return { ...nearest, runs: runs.length, fvu_at_l0: nearest.fvu * (l0 / nearest.l0) ** along };
}

/** The setting that should give `l0`, from the two nearest runs, or from one and `slope`. */
function nextSetting(l0, runs, slope) {
  const [first, second] = byDistance(l0, runs);
  const known = second ? slopeOf('setting', 'l0', [first, second]) : slope;
  // Runs that moved the wrong way, or hardly, say nothing of where to go.
  const usable = known * slope > 0 && Math.abs(known) > Math.abs(slope) / 4 ? known : slope;
  return first.setting * (l0 / first.l0) ** (1 / usable);
}

/** d ln(y) / d ln(x) between two runs. */
function slopeOf(x, y, [a, b]) {
  return Math.log(b[y] / a[y]) / Math.log(b[x] / a[x]);
}

/** Runs, the nearest to `l0` first. */
function byDistance(l0, runs) {
  const distance = (run) => Math.abs(Math.log(run.l0 / l0));
  return runs.toSorted((a, b) => distance(a) - distance(b));
}
