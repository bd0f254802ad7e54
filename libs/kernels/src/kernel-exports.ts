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
  residualBase(out: number, b_dec: number, x: number, rows: number, width: number): void;
  decodeRows(
    out: number,
    W: number,
    rows: number,
    width: number,
    k: number,
    index: number,
    value: number,
    count: number,
  ): number;
  projectRows(
    out: number,
    x: number,
    W: number,
    rows: number,
    width: number,
    k: number,
    index: number,
    count: number,
  ): void;
  sortByFeature(
    rows: number,
    k: number,
    features: number,
    index: number,
    value: number,
    slope: number,
    count: number,
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
  unitRows(W: number, rows: number, width: number): void;
}
