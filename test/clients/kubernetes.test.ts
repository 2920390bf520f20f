// deploy/kubernetes: every overlay renders, and every object is one that Kubernetes takes and says what it must.

import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';

interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels?: Record<string, string> };
  // biome-ignore lint/suspicious/noExplicitAny: manifests are read as they come; the schemas check them
  readonly [field: string]: any;
}

const OVERLAYS = 'deploy/kubernetes/overlays';
const overlays = readdirSync(OVERLAYS).sort();

const kubectl = spawnSync('kubectl', ['version', '--client'], { encoding: 'utf8' });
const missing = kubectl.status !== 0;
if (missing) process.stderr.write('test/clients/kubernetes: skipped, kubectl is not installed\n');

function render(overlay: string): Manifest[] {
  const rendered = spawnSync('kubectl', ['kustomize', `${OVERLAYS}/${overlay}`], { encoding: 'utf8' });
  expect(rendered.stderr).toBe('');
  return parseAllDocuments(rendered.stdout).map((document) => document.toJS() as Manifest);
}

/** @throws what the Kubernetes schema of its kind has against an object. */
async function validate(manifest: Manifest): Promise<void> {
  const path = manifest.apiVersion.replace(/^([a-z]+)\/v/, '$1/v');
  const module: Record<string, new (data: object) => { validate(): void }> = await import(
    /* @vite-ignore */ `kubernetes-models/${path}/${manifest.kind}`
  );
  const Model = module[manifest.kind];
  if (!Model) throw new Error(`no schema for ${manifest.apiVersion} ${manifest.kind}`);
  new Model(manifest).validate();
}

describe.skipIf(missing)('the overlay', () => {
  describe.each(overlays)('%s', (overlay) => {
    let manifests: Manifest[] = [];
    beforeAll(() => {
      manifests = render(overlay);
    });
    const one = (kind: string): Manifest => {
      const found = manifests.filter((manifest) => manifest.kind === kind);
      expect(found).toHaveLength(1);
      return found[0]!;
    };

    it('renders objects that Kubernetes takes', async () => {
      for (const manifest of manifests) {
        // A custom resource of the Prometheus operator: the cluster has its schema, Kubernetes itself has none.
        if (manifest.apiVersion.startsWith('monitoring.coreos.com/')) continue;
        await validate(manifest);
      }
    });

    it('holds no secret, and refers to one for each', () => {
      expect(manifests.filter(({ kind }) => kind === 'Secret')).toEqual([]);
      const { template } = one('Deployment')['spec'];
      for (const container of [...template.spec.containers, ...template.spec.initContainers]) {
        for (const variable of container.env) {
          expect(variable).toEqual({
            name: variable.name,
            valueFrom: { secretKeyRef: expect.objectContaining({ name: 'clipgate', key: variable.name }) },
          });
        }
      }
      expect(
        Object.keys(one('ConfigMap')['data']).filter((name) => /KEY|SECRET|PASSWORD/.test(name)),
      ).toEqual([]);
    });

    it('rolls the pods where a variable changes', () => {
      const { name } = one('ConfigMap').metadata;
      expect(name).toMatch(/^clipgate-[a-z0-9]{8,}$/);
      expect(one('Deployment')['spec'].template.spec.containers[0].envFrom).toEqual([
        { configMapRef: { name } },
      ]);
    });

    it('runs confined: not as root, on a read-only root, without capabilities or an API token', () => {
      const pod = one('Deployment')['spec'].template.spec;
      expect(pod).toMatchObject({
        automountServiceAccountToken: false,
        securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
      });
      for (const container of [...pod.containers, ...pod.initContainers]) {
        expect(container.securityContext).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
        expect(container.resources.limits.memory).toBeTruthy();
      }
    });

    it('migrates before a pod starts, and leaves it time to stop', () => {
      const pod = one('Deployment')['spec'].template.spec;
      expect(pod.initContainers).toMatchObject([
        { name: 'migrate', command: ['node', 'dist/main.js', 'migrate'] },
      ]);
      // The same database, or it would migrate another.
      const database = (container: Manifest) =>
        container['env'].filter(({ name }: { name: string }) => name === 'DATABASE_URL');
      expect(database(pod.initContainers[0])).toEqual(database(pod.containers[0]));
      expect(pod.initContainers[0].volumeMounts).toEqual(pod.containers[0].volumeMounts);
      const { DRAIN_DELAY_MS, SHUTDOWN_TIMEOUT_MS } = one('ConfigMap')['data'];
      const stopMs = Number(DRAIN_DELAY_MS) + Number(SHUTDOWN_TIMEOUT_MS);
      expect(pod.terminationGracePeriodSeconds * 1000).toBeGreaterThanOrEqual(stopMs + 5_000);
    });

    it('lets through what the gateway needs, and nothing inside the cluster but its database', () => {
      const policy = one('NetworkPolicy')['spec'];
      expect(policy.policyTypes).toEqual(['Ingress', 'Egress']);
      expect(policy.podSelector.matchLabels).toEqual(one('Deployment')['spec'].selector.matchLabels);
      const open = policy.egress.filter((rule: Manifest) => !rule['to']);
      const ports = open.flatMap((rule: Manifest) => rule['ports'].map(({ port }: { port: number }) => port));
      expect(ports).toEqual(overlay === 'sqlite' ? [53, 53] : [53, 53, 5432]);
    });

    it('is reached where its probes and services look for it', () => {
      const { ports } = one('Deployment')['spec'].template.spec.containers[0];
      const named = new Set(ports.map(({ name }: { name: string }) => name));
      for (const service of manifests.filter(({ kind }) => kind === 'Service')) {
        for (const port of service['spec'].ports) expect(named).toContain(port.targetPort);
      }
    });
  });

  it('sqlite has one replica that ends before the next begins', () => {
    const manifests = render('sqlite');
    const deployment = manifests.find(({ kind }) => kind === 'Deployment')!;
    expect(deployment['spec']).toMatchObject({ replicas: 1, strategy: { type: 'Recreate' } });
    expect(deployment['spec'].strategy.rollingUpdate).toBeUndefined();
    const claim = manifests.find(({ kind }) => kind === 'PersistentVolumeClaim')!;
    expect(claim['spec'].accessModes).toEqual(['ReadWriteOncePod']);
  });

  it.each(['postgres', 's3', 'metrics'])(
    '%s keeps a replica through a disruption and a rollout',
    (overlay) => {
      const manifests = render(overlay);
      const deployment = manifests.find(({ kind }) => kind === 'Deployment')!;
      expect(deployment['spec'].replicas).toBeGreaterThanOrEqual(2);
      expect(deployment['spec'].strategy.rollingUpdate).toEqual({ maxSurge: 1, maxUnavailable: 0 });
      const budget = manifests.find(({ kind }) => kind === 'PodDisruptionBudget')!;
      expect(budget['spec'].selector).toEqual(deployment['spec'].selector);
    },
  );

  it.each(['s3', 'metrics'])('%s needs no shared volume', (overlay) => {
    expect(render(overlay).filter(({ kind }) => kind === 'PersistentVolumeClaim')).toEqual([]);
  });

  it('metrics are scraped from a service that clients do not call', () => {
    const manifests = render('metrics');
    const monitor = manifests.find(({ kind }) => kind === 'ServiceMonitor')!;
    const scraped = manifests.filter(
      ({ kind, metadata }) =>
        kind === 'Service' &&
        Object.entries(monitor['spec'].selector.matchLabels).every(
          ([label, value]) => metadata.labels?.[label] === value,
        ),
    );
    expect(scraped.map(({ metadata }) => metadata.name)).toEqual(['clipgate-metrics']);
  });
});
