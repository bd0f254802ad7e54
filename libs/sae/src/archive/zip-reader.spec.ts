import { deflateRawSync } from 'node:zlib';
import { openZip } from './zip-reader.ts';
import { writeZip } from './zip-writer.ts';

const join = (chunks: Uint8Array[]) => Buffer.concat(chunks);
const entry = (name: string, text: string) => ({ name, chunks: [Buffer.from(text)] });
const zipOf = (...entries: { name: string; chunks: Uint8Array[] }[]) => join(writeZip(entries));

/** Changes bytes found by their signature: `at` bytes after the `nth` one. */
function patch(zip: Buffer, signature: number, change: (header: Buffer) => void, nth = 0): Buffer {
  const copy = Buffer.from(zip);
  const sign = Buffer.alloc(4);
  sign.writeUInt32LE(signature);
  let at = copy.indexOf(sign);
  for (let i = 0; i < nth; i++) at = copy.indexOf(sign, at + 4);
  change(copy.subarray(at));
  return copy;
}
const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;

/** Turns the only entry of a zip into a deflated one that says it has `bytes` bytes. */
function deflated(name: string, data: Buffer, bytes = data.length): Buffer {
  const zip = zipOf({ name, chunks: [deflateRawSync(data)] });
  const method = (at: number) => (header: Buffer) => {
    header.writeUInt16LE(8, at);
    header.writeUInt32LE(bytes, at + 14);
  };
  return patch(patch(zip, LOCAL, method(8)), CENTRAL, method(10));
}

describe('openZip', () => {
  test('gives back what writeZip wrote, aligned to 64 bytes', async () => {
    const zip = zipOf(
      { name: 'a/b', chunks: [Buffer.from('one'), Buffer.from('two')] },
      entry('c', ''),
      entry('d', 'x'),
    );
    const archive = await openZip(zip, 'z');
    expect(archive.names).toEqual(['a/b', 'c', 'd']);
    expect(Buffer.from(archive.read('a/b')).toString()).toBe('onetwo');
    expect(archive.read('c')).toHaveLength(0);
    expect((archive.read('d').byteOffset - zip.byteOffset) % 64).toBe(0);
    expect(() => archive.read('e')).toThrow(/z has no entry "e"/);
  });

  test.each(['../evil', '/etc/passwd', 'a/../../b', 'C:/x', 'a\\b'])('refuses the name %j', async (name) => {
    await expect(openZip(zipOf(entry(name, 'x')), 'z')).rejects.toThrow(/z is not a sound zip archive/);
  });

  test.each([
    [
      'a damaged entry',
      (zip: Buffer) => zip.fill(0x41, zip.indexOf('hello'), zip.indexOf('hello') + 1),
      /CRC-32 differs/,
    ],
    [
      'an entry beyond the end',
      (zip: Buffer) => patch(zip, CENTRAL, (h) => setSizes(h, 1 << 30)),
      /overflows file bounds/,
    ],
    [
      'two sizes of a stored entry',
      (zip: Buffer) => patch(zip, CENTRAL, (h) => h.writeUInt32LE(9, 24)),
      /sound|stores/,
    ],
    ['encryption', (zip: Buffer) => patch(zip, CENTRAL, encrypt), /encrypts its entry "a"/],
    [
      'a foreign compression',
      (zip: Buffer) => patch(zip, CENTRAL, (h) => h.writeUInt16LE(14, 10)),
      /by method 14/,
    ],
    [
      'two names',
      (zip: Buffer) => patch(zip, LOCAL, (h) => h.write('b', 30)),
      /names its entry "a" in two ways/,
    ],
    [
      'too many entries',
      (zip: Buffer) => patch(zip, END, (h) => h.writeUInt16LE(60_000, 10)),
      /60000 entries; the limit/,
    ],
    ['no directory', (zip: Buffer) => zip.subarray(0, zip.length - 30), /not a sound zip archive/],
  ])('refuses %s', async (_, change, message) => {
    const zip = change(zipOf(entry('a', 'hello')));
    const reading = openZip(zip, 'z').then((archive) => archive.read('a'));
    await expect(reading).rejects.toThrow(message);
  });

  test('refuses entries that overlap or share a name', async () => {
    const zip = zipOf(entry('a', 'hello'), entry('b', 'world'));
    const overlapping = patch(zip, CENTRAL, (h) => h.writeUInt32LE(0, 42), 1);
    await expect(openZip(overlapping, 'z')).rejects.toThrow(/in two ways|overlap/);
    await expect(openZip(zipOf(entry('a', 'hello'), entry('a', 'x')), 'z')).rejects.toThrow(
      /two entries of one name/,
    );
    const inside = patch(zip, CENTRAL, (h) => setSizes(h, 120));
    await expect(openZip(inside, 'z')).rejects.toThrow(/entries "a" and "b" overlap/);
  });

  test('refuses bombs before and while unpacking', async () => {
    const zeros = Buffer.alloc(1 << 20);
    const said = deflated('a', zeros, 1 << 30);
    await expect(openZip(said, 'z')).rejects.toThrow(
      /unpacks from \d+ to 1073741824 bytes, more than 32 times/,
    );
    const hidden = await openZip(deflated('a', zeros, 1000), 'z');
    expect(() => hidden.read('a')).toThrow(/z cannot unpack "a"/);
    const unlike = await openZip(deflated('a', zeros), 'z');
    expect(() => unlike.read('a')).toThrow(/CRC-32 differs/);
  });
});

function setSizes(header: Buffer, bytes: number): void {
  header.writeUInt32LE(bytes, 20);
  header.writeUInt32LE(bytes, 24);
}

/** Sets the flag of encryption, which puts 12 bytes before the data. */
function encrypt(header: Buffer): void {
  header.writeUInt16LE(1, 8);
  header.writeUInt32LE(header.readUInt32LE(24) + 12, 20);
}
