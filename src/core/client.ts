// The client that owns every request where no key is required.

/** The client every request belongs to where CLIENT_AUTH=none. */
export const ANONYMOUS = 'anonymous';
