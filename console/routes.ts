// Every page of the console: its address, its name, who may see it, and where it stands in the bar.

import type { VNode } from 'preact';
import { matchPath } from './match-path.ts';
import { AccessPage } from './pages/access.ts';
import { AuditPage } from './pages/audit.ts';
import { ExplorePage } from './pages/explore.ts';
import { JobPage } from './pages/job.ts';
import { JobsPage } from './pages/jobs.ts';
import { ModelPage } from './pages/model.ts';
import { ModelsPage } from './pages/models.ts';
import { MoneyPage } from './pages/money.ts';
import { OverviewPage } from './pages/overview.ts';
import type { IconName } from './parts/icon.ts';
import { seesAll, type Who } from './session.ts';

export interface PageProps {
  /** What the pattern of the route found in the path. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
}

export interface Route {
  /** Behind `/console`; see `matchPath`. */
  readonly pattern: string;
  readonly title: string;
  readonly page: (props: PageProps) => VNode;
  /** Its place in the bar; `key` follows `g`. */
  readonly nav?: { readonly icon: IconName; readonly key: string };
  /** Whose page it is; without it everybody's. */
  readonly isFor?: (who: Who) => boolean;
}

/** In the order of the bar. */
export const ROUTES: readonly Route[] = [
  { pattern: '/', title: 'Overview', page: OverviewPage, nav: { icon: 'overview', key: 'o' } },
  { pattern: '/explore', title: 'Explore', page: ExplorePage, nav: { icon: 'route', key: 'e' } },
  { pattern: '/jobs', title: 'Jobs', page: JobsPage, nav: { icon: 'jobs', key: 'j' } },
  { pattern: '/jobs/:id', title: 'Job', page: JobPage },
  { pattern: '/money', title: 'Money', page: MoneyPage, nav: { icon: 'money', key: 'm' } },
  { pattern: '/models', title: 'Models', page: ModelsPage, nav: { icon: 'models', key: 'c' } },
  { pattern: '/models/:id*', title: 'Model', page: ModelPage },
  {
    pattern: '/access',
    title: 'Access',
    page: AccessPage,
    nav: { icon: 'access', key: 'a' },
    isFor: seesAll,
  },
  { pattern: '/audit', title: 'Audit', page: AuditPage, nav: { icon: 'audit', key: 'u' }, isFor: seesAll },
];

export const routesFor = (who: Who): readonly Route[] => ROUTES.filter(({ isFor }) => isFor?.(who) ?? true);

/** The first page of those that a reader has. */
export const firstPath = (who: Who): string => routesFor(who).find(({ nav }) => nav)?.pattern ?? '/';

export function findRoute(path: string, who: Who): { route: Route; params: PageProps['params'] } | null {
  for (const route of routesFor(who)) {
    const params = matchPath(route.pattern, path);
    if (params) return { route, params };
  }
  return null;
}
