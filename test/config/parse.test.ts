// Configuration: every variable described, every bad one named at once, and no secret in any message.

import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { ConfigError, describeVariables, parseConfig } from '../../src/config/parse.ts';
import { runProgram } from '../support/program.ts';

const HASH = 'a'.repeat(64);
const OPEN = { CLIENT_AUTH: 'none' };

function problemsOf(env: Record<string, string>): readonly string[] {
  try {
    parseConfig(env);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

describe('parseConfig', () => {
  it('has a default for all but the keys', () => {
    expect(parseConfig(OPEN)).toMatchObject({
      HOST: '127.0.0.1',
      PORT: 8080,
      OPENROUTER_BASE_URL: 'https://openrouter.ai/api/v1',
      DATABASE_URL: 'sqlite:./data/clipgate.db',
      LOG_LEVEL: 'info',
      SUBMIT_TIMEOUT_MS: 90_000,
    });
  });

  it('takes an empty variable for one that nobody set', () => {
    const config = parseConfig({ ...OPEN, PORT: '', CLIENT_KEYS: '', OPENROUTER_API_KEY: '' });
    expect(config.PORT).toBe(8080);
    expect(config.CLIENT_KEYS).toBeUndefined();
    expect(config.OPENROUTER_API_KEY).toBeUndefined();
  });

  it('reads client keys by their hash, two of one client while one replaces the other', () => {
    const { CLIENT_KEYS } = parseConfig({
      CLIENT_KEYS: `studio:${HASH}, studio:${'b'.repeat(64)},agency.eu:${'c'.repeat(64)}`,
    });
    expect([...(CLIENT_KEYS ?? [])]).toEqual([
      [HASH, 'studio'],
      ['b'.repeat(64), 'studio'],
      ['c'.repeat(64), 'agency.eu'],
    ]);
  });

  it('drops slashes at the end of the base URL', () => {
    const url = 'http://127.0.0.1:8099/api/v1//';
    expect(parseConfig({ ...OPEN, OPENROUTER_BASE_URL: url }).OPENROUTER_BASE_URL).toBe(
      'http://127.0.0.1:8099/api/v1',
    );
  });

  it.each([
    ['PORT', '65536'],
    ['PORT', ' '],
    ['PORT', '0x50'],
    ['PORT', '80.5'],
    ['PORT', '-1'],
    ['OPENROUTER_API_KEY', 'short'],
    ['OPENROUTER_API_KEY', 'sk-or-v1 with-a-space'],
    ['OPENROUTER_API_KEY', 'sk-or-v1-line\nbreak'],
    ['OPENROUTER_BASE_URL', 'openrouter.ai/api/v1'],
    ['OPENROUTER_BASE_URL', 'ftp://openrouter.ai'],
    ['OPENROUTER_BASE_URL', 'https://user:pass@openrouter.ai/api/v1'],
    ['OPENROUTER_BASE_URL', 'https://openrouter.ai/api/v1?key=1'],
    ['DATABASE_URL', './data/clipgate.db'],
    ['DATABASE_URL', 'sqlite:'],
    // Paid jobs would be gone with the process.
    ['DATABASE_URL', 'sqlite::memory:'],
    ['DATABASE_URL', 'sqlite://:memory:'],
    ['CLIENT_AUTH', 'nobody'],
    ['LOG_LEVEL', 'loud'],
    ['CATALOG_MAX_AGE_S', '0'],
    // Giving up before upstream does would orphan a paid job.
    ['SUBMIT_TIMEOUT_MS', '60000'],
    ['SHUTDOWN_TIMEOUT_MS', '90000'],
    ['POLL_MAX_MS', '500'],
  ])('refuses %s=%j by name', (name, value) => {
    expect(problemsOf({ ...OPEN, [name]: value })).toEqual([expect.stringMatching(`^${name} must `)]);
  });

  it.each([
    ['a key in place of its hash', `studio:ck-live-secret`],
    ['an upper-case hash', `studio:${HASH.toUpperCase()}`],
    ['no name', HASH],
    ['a key twice', `studio:${HASH},agency:${HASH}`],
  ])('refuses client keys with %s', (_, keys) => {
    const [problem, ...others] = problemsOf({ CLIENT_KEYS: keys });
    expect(problem).toMatch(/^CLIENT_KEYS entry \d /);
    expect(others).toEqual([]);
  });

  it('wants to be told that nobody needs a key', () => {
    expect(problemsOf({})).toEqual([expect.stringMatching(/^CLIENT_KEYS is required.*CLIENT_AUTH=none/)]);
    expect(problemsOf({ CLIENT_AUTH: 'keys', CLIENT_KEYS: '' })).toHaveLength(1);
    expect(problemsOf({ CLIENT_AUTH: 'none', CLIENT_KEYS: `studio:${HASH}` })).toHaveLength(1);
  });

  it('wants callback secrets of clients it has', () => {
    const secret = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;
    const keys = { CLIENT_KEYS: `studio:${HASH}` };
    expect(problemsOf({ ...keys, CALLBACK_SECRETS: `studio:${secret}` })).toEqual([]);
    expect(problemsOf({ ...OPEN, CALLBACK_SECRETS: `anonymous:${secret}` })).toEqual([]);
    for (const env of [keys, OPEN]) {
      expect(problemsOf({ ...env, CALLBACK_SECRETS: `agency:${secret}` })).toEqual([
        'CALLBACK_SECRETS names agency, which is not a client in CLIENT_KEYS',
      ]);
    }
  });

  it('names every bad variable at once, contradictions between good ones too', () => {
    const names = problemsOf({
      PORT: 'http',
      OPENROUTER_API_KEY: 'x',
      OPENROUTER_BASE_URL: 'nowhere',
      POLL_MIN_MS: '5000',
      POLL_MAX_MS: '1000',
    }).map((problem) => problem.split(' ')[0]);
    expect(names).toEqual([
      'PORT',
      'OPENROUTER_API_KEY',
      'OPENROUTER_BASE_URL',
      'CLIENT_KEYS',
      'POLL_MAX_MS',
    ]);
  });

  it('never repeats a value, good or bad', () => {
    const secrets = ['sk-or-v1-canary one', 'https://user:canary@host/', 'studio:canary-key', 'canary'];
    const [key = '', url = '', keys = '', level = ''] = secrets;
    const text = problemsOf({
      OPENROUTER_API_KEY: key,
      OPENROUTER_BASE_URL: url,
      CLIENT_KEYS: keys,
      LOG_LEVEL: level,
    }).join('\n');
    expect(text.split('\n')).toHaveLength(4);
    expect(text).not.toContain('canary');
  });

  it('keeps the key that pays out of everything that prints', () => {
    const config = parseConfig({ ...OPEN, OPENROUTER_API_KEY: 'sk-or-v1-canary' });
    const printed = [
      inspect(config, { depth: 9, showHidden: true }),
      JSON.stringify(config),
      `${config.OPENROUTER_API_KEY}`,
    ];
    for (const text of printed) expect(text).not.toContain('canary');
    expect(printed[1]).toContain('[secret]');
    expect(config.OPENROUTER_API_KEY?.reveal()).toBe('sk-or-v1-canary');
  });
});

describe('describeVariables', () => {
  it('says of each what it does, and the default it really has', () => {
    const docs = describeVariables();
    const config: Record<string, unknown> = parseConfig(OPEN);
    expect(docs.length).toBeGreaterThan(12);
    for (const { name, byDefault, description } of docs) {
      expect(description, name).toMatch(/^\S.{10,}\.$/s);
      if (name === 'CLIENT_AUTH') expect(byDefault).toBe('keys');
      else expect(byDefault, name).toBe(config[name] === undefined ? null : String(config[name]));
    }
  });
});

describe('the process', () => {
  it('names every bad variable and exits with 1', async () => {
    const gateway = runProgram('src/main.ts', {
      PORT: 'eighty',
      OPENROUTER_API_KEY: 'sk-or-v1-canary with a space',
      LOG_LEVEL: 'loud',
    });
    expect(await gateway.exit()).toBe(1);
    const output = gateway.output();
    expect(output.match(/^ {2}[A-Z_]+(?= )/gm)).toEqual([
      '  PORT',
      '  OPENROUTER_API_KEY',
      '  LOG_LEVEL',
      '  CLIENT_KEYS',
    ]);
    expect(output).not.toContain('canary');
    expect(output).not.toMatch(/^\s+at /m);
  });

  it('does not start with CLIENT_AUTH=keys and no key', async () => {
    const gateway = runProgram('src/main.ts', { CLIENT_AUTH: 'keys', PORT: '0' });
    expect(await gateway.exit()).toBe(1);
    expect(gateway.output()).toMatch(/^Clipgate cannot start:\n {2}CLIENT_KEYS is required/);
  });
});

it('reads operators and auditors, and refuses any other suffix without repeating the key', () => {
  const [alice, eve] = ['a'.repeat(64), 'b'.repeat(64)];
  const { OPERATOR_KEYS } = parseConfig({
    CLIENT_AUTH: 'none',
    OPERATOR_KEYS: `alice:${alice},eve:${eve}:read`,
  });
  expect([...(OPERATOR_KEYS ?? [])]).toEqual([
    [alice, { name: 'alice', readOnly: false }],
    [eve, { name: 'eve', readOnly: true }],
  ]);
  const wrong = () => parseConfig({ CLIENT_AUTH: 'none', OPERATOR_KEYS: `alice:${alice}:write` });
  expect(wrong).toThrow(/OPERATOR_KEYS entry 1 is not name:sha256/);
  expect(wrong).not.toThrow(alice);
});

describe('the outbound proxy', () => {
  const parse = (env: Record<string, string>) => parseConfig({ CLIENT_AUTH: 'none', ...env });

  it('is read in lower case too, and is secret as a whole', () => {
    const { HTTPS_PROXY, HTTP_PROXY, NO_PROXY } = parse({
      https_proxy: 'http://me:pass@proxy:3128',
      HTTP_PROXY: 'https://proxy:3129/',
      no_proxy: '.internal,10.0.0.0/8',
    });
    expect(HTTPS_PROXY?.reveal()).toBe('http://me:pass@proxy:3128');
    expect(String(HTTPS_PROXY)).toBe('[secret]');
    expect(HTTP_PROXY?.reveal()).toBe('https://proxy:3129/');
    expect(NO_PROXY).toBe('.internal,10.0.0.0/8');
  });

  it.each(['proxy:3128', 'socks5://proxy:1080', 'http://proxy/path', 'http://proxy?x', 'http://%zz@proxy'])(
    'is not %s',
    (url) => {
      expect(() => parse({ HTTPS_PROXY: url })).toThrow(
        /^Clipgate cannot start:\n {2}HTTPS_PROXY must be http/,
      );
    },
  );
});
