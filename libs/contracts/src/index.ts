// The generated contracts, flat: every message, enum and service definition of proto/facet/*/v1.
export {
  BinaryWriter,
  type DescEnum,
  type DescField,
  type DescMessage,
  type DescMethod,
  type DescService,
  describeService,
  describeServices,
  ScalarType,
  strictReader,
  WireType,
} from './descriptors.ts';
export { fileDescriptorSetBase64 } from './gen/descriptors-binpb.ts';
export * from './gen/index.facet.activation.v1.ts';
export * from './gen/index.facet.event.v1.ts';
export * from './gen/index.facet.feature.v1.ts';
export * from './gen/index.facet.inference.v1.ts';
export * from './gen/index.facet.sae.v1.ts';
export * from './gen/index.facet.steering.v1.ts';
export * from './gen/index.facet.training.v1.ts';
export * from './gen/index.facet.type.v1.ts';
export * from './gen/index.google.protobuf.ts';
