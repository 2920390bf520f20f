// Which connections go through the proxy, case by case as other programs read these variables.

import { expect, it } from 'vitest';
import { createSecret } from '../../../src/core/secret.ts';
import { createProxyRules } from '../../../src/outbound/proxy/proxy-rules.ts';

const isProxied = (url: string, except: string): boolean => {
  const proxy = createSecret('http://127.0.0.1:3128');
  const { protocol, hostname, port } = new URL(url);
  const to = { protocol, hostname: hostname.replace(/^\[|\]$/g, ''), port };
  return createProxyRules({ http: proxy, https: proxy, except })(to) !== null;
};

it.each([
  ['https://openrouter.ai', ''],
  ['https://openrouter.ai', 'router.ai'],
  ['https://openrouter.ai', 'openrouter.ai.example.com'],
  ['https://openrouter.ai', 'openrouter.ai:8443'],
  ['https://10.2.0.1', '10.1.0.0/16'],
  ['https://10.2.0.1', '10.2.0.10'],
  ['https://ten.example', '10.0.0.0/8'],
  ['https://[2001:db8::1]', '10.0.0.0/8'],
])('%s goes through the proxy with NO_PROXY=%s', (url, except) => {
  expect(isProxied(url, except)).toBe(true);
});

it.each([
  ['https://openrouter.ai', '*'],
  ['https://openrouter.ai', 'example.com, openrouter.ai'],
  ['https://openrouter.ai', 'example.com openrouter.ai'],
  ['https://OpenRouter.ai.', 'OPENROUTER.AI'],
  ['https://openrouter.ai', '.openrouter.ai'],
  ['https://eu.openrouter.ai', 'openrouter.ai'],
  ['https://eu.openrouter.ai', '*.openrouter.ai'],
  ['https://openrouter.ai', 'openrouter.ai:443'],
  ['http://openrouter.ai:8080', 'openrouter.ai:8080'],
  ['https://10.1.2.3', '10.1.0.0/16'],
  ['https://10.1.2.3:9000', '10.1.2.3:9000'],
  ['https://[2001:db8::1]', '2001:db8::/32'],
  ['https://[2001:db8::1]', '2001:db8:0::1'],
  ['https://[2001:db8::1]:9000', '[2001:db8::1]:9000'],
  ['http://localhost:8099', ''],
  ['http://simulator.localhost', ''],
  ['http://127.0.0.5', ''],
  ['http://[::1]:8099', ''],
  ['http://169.254.170.2', ''],
])('%s is connected to directly with NO_PROXY=%s', (url, except) => {
  expect(isProxied(url, except)).toBe(false);
});

it('each protocol has a proxy of its own, or none', () => {
  const rules = createProxyRules({
    http: undefined,
    https: createSecret('https://me:p%40ss@proxy.example:3129'),
    except: undefined,
  });
  expect(rules({ protocol: 'http:', hostname: 'openrouter.ai', port: '' })).toBeNull();
  const proxy = rules({ protocol: 'https:', hostname: 'openrouter.ai', port: '' });
  expect(proxy?.origin).toBe('https://proxy.example:3129');
  expect(proxy?.authorization?.reveal()).toBe(`Basic ${Buffer.from('me:p@ss').toString('base64')}`);
  expect(JSON.stringify(proxy)).not.toMatch(/p@ss|bWU6/);
});
