import { DataType, type ReadActivationsResponse } from '@facet/contracts';
import { flagTensor, idTensor, tensorMessage } from '@facet/mesh';
import type { RowBlock } from './read-rows.ts';

/** Writes a block of rows as the contract has it, without copying activations. */
export function toReadResponse(block: RowBlock): ReadActivationsResponse {
  const { firstRow, rows, dIn, dtype, activations, tokenIds, documents, positions, special } = block;
  return {
    firstRow: BigInt(firstRow),
    activations: tensorMessage(DataType[dtype], [rows, dIn], activations),
    tokenIds: idTensor(tokenIds),
    documents: idTensor(documents),
    positions: idTensor(positions),
    special: flagTensor(special),
  };
}
