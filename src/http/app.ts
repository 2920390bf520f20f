// The HTTP application: plugins, scopes and routes over parts it is given. Starts nothing, reads no environment.

import Fastify, { type FastifyBaseLogger, type FastifyRequest, LogController } from 'fastify';
import type { Logger } from 'pino';
import { ClipgateError } from '../core/errors.ts';
import type { AuditLog } from '../service/accounts/audit-log.ts';
import type { Budgets } from '../service/accounts/budgets.ts';
import type { ClientAdmin } from '../service/accounts/client-admin.ts';
import type { KeyAdmin } from '../service/accounts/key-admin.ts';
import type { Spend } from '../service/accounts/spend.ts';
import type { CatalogCache } from '../service/catalog/catalog-cache.ts';
import type { CatalogHistoryReader } from '../service/catalog/catalog-history.ts';
import type { ClipArchive } from '../service/clips/clip-archive.ts';
import type { ContentLinks } from '../service/clips/content-links.ts';
import type { ClipRefetch } from '../service/clips/refetch.ts';
import type { JobActs } from '../service/jobs/job-acts.ts';
import type { JobFeed } from '../service/jobs/job-feed.ts';
import type { Jobs } from '../service/jobs/jobs.ts';
import type { Reconciliation } from '../service/jobs/reconciliation.ts';
import type { SubmissionHolds } from '../service/jobs/submission-hold.ts';
import type { Orders } from '../service/orders/place-order.ts';
import type { QuotedClips } from '../service/orders/quoted-clips.ts';
import type { ResentOrders } from '../service/orders/resent-orders.ts';
import type { Replays } from '../service/planning/replay.ts';
import type { Overview } from '../service/runtime/overview.ts';
import type { Traces } from '../service/runtime/traces.ts';
import type { InboundWebhooks } from '../service/webhooks/inbound-webhooks.ts';
import { accountRoutes } from './admin/routes/account.ts';
import { auditRoutes } from './admin/routes/audit.ts';
import { budgetRoutes } from './admin/routes/budgets.ts';
import { clientRoutes } from './admin/routes/clients.ts';
import { keyRoutes } from './admin/routes/keys.ts';
import { catalogChangeRoutes } from './api/routes/catalog-changes.ts';
import { contentRoutes } from './api/routes/content.ts';
import { eventRoutes } from './api/routes/events.ts';
import { hookRoutes } from './api/routes/hooks.ts';
import { billRoutes, jobActRoutes } from './api/routes/job-acts.ts';
import { jobRoutes } from './api/routes/jobs.ts';
import { type MetricsRouteParts, metricsRoute } from './api/routes/metrics.ts';
import { modelRoutes } from './api/routes/models.ts';
import { type OperationRoutesParts, operationRoutes } from './api/routes/operations.ts';
import { overviewRoutes } from './api/routes/overview.ts';
import { reconciliationRoutes } from './api/routes/reconciliation.ts';
import { refetchRoutes } from './api/routes/refetch.ts';
import { resubmissionRoutes } from './api/routes/resubmission.ts';
import { routeRoutes } from './api/routes/route.ts';
import { replayRoutes } from './api/routes/route-replay.ts';
import { spendRoutes } from './api/routes/spend.ts';
import { submissionRoutes } from './api/routes/submissions.ts';
import { problems } from './api/schemas/problem.ts';
import { consolePages } from './console/pages.ts';
import { type SessionRoutesParts, sessionRoutes } from './console/session.ts';
import { admitBodies } from './input/body-admission.ts';
import { readJsonBodies } from './input/json-body.ts';
import { createJsonParser } from './input/large-json.ts';
import { createTurns } from './input/turns.ts';
import { validatorCompiler } from './input/validation.ts';
import { mcpShape } from './mcp/error-answer.ts';
import { MCP_PATH, mcpFace } from './mcp/mcp-face.ts';
import { openAiShape } from './openai/error-answer.ts';
import { OPENAI_DOCUMENT, openAiFace } from './openai/openai-face.ts';
import type { ModelAliases } from './openai/order-body.ts';
import { CLIPGATE_DOCUMENT, registerOpenApi, serveOpenApi, showOpenApi } from './openapi/openapi.ts';
import { openRouterShape } from './openrouter/error-answer.ts';
import { OPENROUTER_DOCUMENT, openRouterFace } from './openrouter/openrouter-face.ts';
import { createOpenStreams, MAX_STREAMS_PER_CLIENT } from './response/open-streams.ts';
import { boundAnswers } from './response/unread-answers.ts';
import { rootRoute } from './root.ts';
import { type AuthenticatorParts, createAuthenticator } from './server/auth.ts';
import { createScope, requireAuthority } from './server/authority.ts';
import { answerClientError } from './server/client-error.ts';
import type { App } from './server/context.ts';
import { allowOrigins } from './server/cors.ts';
import { shapeOf } from './server/error-shapes.ts';
import { createMemoryBudget } from './server/memory-budget.ts';
import { collectRoutes } from './server/method-not-allowed.ts';
import { PROBLEM_SHAPE } from './server/problem.ts';
import type { RateLimiter } from './server/rate-limit.ts';
import { createRequestIds } from './server/request-id.ts';
import { logRequest, logRequests, type RequestMetrics } from './server/request-log.ts';
import { traceRequests } from './server/request-trace.ts';
import { createStillAdmitted } from './server/still-admitted.ts';

export interface AppParts extends Omit<OperationRoutesParts, 'catalog' | 'isClosing'>, AuthenticatorParts {
  /** True once a shutdown has been asked for: not ready, but everything is served. */
  readonly isDraining: () => boolean;
  readonly log: Logger;
  readonly metrics: RequestMetrics & MetricsRouteParts['metrics'];
  /** Null = no traces. */
  readonly traces: Pick<Traces, 'startRequest'> | null;
  readonly metricsKey: string | null;
  /** Whether GET /metrics is a route here: not where it has a port of its own. */
  readonly servesMetrics: boolean;
  readonly version: string;
  /** Networks whose X-Forwarded-For is believed; null = none. */
  readonly trustProxy: readonly string[] | null;
  /** Origins whose pages may call the API; empty = of none but this gateway's. */
  readonly corsOrigins: ReadonlySet<string>;
  readonly catalog: Pick<CatalogCache, 'get' | 'getLists' | 'peek'>;
  readonly catalogMaxAgeS: number;
  readonly jobs: Jobs;
  readonly feed: Pick<JobFeed, 'follow'>;
  readonly archive: Pick<ClipArchive, 'open'>;
  readonly clips: ClipRefetch;
  readonly webhooks: Pick<InboundWebhooks, 'receive'>;
  readonly audit: AuditLog;
  readonly keyAdmin: KeyAdmin;
  readonly clientAdmin: ClientAdmin;
  readonly rateLimiter: RateLimiter;
  readonly reconciliation: Reconciliation;
  readonly holds: Pick<SubmissionHolds, 'pause' | 'resume'>;
  readonly history: CatalogHistoryReader;
  readonly overview: Overview;
  readonly orders: Orders;
  readonly quotedClips: QuotedClips;
  readonly replay: Replays;
  readonly resentOrders: ResentOrders;
  /** The longest wait that `Prefer: wait` gets, in seconds. */
  readonly maxWaitS: number;
  readonly budgets: Budgets;
  readonly spend: Spend;
  readonly acts: JobActs;
  readonly links: ContentLinks;
  readonly modelAliases: ModelAliases;
  readonly sessions: AuthenticatorParts['sessions'] & SessionRoutesParts['sessions'];
  /** The folder of the console's pages; they are built apart from the gateway. */
  readonly consoleFolder: string;
}

const BODY_LIMIT = 64 * 1024;
// Four bodies of 32 MB, two of one client: with what is made of each, the process stays below 900 MB.
// Answers on their way to readers who take their time, the same.
const ANSWER_MEMORY_BYTES = 256 * 1024 * 1024;
const BODY_MEMORY_BYTES = 128 * 1024 * 1024;
// A 32 MB body over a slow line, and no longer.
const REQUEST_TIMEOUT_MS = 120_000;
const HEADERS_TIMEOUT_MS = 20_000;
// Above the idle timeout of the usual load balancers (60 s), so that they close first and no request is lost.
const KEEP_ALIVE_MS = 72_000;

/** Builds the application; it listens when its caller says so, and is closed with `app.close()`. */
export async function createApp(parts: AppParts): Promise<App> {
  let closing = false;
  const requestIds = createRequestIds();
  const app: App = Fastify({
    loggerInstance: parts.log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: requestIds.of,
    bodyLimit: BODY_LIMIT,
    trustProxy: parts.trustProxy ? [...parts.trustProxy] : false,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    // Node's own refusal of a request without Host has no body: ours is in onRequest below.
    http: { headersTimeout: HEADERS_TIMEOUT_MS, requireHostHeader: false },
    routerOptions: { maxParamLength: 128 },
    // Our own answer below, in our own shape.
    return503OnClosing: false,
    clientErrorHandler: (error, socket) =>
      answerClientError(error, socket, requestIds.create(), parts.log, shapeFor),
    frameworkErrors: (error, request, reply) => {
      // No route, no hooks: what those would have done is done here.
      shapeFor(request.url).handle(error, request, reply);
      reply.raw.once('close', () => logRequest(parts.log, request, reply, parts.metrics));
    },
  });

  app.setValidatorCompiler(validatorCompiler);
  // Answers are built by render functions, field by field: checking them again would cost a fifth of the throughput.
  // The tests hold every answer against the document.
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));
  // Scopes have their own. What has no route belongs to none of them.
  app.setErrorHandler((thrown, request, reply) =>
    (request.is404 ? shapeFor(request.url) : PROBLEM_SHAPE).handle(thrown, request, reply),
  );
  const turns = createTurns();
  const parser = createJsonParser(turns);
  app.addHook('onClose', () => parser.close());
  app.decorateRequest('principal');
  app.decorateRequest('hasLink', false);
  app.decorateRequest('jobId', null);

  traceRequests(app, parts.traces);
  logRequests(app, parts.log, parts.metrics);
  allowOrigins(app, parts.corsOrigins);
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id);
    if (request.headers.host === undefined && request.raw.httpVersion === '1.1') {
      return done(new ClipgateError('invalid_request', 'The Host header is missing: HTTP/1.1 requires it.'));
    }
    // A connection that ends with its answer is none that a proxy could send its next request on while it is closed.
    if (closing || parts.isDraining()) reply.header('connection', 'close');
    if (!closing) return done(request.is404 ? notFound(request) : undefined);
    return done(request.routeOptions.config.isServedWhileClosing ? undefined : shuttingDown());
  });
  app.addHook('preClose', async () => {
    closing = true;
  });

  requireAuthority(app);
  const authenticate = createAuthenticator(parts);
  const scope = createScope(authenticate, parts.links, parts.rateLimiter, problems(401, 403, 429));
  admitBodies(app, createMemoryBudget(BODY_MEMORY_BYTES), turns);
  const answers = createMemoryBudget(ANSWER_MEMORY_BYTES);
  boundAnswers(app, answers);
  const streams = createOpenStreams(MAX_STREAMS_PER_CLIENT);

  await registerOpenApi(app, parts.version, CLIPGATE_DOCUMENT);
  await registerOpenApi(app, parts.version, OPENROUTER_DOCUMENT);
  await registerOpenApi(app, parts.version, OPENAI_DOCUMENT);
  await app.register(scope('public', showOpenApi(parts.publicUrl)));
  const guardMethods = collectRoutes(app);
  await app.register(
    scope('public', async (open) => {
      serveOpenApi(open, CLIPGATE_DOCUMENT, parts.publicUrl);
      await open.register(rootRoute(parts));
      await open.register(operationRoutes({ ...parts, isClosing: () => closing || parts.isDraining() }));
      await open.register(hookRoutes(parts));
    }),
  );
  await app.register(
    scope('public', async (open) => {
      readJsonBodies(open, { parser, turns });
      answerPrivately(open);
      await open.register(sessionRoutes({ ...parts, authenticate }));
    }),
  );
  await app.register(scope('public', consolePages(parts.consoleFolder)));
  if (parts.servesMetrics) await app.register(metricsRoute({ ...parts, authenticate }));
  await app.register(
    scope('client', async (api) => {
      readJsonBodies(api, { parser, turns });
      answerPrivately(api);
      await api.register(modelRoutes({ catalog: parts.catalog, maxAgeS: parts.catalogMaxAgeS }));
      await api.register(catalogChangeRoutes(parts));
      await api.register(overviewRoutes(parts));
      await api.register(routeRoutes(parts));
      await api.register(replayRoutes(parts));
      await api.register(jobRoutes({ ...parts, streams }));
      await api.register(resubmissionRoutes(parts));
      await api.register(spendRoutes(parts));
      await api.register(jobActRoutes(parts));
      await api.register(accountRoutes(parts));
      await api.register(
        eventRoutes({ ...parts, answers, streams, stillAdmitted: createStillAdmitted(parts) }),
      );
    }),
  );
  await app.register(
    scope('content', async (api) => {
      answerPrivately(api);
      await api.register(contentRoutes({ ...parts, answers }));
    }),
  );
  await app.register(
    scope('operator', async (api) => {
      readJsonBodies(api, { parser, turns });
      answerPrivately(api);
      await api.register(reconciliationRoutes(parts));
      await api.register(submissionRoutes(parts));
      await api.register(auditRoutes(parts));
      await api.register(keyRoutes(parts));
      await api.register(clientRoutes(parts));
      await api.register(refetchRoutes(parts));
      await api.register(billRoutes(parts));
      await api.register(budgetRoutes(parts));
    }),
  );
  await app.register(
    openRouterFace({
      ...parts,
      authenticate,
      answers,
      readBodies: (face) => readJsonBodies(face, { parser, turns }),
    }),
    { prefix: OPENROUTER_DOCUMENT.prefix },
  );
  await app.register(
    openAiFace({
      ...parts,
      authenticate,
      answers,
      turns,
      readBodies: (face) => readJsonBodies(face, { parser, turns }),
    }),
    { prefix: OPENAI_DOCUMENT.prefix },
  );
  await app.register(
    mcpFace({
      ...parts,
      authenticate,
      streams,
      readBodies: (face) => readJsonBodies(face, { parser, turns }),
    }),
  );
  guardMethods();
  // Node answers `Expect: anything` with a bare 417. RFC 9110 lets a server ignore what it does not know.
  app.server.on('checkExpectation', app.routing);
  // Its hooks answer: see onRequest, before any body is read. Without a handler of its own a 404 has no hooks.
  app.setNotFoundHandler((request) => {
    throw notFound(request);
  });
  return app;
}

const SHAPES = [
  openRouterShape(OPENROUTER_DOCUMENT.prefix),
  openAiShape(OPENAI_DOCUMENT.prefix),
  mcpShape(MCP_PATH),
];
const shapeFor = (url: string) => shapeOf(url, SHAPES, PROBLEM_SHAPE);

const notFound = ({ method, url }: FastifyRequest) =>
  new ClipgateError('not_found', shapeFor(url).notFound(method));

/** Answers are private and current for a moment only; routes that differ set their own `cache-control`. */
function answerPrivately(api: App): void {
  api.addHook('onRequest', (_request, reply, done) => {
    reply.header('cache-control', 'no-store');
    done();
  });
}

const shuttingDown = () =>
  new ClipgateError('shutting_down', 'This process is shutting down. Retry: another process takes over.', {
    retryAfterS: 1,
  });
