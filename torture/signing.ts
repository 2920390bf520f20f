// Signs webhooks as upstream does, and knows a good signature from one that is forged or stale.

import { createHmac } from 'node:crypto';
import type { Signing } from './front.ts';

const FRESH_S = 300;

export function createSigning(secret: string, clock: () => number): Signing {
  const digest = (seconds: string, body: Buffer): string =>
    createHmac('sha256', secret).update(`${seconds},`).update(body).digest('hex');
  return {
    isGood(signature, body) {
      const [, seconds = '', hex = ''] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(signature) ?? [];
      return Math.abs(clock() / 1000 - Number(seconds)) < FRESH_S && digest(seconds, body) === hex;
    },
    sign(body) {
      const seconds = String(Math.floor(clock() / 1000));
      return `t=${seconds},v1=${digest(seconds, body)}`;
    },
  };
}
