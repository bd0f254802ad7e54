import { DataType, type Tensor } from '@facet/contracts';
import {
  answerTensors,
  flagTensor,
  floatTensor,
  idTensor,
  requestTensors,
  tensorMessage,
} from './tensor-messages.ts';

const matrix = floatTensor(Float32Array.of(1, 2, 3, 4, 5, 6), [2, 3]);

/** The tensor as it comes out of a message: its bytes begin at `offset` of a larger buffer. */
function received(tensor: Tensor, offset: number): Tensor {
  const message = Buffer.from(new ArrayBuffer(offset + tensor.data.byteLength));
  message.set(tensor.data, offset);
  return { ...tensor, data: message.subarray(offset) };
}

describe('writing', () => {
  test('shares the memory of a part of an array', () => {
    const values = Float32Array.of(0, 1, 2, 3);
    const tensor = floatTensor(values.subarray(1, 3), [2]);
    values[2] = 9;
    expect(requestTensors.floats(tensor, [2], 'x')).toEqual(Float32Array.of(1, 9));
  });

  test('states element type and shape', () => {
    expect(idTensor(Uint32Array.of(7, 8))).toMatchObject({ dtype: DataType.I32, shape: [2] });
    expect(flagTensor(Uint8Array.of(1))).toMatchObject({ dtype: DataType.U8, shape: [1] });
    const halves = tensorMessage(DataType.F16, [1, 2], Uint16Array.of(0x3c00, 0));
    expect(halves).toMatchObject({ dtype: DataType.F16, shape: [1, 2] });
    expect([...halves.data]).toEqual([0x00, 0x3c, 0, 0]);
  });
});

describe('reading', () => {
  test.each([0, 1, 2, 3, 4])('gives what was written, at byte %d of a message', (offset) => {
    expect(requestTensors.floats(received(matrix, offset), ['n', 3], 'x')).toEqual(
      Float32Array.of(1, 2, 3, 4, 5, 6),
    );
    const ids = received(idTensor(Int32Array.of(-1, 2 ** 31 - 1)), offset);
    expect(requestTensors.ids(ids, [2], 'x')).toEqual(Int32Array.of(-1, 2 ** 31 - 1));
    const flags = received(flagTensor(Uint8Array.of(1, 0, 1)), offset);
    expect(requestTensors.flags(flags, ['n'], 'x')).toEqual(Uint8Array.of(1, 0, 1));
  });

  test('reads tensors without elements', () => {
    expect(requestTensors.floats(floatTensor(new Float32Array(0), [0, 3]), ['n', 3], 'x')).toHaveLength(0);
  });

  test.each<[string, Tensor | undefined, string]>([
    ['no tensor', undefined, 'the tensor is missing'],
    [
      'another element type',
      { ...matrix, dtype: DataType.I32 },
      `the tensor is ${DataType.I32}; expected ${DataType.F32}`,
    ],
    ['another extent', { ...matrix, shape: [3, 2] }, 'the tensor has shape [3,2]; expected [n, 3]'],
    ['another rank', { ...matrix, shape: [6] }, 'the tensor has shape [6]; expected [n, 3]'],
    [
      'too few bytes',
      { ...matrix, data: matrix.data.subarray(4) },
      'the tensor has 20 bytes; its shape needs 24',
    ],
    ['too many bytes', { ...matrix, shape: [1, 3] }, 'the tensor has 24 bytes; its shape needs 12'],
  ])('refuses %s', (_, tensor, problem) => {
    const read = () => requestTensors.floats(tensor, ['n', 3], 'rows[1].values');
    expect(read).toThrow(`rows[1].values: ${problem}`);
    expect(read).toThrow(
      expect.objectContaining({ kind: 'invalid', field: 'rows[1].values', reason: 'INVALID_TENSOR' }),
    );
  });

  test('takes a broken answer for a defect, not for an input error', () => {
    const read = () => answerTensors.ids(matrix, ['n'], 'token_ids');
    expect(read).toThrow(/the answer is broken at token_ids/);
    expect(read).not.toThrow(expect.objectContaining({ kind: 'invalid' }));
  });

  test('checks tensors of other element types without reading them', () => {
    const halves = tensorMessage(DataType.F16, [1, 2], Uint16Array.of(0x3c00, 0));
    expect(answerTensors.check(halves, { dtype: DataType.F16, shape: ['n', 2] }, 'x')).toBe(halves);
    expect(() =>
      answerTensors.check({ ...halves, shape: [2, 2] }, { dtype: DataType.F16, shape: ['n', 2] }, 'x'),
    ).toThrow('its shape needs 8');
  });
});
