import { BinaryWriter } from '@bufbuild/protobuf/wire';
import type { DType } from '@facet/tensor';

/** `TensorProto.DataType` of the ONNX specification (onnx.proto3). */
const ELEMENT_TYPES: Readonly<Partial<Record<DType, number>>> = {
  F32: 1,
  U8: 2,
  I8: 3,
  U16: 4,
  I16: 5,
  I32: 6,
  I64: 7,
  BOOL: 9,
  F16: 10,
  F64: 11,
  U32: 12,
  U64: 13,
  BF16: 16,
};

/** Looks up the ONNX number of an element type, for example as the `to` attribute of Cast. */
export function elementType(dtype: DType): number {
  const number = ELEMENT_TYPES[dtype];
  if (number === undefined) throw new TypeError(`ONNX has no element type for ${dtype}`);
  return number;
}

/** A float attribute; plain numbers are integer attributes, since ONNX tells the two apart. */
export interface FloatAttribute {
  float: number;
}

export type Attribute = number | string | FloatAttribute | readonly number[];

export interface Node {
  opType: string;
  /** Empty for the operators of ONNX itself. */
  domain: string;
  name: string;
  /** An empty string leaves an optional input out. */
  inputs: readonly string[];
  outputs: readonly string[];
  attributes: Readonly<Record<string, Attribute>>;
}

/** A graph input or output; a string dimension is symbolic. */
export interface ValueInfo {
  name: string;
  dtype: DType;
  shape: readonly (number | string)[];
}

/** Where the bytes of an initializer lie outside the model. */
export interface ExternalData {
  /** File name relative to the folder that the session is given. */
  location: string;
  offset: number;
  length: number;
}

export interface Initializer {
  name: string;
  dtype: DType;
  shape: readonly number[];
  data: Uint8Array | ExternalData;
}

export interface Model {
  name: string;
  nodes: readonly Node[];
  inputs: readonly ValueInfo[];
  outputs: readonly ValueInfo[];
  initializers: readonly Initializer[];
  /** Domain -> version; the empty domain is ONNX itself. */
  opsets: Readonly<Record<string, number>>;
}

/** ONNX IR version 11, that of opset 23. */
const IR_VERSION = 11;

/** Encodes a ModelProto. Field numbers are those of onnx.proto3. */
export function encodeModel(model: Model): Uint8Array<ArrayBuffer> {
  const writer = new BinaryWriter();
  writer.uint32(tag(1, VARINT)).int64(IR_VERSION);
  writer.uint32(tag(2, BYTES)).string('facet');
  message(writer, 7, () => writeGraph(writer, model));
  for (const [domain, version] of Object.entries(model.opsets))
    message(writer, 8, () => {
      if (domain !== '') writer.uint32(tag(1, BYTES)).string(domain);
      writer.uint32(tag(2, VARINT)).int64(version);
    });
  return writer.finish();
}

const VARINT = 0;
const BYTES = 2;
const FIXED32 = 5;

function tag(field: number, wireType: number): number {
  return (field << 3) | wireType;
}

function message(writer: BinaryWriter, field: number, write: () => void): void {
  writer.uint32(tag(field, BYTES)).fork();
  write();
  writer.join();
}

function writeGraph(writer: BinaryWriter, model: Model): void {
  for (const node of model.nodes) message(writer, 1, () => writeNode(writer, node));
  writer.uint32(tag(2, BYTES)).string(model.name);
  for (const tensor of model.initializers) message(writer, 5, () => writeTensor(writer, tensor));
  for (const input of model.inputs) message(writer, 11, () => writeValueInfo(writer, input));
  for (const output of model.outputs) message(writer, 12, () => writeValueInfo(writer, output));
}

function writeNode(writer: BinaryWriter, node: Node): void {
  for (const input of node.inputs) writer.uint32(tag(1, BYTES)).string(input);
  for (const output of node.outputs) writer.uint32(tag(2, BYTES)).string(output);
  writer.uint32(tag(3, BYTES)).string(node.name);
  writer.uint32(tag(4, BYTES)).string(node.opType);
  for (const [name, value] of Object.entries(node.attributes))
    message(writer, 5, () => writeAttribute(writer, name, value));
  if (node.domain !== '') writer.uint32(tag(7, BYTES)).string(node.domain);
}

/** AttributeProto.AttributeType. */
const FLOAT = 1;
const INT = 2;
const STRING = 3;
const INTS = 7;

function writeAttribute(writer: BinaryWriter, name: string, value: Attribute): void {
  writer.uint32(tag(1, BYTES)).string(name);
  const type = writeAttributeValue(writer, value);
  writer.uint32(tag(20, VARINT)).int32(type);
}

function writeAttributeValue(writer: BinaryWriter, value: Attribute): number {
  if (typeof value === 'number') {
    writer.uint32(tag(3, VARINT)).int64(value);
    return INT;
  }
  if (typeof value === 'string') {
    writer.uint32(tag(4, BYTES)).bytes(new TextEncoder().encode(value));
    return STRING;
  }
  if ('float' in value) {
    writer.uint32(tag(2, FIXED32)).float(value.float);
    return FLOAT;
  }
  for (const item of value) writer.uint32(tag(8, VARINT)).int64(item);
  return INTS;
}

/** TensorProto.DataLocation. */
const EXTERNAL = 1;

function writeTensor(writer: BinaryWriter, { name, dtype, shape, data }: Initializer): void {
  for (const extent of shape) writer.uint32(tag(1, VARINT)).int64(extent);
  writer.uint32(tag(2, VARINT)).int32(elementType(dtype));
  writer.uint32(tag(8, BYTES)).string(name);
  if (data instanceof Uint8Array) {
    writer.uint32(tag(9, BYTES)).bytes(data);
    return;
  }
  for (const [key, value] of Object.entries(data))
    message(writer, 13, () => {
      writer.uint32(tag(1, BYTES)).string(key);
      writer.uint32(tag(2, BYTES)).string(String(value));
    });
  writer.uint32(tag(14, VARINT)).int32(EXTERNAL);
}

function writeValueInfo(writer: BinaryWriter, { name, dtype, shape }: ValueInfo): void {
  writer.uint32(tag(1, BYTES)).string(name);
  message(writer, 2, () =>
    message(writer, 1, () => {
      writer.uint32(tag(1, VARINT)).int32(elementType(dtype));
      message(writer, 2, () => {
        for (const extent of shape) message(writer, 1, () => writeDimension(writer, extent));
      });
    }),
  );
}

function writeDimension(writer: BinaryWriter, extent: number | string): void {
  if (typeof extent === 'number') writer.uint32(tag(1, VARINT)).int64(extent);
  else writer.uint32(tag(2, BYTES)).string(extent);
}
