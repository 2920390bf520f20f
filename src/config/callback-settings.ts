// Parses the settings of callbacks: the secrets that sign them, and the allowed targets.

import { z } from 'zod';
import { CALLBACK_SECRET_FORM, findCallbackSecretProblem } from '../core/callbacks/callback-secret.ts';
import type { CallbackAllow } from '../core/callbacks/callback-url.ts';
import { createSecret, type Secret } from '../core/secret.ts';

const SECRET_ENTRY = /^([A-Za-z0-9][\w.-]{0,63}):(.*)$/;

/** `client:whsec_base64,...` -> the secrets of each client; every callback is signed with all of its client's. */
export const callbackSecretsSchema = z.string().transform((value, context) => {
  const byClient = new Map<string, Secret[]>();
  for (const [index, entry] of value.split(',').entries()) {
    const [, client, secret = ''] = SECRET_ENTRY.exec(entry.trim()) ?? [];
    if (!client || findCallbackSecretProblem(secret) !== null) {
      // The message omits the entry: it contains a secret.
      const message = `entry ${index + 1} is not client:${CALLBACK_SECRET_FORM}`;
      context.addIssue({ code: 'custom', message });
    } else byClient.set(client, [...(byClient.get(client) ?? []), createSecret(secret)]);
  }
  return byClient as ReadonlyMap<string, readonly Secret[]>;
});

const HOST = /^\.?[a-z0-9_]([a-z0-9_-]{0,62})(\.[a-z0-9_-]{1,63})*$/;
const cidr = z.union([z.cidrv4(), z.cidrv6()]);
const LOCAL_NETWORKS = ['127.0.0.0/8', '::1/128'];

/** `hooks.example.com,.example.org,10.20.0.0/16,...`; an address names itself, and `localhost` what it leads to. */
export const callbackAllowSchema = z.string().transform((value, context): CallbackAllow => {
  const names: string[] = [];
  const networks: string[] = [];
  for (const [index, raw] of value.toLowerCase().split(',').entries()) {
    const entry = raw.trim();
    if (cidr.safeParse(entry).success) networks.push(entry);
    else if (z.ipv4().safeParse(entry).success) {
      names.push(entry);
      networks.push(`${entry}/32`);
    } else if (z.ipv6().safeParse(entry).success) {
      names.push(entry);
      networks.push(`${entry}/128`);
    } else if (HOST.test(entry) && !/^[\d.]+$/.test(entry)) {
      names.push(entry);
      if (entry === 'localhost') networks.push(...LOCAL_NETWORKS);
    } else {
      const message = `entry ${index + 1} is not a host, a suffix such as .example.com, or a network such as 10.0.0.0/8`;
      context.addIssue({ code: 'custom', message });
    }
  }
  return { names, networks };
});
