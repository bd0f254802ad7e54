import type { ReadActivationsResponse } from '@facet/contracts';

/** Takes a whole stream of rows and joins its blocks. */
export async function readAll(stream: AsyncIterable<ReadActivationsResponse>) {
  const blocks: ReadActivationsResponse[] = [];
  for await (const block of stream) blocks.push(block);
  const ints = (pick: (block: ReadActivationsResponse) => { data: Buffer } | undefined) =>
    blocks.flatMap((block) => [...new Int32Array(new Uint8Array(pick(block)!.data).buffer)]);
  return {
    blocks,
    activations: Buffer.concat(blocks.map(({ activations }) => activations!.data)),
    tokenIds: ints(({ tokenIds }) => tokenIds),
    documents: ints(({ documents }) => documents),
    positions: ints(({ positions }) => positions),
    special: blocks.flatMap(({ special }) => [...special!.data]),
  };
}
