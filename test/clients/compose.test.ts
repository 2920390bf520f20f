// docker-compose.yml: what stands in .env takes effect, every container has a memory limit and a health check, images can be pinned, ports stay on loopback.

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

interface Service {
  readonly environment?: Readonly<Record<string, string | number>>;
  readonly env_file?: readonly { readonly path: string; readonly required: boolean }[];
  readonly ports?: readonly string[];
  readonly mem_limit?: string;
  readonly image?: string;
  readonly build?: { readonly args?: Readonly<Record<string, string>> };
  readonly healthcheck?: object;
}

const { services } = parse(readFileSync('docker-compose.yml', 'utf8'), { merge: true }) as {
  services: Readonly<Record<string, Service>>;
};

/** The service, by name. */
function serviceOf(name: string): Service {
  const service = services[name];
  if (!service) throw new Error(`docker-compose.yml has no service ${name}`);
  return service;
}

describe('docker-compose.yml', () => {
  it('leaves every variable of the gateway to .env and to the defaults of the image', () => {
    const { environment, env_file: envFile } = serviceOf('gateway');
    expect(envFile).toEqual([{ path: '.env', required: false }]);
    // PORT is the value of .env again, because the published port must be the same.
    expect(Object.keys(environment ?? {})).toEqual(['PORT']);
    expect(environment?.['PORT']).toMatch(/^\$\{PORT:-8080\}$/);
    const image = readFileSync('Dockerfile', 'utf8');
    for (const name of ['HOST=', 'PORT=', 'DATABASE_URL=', 'ARCHIVE_DIR='])
      expect(image).toContain(` ${name}`);
  });

  it('keeps the key that pays out of the sandbox', () => {
    expect(serviceOf('sandbox').env_file).toEqual([]);
    expect(serviceOf('sandbox').environment?.['OPENROUTER_BASE_URL']).toBe('http://simulator:8099/api/v1');
  });

  it('lets an operator pin every image by its digest', () => {
    const image = readFileSync('Dockerfile', 'utf8');
    const bases = [...image.matchAll(/^FROM (\S+)/gm)].map(([, base]) => base);
    expect(bases.length).toBeGreaterThan(0);
    for (const base of bases) expect(base).toMatch(/^\$\{NODE_IMAGE\}$/);
    const [, byDefault = ''] = /^ARG NODE_IMAGE=(\S+)$/m.exec(image) ?? [];
    for (const { build, image: name = '' } of Object.values(services)) {
      if (build) expect(build.args?.['NODE_IMAGE']).toBe(`\${NODE_IMAGE:-${byDefault}}`);
      else expect(name).toMatch(/^\$\{[A-Z]+_IMAGE:-[a-z]+:[\w.-]+\}$/);
    }
  });

  it('checks the health of every container: by its own check, or by that of the image', () => {
    expect(readFileSync('Dockerfile', 'utf8')).toMatch(/^HEALTHCHECK /m);
    for (const [name, { build, healthcheck }] of Object.entries(services))
      expect([name, build !== undefined || healthcheck !== undefined]).toEqual([name, true]);
    // The simulator answers on another port than the image's check asks.
    expect(serviceOf('simulator').healthcheck).toBeDefined();
  });

  it('limits the memory of every container and publishes ports on loopback only', () => {
    for (const { mem_limit: memory, ports = [] } of Object.values(services)) {
      expect(memory).toMatch(/^\d+[mg]$/);
      for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/);
    }
  });
});
