// What the tests use of newman, which has no types of its own.

declare module 'newman' {
  interface Execution {
    readonly item: { readonly name: string };
    readonly response?: { readonly code: number };
  }
  interface Options {
    readonly collection: object;
    readonly envVar: readonly { readonly key: string; readonly value: string }[];
  }
  interface Summary {
    readonly run: { readonly executions: readonly Execution[] };
  }
  const newman: { run(options: Options, done: (error: Error | null, summary: Summary) => void): void };
  export = newman;
}
