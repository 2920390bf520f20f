// One story told through every face: bought once, followed, played; refused without a purchase; replayed.

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readAs } from '../support/clips.ts';
import {
  CLIENT_KEY,
  OPERATOR_KEY,
  OTHER_CLIENT_KEY,
  startTestGateway,
  type TestGateway,
} from '../support/gateway.ts';

/** What the story asks for; each face spells it its own way. */
export interface FaceOrder {
  readonly model: string;
  readonly prompt: string;
  readonly durationS: number;
  /** An idempotency key, for faces that have one. */
  readonly key?: string;
}

export type Bought =
  | { readonly kind: 'bought'; readonly id: string }
  | { readonly kind: 'refused'; readonly status: number; readonly message: string };

/** A face as a client of its own sees it. */
export interface Face {
  readonly name: string;
  /** HTTP status of a model that does not exist, and of a budget without room. */
  readonly statuses: { readonly unknownModel: number; readonly budget: number; readonly unknownJob: number };
  /** False where the face has no way to send an idempotency key. */
  readonly hasKeys: boolean;
  /** @param clientKey the key to send, as this face sends it. */
  buy(gateway: TestGateway, order: FaceOrder, clientKey: string): Promise<Bought>;
  /** The status in the words of `FaceStatus`, or the HTTP status of a refusal. */
  poll(gateway: TestGateway, id: string, clientKey: string): Promise<FaceStatus | number>;
  /** The clip's bytes, or the HTTP status of a refusal. */
  download(gateway: TestGateway, id: string, clientKey: string): Promise<Uint8Array | number>;
}

export type FaceStatus = 'running' | 'completed' | 'failed';

const ORDER: FaceOrder = { model: 'google/veo-3.1-lite', prompt: 'a paper boat', durationS: 4 };

/** Registers the story of one face. @param others the faces through which its jobs are seen as well. */
export function describeFace(face: Face, others: readonly Face[]): void {
  describe(`a job through ${face.name}`, () => {
    let gateway: TestGateway;
    beforeEach(async () => {
      gateway = await startTestGateway({
        background: false,
        env: { SECRETS_KEY: 'canary-secrets-key-of-32-characters!' },
      });
    });
    afterEach(() => gateway.close());

    const buy = (change: Partial<FaceOrder> = {}) => face.buy(gateway, { ...ORDER, ...change }, CLIENT_KEY);
    const count = () => gateway.simulator.ledger().length;
    async function buyOne(change: Partial<FaceOrder> = {}): Promise<string> {
      const bought = await buy(change);
      if (bought.kind !== 'bought') throw new Error(`refused with ${bought.status}: ${bought.message}`);
      return bought.id;
    }

    const operate = (method: string, path: string, body: object) =>
      gateway.request(path, {
        method,
        headers: { authorization: `Bearer ${OPERATOR_KEY}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
    async function createKey(body: object): Promise<{ readonly id: string; readonly key: string }> {
      const made = await operate('POST', '/keys', { client: 'studio', ...body });
      const { data, key } = await readAs<{ data: { id: string }; key: string }>(made);
      return { id: data.id, key };
    }

    async function step(id: string): Promise<FaceStatus | number> {
      await gateway.tick();
      return face.poll(gateway, id, CLIENT_KEY);
    }

    it('is bought, followed and played, and seen through the API of the gateway', async () => {
      const id = await buyOne();
      await expect.poll(() => step(id)).toBe('completed');
      const clip = await face.download(gateway, id, CLIENT_KEY);
      expect(
        Buffer.from(clip as Uint8Array)
          .subarray(4, 8)
          .toString(),
      ).toBe('ftyp');
      const { data } = (await (await gateway.request('/jobs')).json()) as {
        data: { model: string; status: string }[];
      };
      expect(data).toMatchObject([{ model: ORDER.model, status: 'completed', client: 'studio' }]);
      expect(count()).toBe(1);
    });

    it('that fails says so, and has no clip', async () => {
      const id = await buyOne({ prompt: 'x [sim:fail]' });
      await expect.poll(() => step(id)).toBe('failed');
      expect(await face.download(gateway, id, CLIENT_KEY)).toBeTypeOf('number');
    });

    it('of a model that does not exist is refused', async () => {
      expect(await buy({ model: 'no/model' })).toMatchObject({ status: face.statuses.unknownModel });
      expect(count()).toBe(0);
    });

    it('that no budget has room for is refused', async () => {
      const made = await gateway.post(
        '/budgets',
        { scope: { kind: 'client', id: 'studio' }, limit_usd: 0.01, period: 'day' },
        { authorization: `Bearer ${OPERATOR_KEY}` },
      );
      expect(made.status).toBe(201);
      expect(await buy()).toMatchObject({ status: face.statuses.budget });
      expect(count()).toBe(0);
    });

    it('is another each time, though the bodies are the same', async () => {
      const ids = await Promise.all([buyOne(), buyOne()]);
      expect(new Set([...ids, await buyOne()]).size).toBe(3);
      expect(count()).toBe(3);
    });

    it.runIf(face.hasKeys)(
      'is the same for the same key and body, and refused for another body',
      async () => {
        const id = await buyOne({ key: 'k1' });
        expect(await buyOne({ key: 'k1' })).toBe(id);
        expect(await buy({ key: 'k1', durationS: 6 })).toMatchObject({ kind: 'refused' });
        expect(count()).toBe(1);
      },
    );

    it('is seen through every other face, and its clip is gone from all of them once it is erased', async () => {
      const id = await buyOne();
      await expect.poll(() => step(id)).toBe('completed');
      for (const other of others) {
        expect(await other.poll(gateway, id, CLIENT_KEY)).toBe('completed');
        expect(await other.download(gateway, id, CLIENT_KEY)).toBeInstanceOf(Uint8Array);
      }
      expect((await gateway.request(`/jobs/${id}`, { method: 'DELETE' })).status).toBe(204);
      for (const one of [face, ...others]) {
        expect(await one.download(gateway, id, CLIENT_KEY)).toBeTypeOf('number');
      }
    });

    it('counts against the limits of its key, and bears its name', async () => {
      const reader = await createKey({ scopes: ['read'] });
      expect(await face.buy(gateway, ORDER, reader.key)).toMatchObject({ kind: 'refused', status: 403 });
      const { id, key } = await createKey({ limits: { max_running_jobs: 1 } });
      expect(await face.buy(gateway, ORDER, key)).toMatchObject({ kind: 'bought' });
      expect(await face.buy(gateway, ORDER, key)).toMatchObject({ kind: 'refused', status: 429 });
      const { data } = await readAs<{ data: object[] }>(await gateway.request('/jobs'));
      expect(data).toMatchObject([{ key_id: id, client: 'studio' }]);
      expect(count()).toBe(1);
    });

    it('is seen by its owner alone', async () => {
      const id = await buyOne();
      expect(await face.poll(gateway, id, OTHER_CLIENT_KEY)).toBe(face.statuses.unknownJob);
      expect(await face.download(gateway, id, OTHER_CLIENT_KEY)).toBe(face.statuses.unknownJob);
      expect(await face.poll(gateway, 'job_01K5J0V6Y8ZJ3T9Q4C2N7M1XAB', CLIENT_KEY)).toBe(
        face.statuses.unknownJob,
      );
    });

    it('whose submit was cut off after upstream took it is bought once, and runs', async () => {
      const id = await buyOne({ prompt: 'x [sim:reset when=after]' });
      expect(await face.poll(gateway, id, CLIENT_KEY)).toBe('running');
      expect(count()).toBe(1);
    });
  });
}
