// The losses that the inference service measures for one model in int8 and int4: prints `result [json]`.
import { basename } from 'node:path';
import { readInferenceConfig, startInference } from '../../apps/inference/src/index.ts';
import { InferenceServiceDefinition } from '../../libs/contracts/src/index.ts';
import { connect, createServiceClient } from '../../libs/mesh/src/index.ts';

const [directory, { blocks, text, folder }] = [process.argv[2], JSON.parse(process.argv[3])];
const losses = [];
for (const block of blocks) {
  const config = readInferenceConfig({
    FACET_MODELS: `a=${directory},b=${directory}`,
    FACET_INFERENCE_LISTEN: '127.0.0.1:0',
    FACET_INFERENCE_QUANTIZE: 'a=int8,b=int4',
    FACET_INFERENCE_QUANTIZE_BLOCK: String(block),
    FACET_INFERENCE_WEIGHT_COPIES: folder,
    FACET_INFERENCE_CHECKS_FILE: `${folder}/checks`,
    FACET_INFERENCE_QUANTIZE_TEXT: text,
    FACET_LOG_LEVEL: 'error',
  });
  const service = await startInference(config);
  const connection = connect(service.address);
  const { models } = await createServiceClient(InferenceServiceDefinition, connection).listModels({});
  for (const { quantization } of models) losses.push({ model: basename(directory), ...quantization });
  connection.close();
  await service.stop(0);
}
console.log(`result ${JSON.stringify(losses)}`);
