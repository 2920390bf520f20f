// Sets up what a benchmark needs, runs it, and takes it all down again, however it ended.

import { join } from 'node:path';
import { type Build, build } from './build.ts';
import type { Child } from './child.ts';
import { writeClip } from './clip.ts';
import { type BenchGateway, startGateway, startUpstream, type Upstream } from './gateway.ts';

export interface Stage {
  readonly built: Build;
  readonly clipFile: string;
  readonly upstream: Upstream;
  gateway(logLevel: string): Promise<BenchGateway>;
  /** Keeps a child until the curtain falls. */
  add<C extends Child>(child: Promise<C>): Promise<C>;
}

export const CLIP_BYTES = 20_000_000;

/** @param models of the recorded catalog and variants of it. */
export async function withStage(play: (stage: Stage) => Promise<void>, models = 30): Promise<void> {
  const built = await build();
  const children: Child[] = [];
  const add: Stage['add'] = async (starting) => {
    const child = await starting;
    children.push(child);
    return child;
  };
  try {
    const clipFile = join(built.scratch, 'clip.mp4');
    await writeClip(clipFile, CLIP_BYTES);
    const upstream = await add(startUpstream(built, clipFile, models));
    await play({
      built,
      clipFile,
      upstream,
      // `--cpu-prof --cpu-prof-dir=...` here profiles the gateway while it is measured.
      gateway: (logLevel) =>
        add(
          startGateway(built, {
            upstream,
            logLevel,
            nodeOptions: (process.env['BENCH_NODE_OPTIONS'] ?? '').split(' ').filter(Boolean),
          }),
        ),
      add,
    });
  } finally {
    for (const child of children.reverse()) await child.stop();
    await built.remove();
  }
}
