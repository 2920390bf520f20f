// What a model is called, such as google/veo-3.1: by callers, by upstream, in rows, in logs and in URLs.

/** Author and slug. Nothing in it needs escaping anywhere. */
export const MODEL_ID = /^[\w.-]{1,80}\/[\w.:-]{1,120}$/;
