// Why a request to a client's URL failed, as coarse as a caller may know it: no map of our network in error messages.

export type NetworkFailure =
  /** No such name, no address, or one that is not public: callers must not be able to distinguish these. */
  'no_public_address' | 'refused' | 'timeout' | 'certificate' | 'broken';

const NO_ADDRESS = /^(ERR_BLOCKED_ADDRESS|ENOTFOUND|ENODATA|EAI_.*)$/;
const REFUSED = /^(ECONNREFUSED|EHOSTUNREACH|ENETUNREACH)$/;
const TIMEOUT =
  /^(ETIMEDOUT|UND_ERR_(HEADERS|BODY|CONNECT)_TIMEOUT|TimeoutError|AbortError|UND_ERR_ABORTED)$/;
const CERTIFICATE = /^(ERR_TLS_.*|ERR_SSL_.*|CERT_.*|DEPTH_ZERO_.*|SELF_SIGNED_.*|UNABLE_TO_.*|EPROTO)$/;

/** Names what a request through the guarded agent failed of; never what the error itself says. */
export function nameFailure(thrown: unknown): NetworkFailure {
  const { code, name } = (thrown ?? {}) as { code?: unknown; name?: unknown };
  const label = typeof code === 'string' ? code : String(name);
  if (NO_ADDRESS.test(label)) return 'no_public_address';
  if (REFUSED.test(label)) return 'refused';
  if (TIMEOUT.test(label) || name === 'TimeoutError') return 'timeout';
  return CERTIFICATE.test(label) ? 'certificate' : 'broken';
}
