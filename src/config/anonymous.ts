// Who a job belongs to where nobody is asked for a key.

/** The client every request belongs to where CLIENT_AUTH=none. */
export const ANONYMOUS = 'anonymous';
