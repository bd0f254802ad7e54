/** What is asked, the field at fault, and words of the message: the value and what is possible. */
export type BadInput = [string, () => Promise<unknown>, string | undefined, ...string[]];

/** Expects `call` to be refused as `invalid` for `field`, with a reason and every one of `words` in the message. */
export async function expectRefusal(
  call: () => Promise<unknown>,
  field: string | undefined,
  words: readonly string[],
): Promise<void> {
  const error = await call().then(
    () => 'it was accepted',
    (thrown) => thrown,
  );
  expect(error).toMatchObject({ kind: 'invalid', field });
  for (const word of words) expect(error.message).toContain(word);
  expect(error.reason).toMatch(/^[A-Z_]+$/);
}

/** Reads a stream to its end. */
export async function drain(stream: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of stream);
}
