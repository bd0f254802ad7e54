export {
  type BuiltModel,
  createGraph,
  type GraphBuilder,
  MICROSOFT,
  type NodeOptions,
  OPSETS,
  type Value,
} from './graph-builder.ts';
export {
  type Attribute,
  type ExternalData,
  elementType,
  type FloatAttribute,
  type ValueInfo,
} from './messages.ts';
