import { createFileRegistry, type DescService, fromBinary } from '@bufbuild/protobuf';
import { BinaryReader } from '@bufbuild/protobuf/wire';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { fileDescriptorSetBase64 } from './gen/descriptors-binpb.ts';

export {
  type DescEnum,
  type DescField,
  type DescMessage,
  type DescMethod,
  type DescService,
  ScalarType,
} from '@bufbuild/protobuf';
export { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

let services: ReadonlyMap<string, DescService> | undefined;

/** Describes a service by its full name, with all types it uses; undefined where no contract has it. */
export function describeService(fullName: string): DescService | undefined {
  services ??= new Map(describeServices().map((service) => [service.typeName, service]));
  return services.get(fullName);
}

/** Describes every service of the contracts. */
export function describeServices(): DescService[] {
  const files = fromBinary(FileDescriptorSetSchema, Buffer.from(fileDescriptorSetBase64, 'base64'));
  return [...createFileRegistry(files)].filter((type) => type.kind === 'service');
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Reads a message that a stranger wrote: text that is not UTF-8 is refused, as protobuf asks. */
export function strictReader(bytes: Uint8Array): BinaryReader {
  return new BinaryReader(bytes, (text) => strictUtf8.decode(text));
}
