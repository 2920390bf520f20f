// Every fault that can be injected: its name, its parameters, and when it applies.
import { z } from 'zod';

/** The moments at which a fault is drawn. `job` and `webhook` belong to a job; the others to one request. */
export type Stage = keyof FaultsByStage;

/** What any rule may say beside its fault. */
const ruleFields = {
  match: z
    .strictObject({
      model: z.string().optional(),
      prompt: z.string().optional().describe('a substring of the prompt'),
      job_id: z.string().optional(),
    })
    .optional(),
  count: z.int().min(1).optional().describe('how often it applies; default: always'),
  probability: z.number().min(0).max(1).default(1).describe('drawn from the seed'),
};

const on = z.enum(['submit', 'poll', 'content', 'catalog', 'modalities']).default('submit');
const when = z.enum(['before', 'after']).default('before').describe('a submit is accepted, and billed');

const fault = <Name extends string, Shape extends z.ZodRawShape>(name: Name, summary: string, shape: Shape) =>
  z.strictObject({ fault: z.literal(name), ...shape, ...ruleFields }).describe(summary);

const requestFaults = [
  fault('reset', 'the connection is reset (TCP RST)', { on, when }),
  fault('hang', 'the request is read and never answered', { on, when }),
  fault('error', 'an error answer in OpenRouter’s envelope', {
    on,
    when,
    status: z.int().min(400).max(599),
    message: z.string().optional(),
    retry_after_s: z.int().min(0).optional().describe('sends Retry-After'),
    limit_source: z
      .enum(['openrouter_credits', 'openrouter_key_limit', 'openrouter_in_flight_budget'])
      .default('openrouter_credits')
      .describe('for 402'),
    by: z.enum(['openrouter', 'provider']).default('openrouter').describe('who limits the rate, for 429'),
    envelope: z.enum(['error', 'zod']).default('error'),
  }),
  fault('cut', 'the connection ends after `at` bytes of the body', { on, at: z.int().min(0).default(20) }),
  fault('html', 'an HTML page where JSON or a film belongs', { on, when: when.default('after') }),
  fault('redirect', 'a redirect to another host', {
    on,
    when,
    to: z.string().default('https://elsewhere.example/'),
    status: z.union([z.literal(301), z.literal(302), z.literal(307), z.literal(308)]).default(302),
  }),
] as const;

const submitFaults = [
  fault('no_id', 'a 202 without an id', {}),
  fault('odd_answer', 'a whole 202 in an odd wrapping', {
    as: z.enum(['gzip', 'bom', 'list', 'large', 'then_reset']).default('gzip'),
  }),
] as const;

const jobFaults = [
  fault('fail', 'the job fails', { message: z.string().default('Provider returned error') }),
  fault('cancel', 'the job is cancelled', { message: z.string().default('Job was cancelled') }),
  fault('expire', 'the job expires after hours in the queue', {
    after_s: z.number().min(0).default(7260),
    message: z.string().default('Job exceeded maximum time to live'),
  }),
  fault('dead', 'the job ends in the undocumented status `dead`', {}),
  fault('stuck', 'the job stays pending for ever', {}),
  fault('latency', 'the job takes exactly this long', { seconds: z.number().min(0) }),
  fault('cost_null', 'completed, `usage.cost` is null', {}),
  fault('no_usage', 'completed, no `usage`', {}),
  fault('byok', 'completed on a key of one’s own: only a fee is billed', {
    fee_usd: z.number().min(0).default(0),
  }),
  fault('two_urls', 'completed with two videos', {}),
  fault('no_url', 'completed without a URL', {}),
  fault('foreign_url', 'completed, the URL is on another host', {
    url: z.string().default('https://cdn.elsewhere.example/video.mp4'),
  }),
] as const;

const pollFaults = [
  fault('poll_status', 'a poll shows this status instead of the true one', {
    status: z.string().default('rendering'),
  }),
  fault('spelling', 'the end of the job in another word', { status: z.string().default('COMPLETED') }),
  fault('error_shape', 'the reason of a failed job as an object, or empty', {
    as: z.enum(['object', 'nested', 'empty']).default('object'),
  }),
  fault('status_detail', 'a poll has a `status_detail`', {
    detail: z.string().default('queued_at_provider'),
  }),
  fault('signed_urls', 'a completed job lists signed URLs of a storage beside its own', {
    url: z.string().default('https://storage.elsewhere.example/video.mp4?signature=x'),
  }),
  fault('huge', 'a poll answers with this many bytes of JSON', { bytes: z.int().min(0).default(50_000_000) }),
] as const;

const contentFaults = [
  fault('slow', 'the film trickles', { bytes_per_second: z.int().min(1).default(1000) }),
  fault('stall', 'the film stops after `at` bytes, the connection stays', {
    at: z.int().min(0).default(1000),
  }),
  fault('wrong_type', 'the film under another content type', { type: z.string().default('text/plain') }),
  fault('wrong_body', 'something else in place of the film', {
    body: z.enum(['empty', 'json', 'xml', 'half']).default('json'),
    for_s: z.number().min(0).optional().describe('for so long after the job has ended; default: always'),
  }),
  fault('large', 'the film padded to this size; it still plays', {
    bytes: z.int().min(0).default(20_000_000),
  }),
] as const;

const catalogFaults = [
  fault('empty', 'a catalog without models', {}),
  fault('truncated', 'a catalog whose JSON ends in the middle', { at: z.int().min(0).default(500) }),
  fault('malformed_model', 'one model of the catalog makes no sense', {}),
  fault('drifted_field', 'one field of the catalog in another form; without `form`, left out', {
    field: z.string().min(1).max(64),
    form: z.unknown().optional(),
    model: z.string().optional().describe('Only for this model; default: all models.'),
  }),
  fault('remove_model', 'a model is no longer listed', { model: z.string().optional() }),
  fault('reprice', 'listed prices are multiplied; bills are not', {
    model: z.string().optional(),
    factor: z.number().positive().default(2),
  }),
  fault('many_models', 'the catalog repeated under new names', { models: z.int().min(1).default(10_000) }),
] as const;

const webhookFaults = [
  fault('webhook_lose', 'the webhook is never sent', {}),
  fault('webhook_duplicate', 'the webhook is sent more than once', {
    times: z.int().min(2).max(20).default(2),
  }),
  fault('webhook_delay', 'the webhook comes late', { seconds: z.number().min(0).default(60) }),
  fault('webhook_hold', 'the webhook comes after the next one of another job', {}),
  fault('webhook_bad_signature', 'the signature does not fit the body', {}),
  fault('webhook_stale', 'the signature is ten minutes old', {}),
] as const;

export const FaultRuleSchema = z.discriminatedUnion('fault', [
  fault('refuse', 'connections are refused for a while, those to /_sim/ included', {
    for_ms: z.int().min(1).max(600_000).default(2000),
  }),
  ...requestFaults,
  ...submitFaults,
  ...jobFaults,
  ...pollFaults,
  ...contentFaults,
  ...catalogFaults,
  ...webhookFaults,
]);

/** A fault as it is asked for: parameters that have a default may be left out. */
export type FaultRequest = z.input<typeof FaultRuleSchema>;
export type Fault = z.output<typeof FaultRuleSchema>;
type FaultName = Fault['fault'];
export type FaultNamed<Name extends FaultName> = Extract<Fault, { fault: Name }>;
type FaultIn<List extends readonly z.ZodType[]> = z.output<List[number]>;
/** The faults that can strike any request. */
export type RequestFault = FaultIn<typeof requestFaults>;
export type JobFault = FaultIn<typeof jobFaults>;
export type CatalogFault = FaultIn<typeof catalogFaults>;
export type WebhookFault = FaultIn<typeof webhookFaults>;

/** Which faults can be drawn at which stage. */
export type FaultsByStage = {
  connection: FaultNamed<'refuse'>;
  submit: RequestFault | FaultIn<typeof submitFaults>;
  job: JobFault;
  poll: RequestFault | FaultIn<typeof pollFaults>;
  content: RequestFault | FaultIn<typeof contentFaults>;
  catalog: RequestFault | CatalogFault;
  modalities: RequestFault;
  webhook: WebhookFault;
};

const namesOf = (list: readonly { shape: { fault: { value: string } } }[]): ReadonlySet<string> =>
  new Set(list.map((schema) => schema.shape.fault.value));
const requestFaultNames = namesOf(requestFaults);
const stages: readonly (readonly [Stage, ReadonlySet<string>])[] = [
  ['submit', namesOf(submitFaults)],
  ['job', namesOf(jobFaults)],
  ['poll', namesOf(pollFaults)],
  ['content', namesOf(contentFaults)],
  ['catalog', namesOf(catalogFaults)],
  ['webhook', namesOf(webhookFaults)],
];

export function isRequestFault(one: Fault): one is RequestFault {
  return requestFaultNames.has(one.fault);
}

/** When a fault strikes: for those of any request where the rule says, else where its name belongs. */
export function stageOf(one: Fault): Stage {
  if ('on' in one) return one.on;
  return stages.find(([, names]) => names.has(one.fault))?.[0] ?? 'connection';
}

/** True for a fault that spares the job: on a submit it strikes before anything is bought. */
export function strikesFirst(one: Fault): boolean {
  return 'when' in one && one.when === 'before';
}

/** Every fault with its summary, for a message that helps and for the documentation. */
export function listFaults(): { name: string; summary: string }[] {
  return FaultRuleSchema.options.map((schema) => ({
    name: schema.shape.fault.value,
    summary: schema.description ?? '',
  }));
}
