/**
 * The WebAssembly kernels of `assembly/`, where each is documented. Pointers are byte offsets into the one
 * memory; row widths are multiples of 4 floats. The kernels check nothing: callers own the layout.
 */
export interface KernelExports {
  selectTopK(
    product: number,
    bias: number,
    rows: number,
    width: number,
    k: number,
    outIndex: number,
    outValue: number,
    outCount: number,
    scratch: number,
  ): void;
  selectListed(
    product: number,
    bias: number,
    rows: number,
    width: number,
    k: number,
    list: number,
    count: number,
    outIndex: number,
    outValue: number,
    outCount: number,
    scratch: number,
  ): void;
  selectThreshold(
    product: number,
    bias: number,
    threshold: number,
    rows: number,
    width: number,
    outIndex: number,
    outValue: number,
    offsets: number,
  ): number;
  selectAbove(
    product: number,
    bias: number,
    floor: number,
    rows: number,
    width: number,
    outIndex: number,
    outValue: number,
    offsets: number,
    limit: number,
  ): number;
  keepLargestEntries(rows: number, offsets: number, index: number, value: number, keep: number): number;
  residualBase(out: number, b_dec: number, x: number, rows: number, width: number): void;
  decodeRows(
    out: number,
    W: number,
    rows: number,
    width: number,
    begin: number,
    end: number,
    index: number,
    value: number,
  ): number;
  reconstructRows(
    out: number,
    W: number,
    rows: number,
    width: number,
    begin: number,
    end: number,
    index: number,
    value: number,
    slope: number,
  ): number;
  projectRows(
    out: number,
    x: number,
    W: number,
    rows: number,
    width: number,
    begin: number,
    end: number,
    index: number,
  ): void;
  sortByFeature(
    rows: number,
    features: number,
    begin: number,
    end: number,
    index: number,
    value: number,
    slope: number,
    starts: number,
    entryRow: number,
    entryValue: number,
    entrySlope: number,
  ): number;
  accumulateByFeature(
    G: number,
    features: number,
    width: number,
    starts: number,
    entryRow: number,
    weight: number,
    x: number,
    scale: number,
  ): void;
  accumulateBias(G_b: number, features: number, starts: number, slope: number, scale: number): void;
  removeParallel(G: number, W: number, rows: number, width: number): void;
  centerRows(x: number, center: number, rows: number, width: number): void;
  addColumns(sums: number, x: number, rows: number, width: number, scale: number): void;
  addWeightedRows(sums: number, x: number, weight: number, rows: number, width: number, scale: number): void;
  sumOfSquares(values: number, count: number): number;
  adam(
    W: number,
    m: number,
    v: number,
    G: number,
    count: number,
    gradientScale: number,
    beta1: number,
    beta2: number,
    rate: number,
    rootScale: number,
    epsilon: number,
  ): void;
  clearValues(values: number, count: number): void;
  unitRows(W: number, rows: number, width: number): void;
  scaleValues(values: number, count: number, factor: number): void;
  rowNorms(norms: number, W: number, rows: number, width: number, scale: number): void;
  addNormGradient(G: number, W: number, weight: number, rows: number, width: number, scale: number): void;
  penaliseEntries(
    first: number,
    end: number,
    index: number,
    value: number,
    slope: number,
    penalty: number,
    mass: number,
    firings: number,
    G_b: number,
    scale: number,
  ): void;
  rectifyRows(product: number, bias: number, rows: number, width: number, out: number): void;
  penaliseRows(
    value: number,
    slope: number,
    rows: number,
    width: number,
    penalty: number,
    mass: number,
    firings: number,
    G_b: number,
    scale: number,
  ): number;
  jumpEntries(first: number, end: number, index: number, value: number, threshold: number): number;
  jumpSlopes(
    first: number,
    end: number,
    index: number,
    value: number,
    slope: number,
    ceiling: number,
    pull: number,
    crossings: number,
    firings: number,
    G_b: number,
    scale: number,
  ): number;
  jumpRows(product: number, bias: number, threshold: number, rows: number, width: number, out: number): void;
  jumpSlopeRows(
    pre: number,
    value: number,
    slope: number,
    rows: number,
    width: number,
    floor: number,
    ceiling: number,
    pull: number,
    crossings: number,
    firings: number,
    G_b: number,
    scale: number,
  ): number;
  gateEntries(
    first: number,
    end: number,
    index: number,
    value: number,
    gate: number,
    b_gate: number,
    b_mag: number,
    factor: number,
  ): number;
  gateSlopes(
    first: number,
    end: number,
    index: number,
    value: number,
    gate: number,
    slope: number,
    gateSlope: number,
    b_gate: number,
    factor: number,
    penalty: number,
    mass: number,
    firings: number,
    G_b: number,
    G_mag: number,
    G_r: number,
    scale: number,
  ): void;
  gateRows(
    z: number,
    rows: number,
    width: number,
    b_gate: number,
    b_mag: number,
    factor: number,
    out: number,
    gate: number,
  ): void;
  magnitudeRows(
    z: number,
    value: number,
    slope: number,
    rows: number,
    width: number,
    factor: number,
    firings: number,
    G_mag: number,
    G_r: number,
    scale: number,
  ): number;
  gateSlopeRows(
    z: number,
    gateSlope: number,
    slope: number,
    rows: number,
    width: number,
    b_gate: number,
    penalty: number,
    mass: number,
    G_b: number,
    scale: number,
  ): void;
  addValues(to: number, from: number, count: number): void;
}
