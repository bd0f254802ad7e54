import { type Fixture, first, read, text, unique, until } from './transport-fixture.ts';

/** The contract of kept events and live messages. */
export function describeEvents(name: string, { openBus }: Fixture): void {
  describe(`${name}: publish and subscribe`, () => {
    test('delivers events that match, from the subscription on, to every subscriber', async () => {
      const [sender, receiver] = [await openBus(), await openBus()];
      const area = unique('set');
      await sender.publish(`facet.activation.${area}.ready`, text('before'), { id: unique('e') });
      const subscriptions = [
        receiver.subscribe(`facet.activation.${area}.*`),
        sender.subscribe('facet.activation.>'),
      ];
      await Promise.all(subscriptions.map(({ ready }) => ready));
      const received = subscriptions.map((subscription) => first(subscription, 2));
      await sender.publish(`facet.sae.${area}.published`, text('other area'), { id: unique('e') });
      const id = unique('e');
      await sender.publish(`facet.activation.${area}.ready`, text('one'), { id });
      await sender.publish(`facet.activation.${area}.ready`, text('two'), { id: unique('e') });
      for (const events of await Promise.all(received)) {
        expect(events.map(({ payload }) => read(payload))).toEqual(['one', 'two']);
        expect(events[0]).toMatchObject({ subject: `facet.activation.${area}.ready`, id });
      }
    });

    test('counts an id once', async () => {
      const bus = await openBus();
      const area = unique('dup');
      const subscription = bus.subscribe(`facet.sae.${area}`);
      await subscription.ready;
      const id = unique('e');
      for (let i = 0; i < 3; i++) await bus.publish(`facet.sae.${area}`, text('again'), { id });
      await bus.publish(`facet.sae.${area}`, text('last'), { id: unique('e') });
      const events = await first(subscription, 2);
      expect(events.map(({ payload }) => read(payload))).toEqual(['again', 'last']);
    });

    test('gives a durable subscriber what came while it was away, and an unacked event again', async () => {
      const bus = await openBus();
      const area = unique('durable');
      const durable = unique('index');
      const filter = `facet.training.${area}.>`;
      const publish = (value: string) =>
        bus.publish(`facet.training.${area}.ended`, text(value), { id: unique('e') });
      await publish('kept from before');
      for await (const event of bus.subscribe(filter, { durable })) {
        expect(read(event.payload)).toBe('kept from before');
        event.ack();
        break;
      }
      await publish('while away');
      for await (const event of bus.subscribe(filter, { durable })) {
        expect(read(event.payload)).toBe('while away');
        break; // without an ack
      }
      const [again] = await first(bus.subscribe(filter, { durable }), 1);
      expect(read(again!.payload)).toBe('while away');
      again!.ack();
    });

    test('shares the events of a durable name among its subscribers', async () => {
      const buses = [await openBus(), await openBus()];
      const area = unique('shared');
      const stop = new AbortController();
      const received: string[] = [];
      const durable = unique('workers');
      const readers = buses.map(async (bus) => {
        for await (const event of bus.subscribe(`facet.sae.${area}`, { durable, signal: stop.signal })) {
          received.push(read(event.payload));
          event.ack();
        }
      });
      const sent = Array.from({ length: 20 }, (_, i) => `n${i}`);
      for (const value of sent)
        await buses[0]!.publish(`facet.sae.${area}`, text(value), { id: unique('e') });
      await until(() => received.length >= sent.length);
      stop.abort();
      await Promise.all(readers);
      expect(received.toSorted()).toEqual(sent.toSorted());
    });

    test('ends a subscription with its signal, and with the bus', async () => {
      const bus = await openBus();
      const stop = new AbortController();
      const reading = first(bus.subscribe('facet.sae.never', { signal: stop.signal }), 1);
      const durable = first(bus.subscribe('facet.sae.never', { durable: unique('d') }), 1);
      stop.abort();
      expect(await reading).toEqual([]);
      await bus.close();
      expect(await durable).toEqual([]);
    });

    test.each([
      'facet.sae',
      'sae.x',
      'facet.jobs.x',
      'facet.live.x',
      'facet.sae.*',
      'facet.sae.a b',
      'facet.sae..x',
      'facet.sae.>',
      '',
    ])('refuses the subject %j', async (subject) => {
      const bus = await openBus();
      const refusal = { kind: 'invalid', reason: 'SUBJECT_INVALID' };
      await expect(bus.publish(subject, text(''), { id: 'x' })).rejects.toMatchObject(refusal);
      expect(() => bus.broadcast(subject, text(''))).toThrow(expect.objectContaining(refusal));
    });

    test('refuses filters, ids and payloads that a server would not take', async () => {
      const bus = await openBus();
      expect(() => bus.subscribe('facet.>')).toThrow('facet.<area>');
      expect(() => bus.listen('facet.sae.>.x')).toThrow('facet.<area>');
      expect(() => bus.subscribe('facet.sae.x', { durable: 'a.b' })).toThrow('subscription name');
      await expect(bus.publish('facet.sae.x', text(''), { id: 'a b' })).rejects.toMatchObject({
        reason: 'ID_INVALID',
      });
      const large = new Uint8Array(1_000_001);
      const refusal = {
        kind: 'invalid',
        reason: 'PAYLOAD_TOO_LARGE',
        message: expect.stringContaining('1000001 bytes'),
      };
      await expect(bus.publish('facet.sae.x', large, { id: 'x' })).rejects.toMatchObject(refusal);
      await expect(bus.enqueue('train', { id: 'x', payload: large })).rejects.toMatchObject(refusal);
      await expect(
        bus.publish('facet.sae.x', large.subarray(1), { id: unique('e') }),
      ).resolves.toBeUndefined();
    });
  });

  describe(`${name}: broadcast and listen`, () => {
    test('reaches those who listen now and nobody later', async () => {
      const [sender, receiver] = [await openBus(), await openBus()];
      const subject = `facet.training.${unique('run')}.progress`;
      sender.broadcast(subject, text('too early'));
      await sender.health();
      const listening = receiver.listen('facet.training.*.progress');
      await listening.ready;
      const received = first(listening, 2);
      sender.broadcast(subject, text('1'));
      sender.broadcast(subject, text('2'));
      const messages = await received;
      expect(messages.map(({ payload }) => read(payload))).toEqual(['1', '2']);
      expect(messages[0]?.subject).toBe(subject);
    });

    test('is not kept for durable subscribers', async () => {
      const bus = await openBus();
      const subject = `facet.training.${unique('live')}`;
      const subscription = bus.subscribe(subject, { durable: unique('d') });
      bus.broadcast(subject, text('live'));
      await bus.publish(subject, text('kept'), { id: unique('e') });
      expect((await first(subscription, 1)).map(({ payload }) => read(payload))).toEqual(['kept']);
    });
  });
}
