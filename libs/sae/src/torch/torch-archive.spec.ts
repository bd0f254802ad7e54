import { isFacetError } from '@facet/errors';
import fc from 'fast-check';
import { writeZip } from '../archive/zip-writer.ts';
import { openTorchFile } from './torch-archive.ts';
import { writeTorchFile } from './torch-write.ts';
import { unpickle } from './unpickle.ts';

const join = (chunks: Uint8Array[]) => Buffer.concat(chunks);

/** An archive around a pickle written by hand: text is taken as it is, numbers are bytes. */
function archive(pickle: (string | number)[], storages: Record<string, Uint8Array> = {}): Buffer {
  const entries = Object.entries(storages).map(([key, data]) => ({
    name: `archive/data/${key}`,
    chunks: [data],
  }));
  return join(writeZip([{ name: 'archive/data.pkl', chunks: [bytesOf(pickle)] }, ...entries]));
}

function bytesOf(pickle: (string | number)[]): Buffer {
  return Buffer.concat(
    pickle.map((part) => (typeof part === 'number' ? Buffer.of(part) : Buffer.from(part, 'latin1'))),
  );
}

const PROTO = [0x80, 2];
const text = (value: string): (string | number)[] => ['X', value.length, 0, 0, 0, value];

/** `{'a': _rebuild_tensor_v2(storage, offset, shape, strides, False, OrderedDict())}` */
function tensorPickle(
  { offset = 0, shape = [2], strides = [1], elements = 4, type = 'FloatStorage', key = '0' } = {},
  call = 'ctorch._utils\n_rebuild_tensor_v2\n',
) {
  const sizes = (values: number[]) => ['(', ...values.flatMap((v) => ['M', v & 255, v >> 8]), 't'];
  const storage = [
    '(',
    ...text('storage'),
    `ctorch\n${type}\n`,
    ...text(key),
    ...text('cpu'),
    'K',
    elements,
    't',
    'Q',
  ];
  const made = [call, '(', ...storage, 'K', offset, ...sizes(shape), ...sizes(strides), 0x89, '}', 't', 'R'];
  return [...PROTO, '}', ...text('a'), ...made, 's', '.'];
}
const FOUR = { 0: new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer) };

describe('openTorchFile', () => {
  test('gives back what writeTorchFile wrote', async () => {
    const file = join(
      writeTorchFile({
        'encoder.weight': { dtype: 'F32', shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) },
        k: { dtype: 'I32', shape: [], data: Int32Array.of(7) },
        sizes: { dtype: 'I64', shape: [2], data: BigInt64Array.of(8n, -9n) },
      }),
    );
    const { tensors } = await openTorchFile(file, 'ae.pt');
    expect([...tensors].map(([name, { dtype, shape }]) => [name, dtype, shape])).toEqual([
      ['encoder.weight', 'F32', [2, 3]],
      ['k', 'I32', []],
      ['sizes', 'I64', [2]],
    ]);
    expect(tensors.get('encoder.weight')!.f32()).toEqual(Float32Array.of(1, 2, 3, 4, 5, 6));
    expect(tensors.get('k')!.f32()).toEqual(Float32Array.of(7));
    expect(tensors.get('sizes')!.f32()).toEqual(Float32Array.of(8, -9));
  });

  test.each([
    [{ shape: [2, 2], strides: [2, 1] }, [1, 2, 3, 4]],
    [{ shape: [2, 2], strides: [1, 2] }, [1, 3, 2, 4]],
    [{ shape: [1, 2], strides: [9, 2] }, [1, 3]],
    [{ shape: [2], strides: [1], offset: 2 }, [3, 4]],
    [{ shape: [2], strides: [3] }, [1, 4]],
    [{ shape: [0, 3], strides: [3, 1] }, []],
  ])('reads the view %j', async (view, values) => {
    const { tensors } = await openTorchFile(archive(tensorPickle(view), FOUR), 'ae.pt');
    expect(Array.from(tensors.get('a')!.f32())).toEqual(values);
  });

  test.each([
    ['reaches beyond its storage', { shape: [2], strides: [4] }, /reaches element 4 of a storage of 4/],
    ['begins beyond its storage', { shape: [1], offset: 9 }, /reaches element 9/],
    ['repeats elements', { shape: [200, 2], strides: [0, 0] }, /shape \[200,2\] in a storage of 4 elements/],
    ['has three axes', { shape: [1, 2, 2], strides: [4, 2, 1] }, /numbers, vectors and matrices are read/],
    ['has a storage of another size', { elements: 3, shape: [1] }, /storage of 16 bytes for 3 elements/],
    ['has no storage', { key: '1' }, /has no entry "archive\/data\/1"/],
    ['has strides for other axes', { strides: [1, 1] }, /shape and strides that do not belong together/],
    ['names its storage as a path', { key: '../0' }, /names a storage by something that is no number/],
  ])('refuses a tensor that %s', async (_, view, message) => {
    const reading = openTorchFile(archive(tensorPickle(view), FOUR), 'ae.pt').then(({ tensors }) =>
      tensors.get('a')!.f32(),
    );
    await expect(reading).rejects.toThrow(message);
  });

  test.each([
    [
      'os.system',
      [...PROTO, 'cposix\nsystem\n', ...text('id'), 0x85, 'R', '.'],
      /refers to "posix.system", which is refused/,
    ],
    ['eval', [...PROTO, 'c__builtin__\neval\n', ')', 'R', '.'], /"__builtin__.eval"/],
    ['a name by stack', [...PROTO, ...text('os'), ...text('system'), 0x93, '.'], /"os.system"/],
    ['another storage class', tensorPickle({ type: 'QInt8Storage' }), /"torch.QInt8Storage"/],
    [
      'another way to make tensors',
      tensorPickle({}, 'ctorch._utils\n_rebuild_sparse_tensor\n'),
      /_rebuild_sparse_tensor/,
    ],
    ['an instance', [...PROTO, '(ios\nsystem\n', '.'], /the opcode INST, which tensors do not need/],
    ['an object', [...PROTO, 'ccollections\nOrderedDict\n', ')', 0x81, '.'], /the opcode NEWOBJ/],
    ['bytes', [...PROTO, 'C', 1, 'x', '.'], /the opcode SHORT_BINBYTES/],
    ['an unknown opcode', [...PROTO, 0xff], /the opcode 0xff/],
    ['a list instead of tensors', [...PROTO, ']', '.'], /holds no dictionary of tensors/],
    [
      'a number among tensors',
      [...PROTO, '}', ...text('a'), 'K', 1, 's', '.'],
      /holds "a", which is no tensor/,
    ],
    ['attributes of a number', [...PROTO, 'K', 1, '}', 'b', '.'], /sets attributes of something/],
    [
      'a call of a storage class',
      [...PROTO, 'ctorch\nFloatStorage\n', ')', 'R', '.'],
      /which is no function/,
    ],
    [
      'arguments of OrderedDict',
      [...PROTO, 'ccollections\nOrderedDict\n', 'K', 1, 0x85, 'R', '.'],
      /OrderedDict arguments/,
    ],
    ['a cut', [...PROTO, '}', 'X', 200, 0, 0, 0, 'a'], /is cut off/],
    ['an empty stack', [...PROTO, '.'], /takes more than it gave/],
    ['a missing mark', [...PROTO, '}', 'u', '.'], /without the mark/],
    ['an unknown memo', [...PROTO, 'h', 5, '.'], /recalls 5/],
  ])('refuses a pickle with %s, by name', async (_, pickle, message) => {
    await expect(openTorchFile(archive(pickle, FOUR), 'ae.pt')).rejects.toThrow(message);
  });

  test('refuses other files by what they are', async () => {
    await expect(openTorchFile(bytesOf([...PROTO, 0x8a, 0x0a, 'l\xfc\x9cF']), 'ae.pt')).rejects.toThrow(
      /not a zip archive as torch 1.6 and later write it; load it with the torch that wrote it/,
    );
    const two = join(writeZip(['a/data.pkl', 'b/data.pkl'].map((name) => ({ name, chunks: [] }))));
    await expect(openTorchFile(two, 'ae.pt')).rejects.toThrow(/2 entries data.pkl, not one/);
    const big = join(
      writeZip([
        { name: 'a/data.pkl', chunks: [bytesOf([...PROTO, '}', '.'])] },
        { name: 'a/byteorder', chunks: [Buffer.from('big')] },
      ]),
    );
    await expect(openTorchFile(big, 'ae.pt')).rejects.toThrow(/byte order "big", not little/);
  });
});

describe('unpickle', () => {
  test('reads any bytes to their end or refuses them', () => {
    const opcodes = fc.constantFrom(
      ...Buffer.from('()}]tusQRXKJMNbhqr.\x85\x86\x87\x88\x89\x8a\x8c\x93\x94c', 'latin1'),
    );
    const pickles = fc.array(fc.oneof(opcodes, opcodes, fc.integer({ min: 0, max: 255 })), {
      maxLength: 200,
    });
    fc.assert(
      fc.property(pickles, (bytes) => {
        try {
          unpickle(Uint8Array.from(bytes), 'ae.pt');
        } catch (error) {
          if (!isFacetError(error)) throw error;
        }
      }),
      { numRuns: 5000, seed: 2 },
    );
  });

  test('refuses a pickle beyond its bound', () => {
    expect(() => unpickle(new Uint8Array((1 << 20) + 1), 'ae.pt')).toThrow(
      /1048577 bytes, more than 1048576/,
    );
  });
});
