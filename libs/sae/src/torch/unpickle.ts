import { quote } from '@facet/errors';
import { OPCODES } from './pickle-opcodes.ts';
import type { PickleValue } from './pickle-values.ts';
import {
  callGlobal,
  type Failure,
  failing,
  isAllowedGlobal,
  isGlobal,
  resolveStorage,
} from './torch-globals.ts';

/** A larger pickle is refused: that of an SAE has about 1 KiB. */
export const MAX_PICKLE_BYTES = 1 << 20;
/** Longest name or text in a pickle. */
const MAX_TEXT_BYTES = 4096;

/**
 * Reads a pickle of tensors as data. Only the opcodes and names that `torch.save(state_dict)` writes are known; nothing is looked
 * up, imported or called, and everything else is refused by name. Every opcode consumes input, so reading ends.
 */
export function unpickle(bytes: Uint8Array, source: string): PickleValue {
  const fail: Failure = failing(source);
  if (bytes.byteLength > MAX_PICKLE_BYTES) {
    fail(`has a pickle of ${bytes.byteLength} bytes, more than ${MAX_PICKLE_BYTES}`);
  }
  const machine = new Machine(bytes, fail);
  for (;;) {
    const code = machine.byte();
    const name = OPCODES[code] ?? `0x${code.toString(16)}`;
    if (name === 'STOP') return machine.pop();
    const step = Object.hasOwn(STEPS, name) ? STEPS[name] : undefined;
    if (!step) fail(`has a pickle with the opcode ${name}, which tensors do not need`);
    step(machine);
  }
}

/** Marks where a run of values on the stack begins. */
const MARK = Symbol('mark');

/** The state of reading: input, stack and memo. */
class Machine {
  private readonly view: DataView;
  private readonly bytes: Uint8Array;
  private readonly stack: (PickleValue | typeof MARK)[] = [];
  private readonly memo = new Map<number, PickleValue>();
  private at = 0;
  readonly fail: Failure;

  constructor(bytes: Uint8Array, fail: Failure) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.fail = fail;
  }

  byte(): number {
    return this.bytes[this.take(1)];
  }

  /** Reads a little-endian unsigned integer of 2, 4 or 8 bytes. */
  unsigned(size: 2 | 4 | 8): number {
    const at = this.take(size);
    if (size === 2) return this.view.getUint16(at, true);
    if (size === 4) return this.view.getUint32(at, true);
    return Number(this.view.getBigUint64(at, true));
  }

  int32(): number {
    return this.view.getInt32(this.take(4), true);
  }

  /** Reads a big-endian double. */
  double(): number {
    return this.view.getFloat64(this.take(8));
  }

  /** Reads a little-endian two's complement integer of at most 7 bytes. */
  long(size: number): number {
    if (size > 7) this.fail(`has a pickle with an integer of ${size} bytes`);
    const at = this.take(size);
    let value = 0;
    for (let i = size - 1; i >= 0; i--) value = value * 256 + this.bytes[at + i];
    const negative = size > 0 && this.bytes[at + size - 1] >= 128;
    return negative ? value - 256 ** size : value;
  }

  text(length: number): string {
    if (length > MAX_TEXT_BYTES) this.fail(`has a pickle with a text of ${length} bytes`);
    const at = this.take(length);
    return Buffer.from(this.bytes.subarray(at, at + length)).toString('utf8');
  }

  line(): string {
    const end = this.bytes.indexOf(10, this.at);
    if (end < 0) this.fail('has a pickle that ends within a name');
    const text = this.text(end - this.at);
    this.take(1);
    return text;
  }

  push(value: PickleValue): void {
    this.stack.push(value);
  }

  pop(): PickleValue {
    const value = this.stack.pop();
    if (value === undefined || value === MARK) return this.fail('has a pickle that takes more than it gave');
    return value;
  }

  top(): PickleValue {
    const value = this.pop();
    this.stack.push(value);
    return value;
  }

  mark(): void {
    this.stack.push(MARK);
  }

  /** Takes everything above the last mark, and the mark. */
  popMarked(): PickleValue[] {
    const at = this.stack.lastIndexOf(MARK);
    if (at < 0) this.fail('has a pickle without the mark that it asks for');
    const values = this.stack.splice(at).slice(1);
    return values as PickleValue[];
  }

  remember(index: number): void {
    this.memo.set(index, this.top());
  }

  memoize(): void {
    this.remember(this.memo.size);
  }

  recall(index: number): void {
    const value = this.memo.get(index);
    if (value === undefined) this.fail(`has a pickle that recalls ${index}, which it never remembered`);
    this.push(value);
  }

  private take(size: number): number {
    const at = this.at;
    if (at + size > this.bytes.byteLength) this.fail('has a pickle that is cut off');
    this.at = at + size;
    return at;
  }
}

const STEPS: Readonly<Record<string, (m: Machine) => void>> = {
  PROTO: (m) => {
    const version = m.byte();
    if (version > 5) m.fail(`has a pickle of protocol ${version}`);
  },
  FRAME: (m) => void m.unsigned(8),
  MARK: (m) => m.mark(),
  NONE: (m) => m.push(null),
  NEWTRUE: (m) => m.push(true),
  NEWFALSE: (m) => m.push(false),
  BININT: (m) => m.push(m.int32()),
  BININT1: (m) => m.push(m.byte()),
  BININT2: (m) => m.push(m.unsigned(2)),
  LONG1: (m) => m.push(m.long(m.byte())),
  BINFLOAT: (m) => m.push(m.double()),
  BINUNICODE: (m) => m.push(m.text(m.unsigned(4))),
  SHORT_BINUNICODE: (m) => m.push(m.text(m.byte())),
  EMPTY_TUPLE: (m) => m.push([]),
  TUPLE1: (m) => pushTuple(m, 1),
  TUPLE2: (m) => pushTuple(m, 2),
  TUPLE3: (m) => pushTuple(m, 3),
  TUPLE: (m) => m.push(m.popMarked()),
  EMPTY_LIST: (m) => m.push([]),
  EMPTY_DICT: (m) => m.push(new Map()),
  SETITEM: (m) => {
    const value = m.pop();
    setItems(m, [m.pop(), value]);
  },
  SETITEMS: (m) => setItems(m, m.popMarked()),
  GLOBAL: (m) => {
    const module = m.line();
    pushGlobal(m, module, m.line());
  },
  STACK_GLOBAL: (m: Machine) => {
    const [name, module] = [m.pop(), m.pop()];
    if (typeof name !== 'string' || typeof module !== 'string')
      m.fail('has a pickle with a name that is no text');
    pushGlobal(m, module, name);
  },
  REDUCE: (m: Machine) => {
    const [args, callee] = [m.pop(), m.pop()];
    if (!isGlobal(callee) || !Array.isArray(args)) m.fail('has a pickle that calls something without a name');
    m.push(callGlobal(callee.name, args, m.fail));
  },
  BINPERSID: (m) => m.push(resolveStorage(m.pop(), m.fail)),
  // A state_dict carries the versions of its modules as an attribute; they say nothing about its tensors.
  BUILD: (m) => {
    m.pop();
    if (!(m.top() instanceof Map))
      m.fail('has a pickle that sets attributes of something that is no dictionary');
  },
  BINPUT: (m) => m.remember(m.byte()),
  LONG_BINPUT: (m) => m.remember(m.unsigned(4)),
  MEMOIZE: (m) => m.memoize(),
  BINGET: (m) => m.recall(m.byte()),
  LONG_BINGET: (m) => m.recall(m.unsigned(4)),
};

function pushTuple(m: Machine, length: number): void {
  const items = Array.from({ length }, () => m.pop());
  m.push(items.reverse());
}

function setItems(m: Machine, items: PickleValue[]): void {
  const target = m.top();
  if (!(target instanceof Map)) m.fail('has a pickle that sets items of something that is no dictionary');
  if (items.length % 2 !== 0) m.fail('has a pickle with a key without a value');
  for (let i = 0; i < items.length; i += 2) target.set(items[i], items[i + 1]);
}

function pushGlobal(m: Machine, module: string, name: string): void {
  const full = `${module}.${name}`;
  if (!isAllowedGlobal(full)) {
    m.fail(`has a pickle that refers to ${quote(full)}, which is refused and was not run`);
  }
  m.push({ kind: 'global', name: full });
}
