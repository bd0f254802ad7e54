export { adam, unitRows } from './adam';
export { accumulateBias, accumulateByFeature, removeParallel, sortByFeature } from './gradients';
export { addColumns, addWeightedRows, centerRows, sumOfSquares } from './rows';
export { selectListed, selectThreshold, selectTopK } from './select';
export { decodeRows, projectRows, residualBase } from './sparse';
