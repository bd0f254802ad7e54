import { ActivationBlock, TextInputs } from '@facet/contracts';

interface MessageType<M> {
  encode(message: M): { finish(): Uint8Array };
  decode(input: Uint8Array): M;
  fromPartial(partial: Partial<M>): M;
}

const text: MessageType<TextInputs> = TextInputs;
const block: MessageType<ActivationBlock> = ActivationBlock;

/** A service for tests, in the shape that ts-proto generates: one unary method that reads, one that writes, one stream. */
export const EchoServiceDefinition = {
  name: 'EchoService',
  fullName: 'facet.test.v1.EchoService',
  methods: {
    getEcho: {
      name: 'GetEcho',
      requestType: text,
      requestStream: false,
      responseType: text,
      responseStream: false,
      options: {},
    },
    createEcho: {
      name: 'CreateEcho',
      requestType: text,
      requestStream: false,
      responseType: text,
      responseStream: false,
      options: {},
    },
    streamBlocks: {
      name: 'StreamBlocks',
      requestType: text,
      requestStream: false,
      responseType: block,
      responseStream: true,
      options: {},
    },
  },
} as const;
