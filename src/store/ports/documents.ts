// What the service asks of a store about small documents that survive restarts.

export interface DocumentStore {
  /** A small JSON document kept across restarts (the last good catalog). */
  loadDocument(key: string): Promise<{ readonly json: string; readonly savedAt: number } | null>;
  saveDocument(key: string, json: string): Promise<void>;
}
