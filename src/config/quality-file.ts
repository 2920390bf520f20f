// Reads the operator's quality scores once at start; one invalid entry rejects the file.

import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { scaleMarks } from '../core/routing/score/quality.ts';
import { ConfigError } from './parse.ts';

const MarksSchema = z.record(
  z.string().regex(/^[^/\s]+\/[^/\s]+$/, 'is not a model id such as google/veo-3.1'),
  z.number().min(0, 'must not be below 0'),
);

/**
 * Marks by model id, from 0 to 1. A model that is not in today's catalog is no error: it may be in tomorrow's.
 * @throws ConfigError naming every entry that is wrong, or what keeps the file from being read.
 */
export async function readQualityFile(path: string): Promise<ReadonlyMap<string, number>> {
  const json = parseJson(await readText(path), path);
  const marks = MarksSchema.safeParse(json);
  if (!marks.success) {
    throw new ConfigError(
      marks.error.issues.map((issue) =>
        issue.code === 'invalid_key'
          ? `QUALITY_FILE: entry ${positionOf(json, issue.path[0])} ${issue.issues.map(({ message }) => message).join(', ')}`
          : `QUALITY_FILE: ${issue.path.length > 0 ? `"${issue.path.join('.')}": ` : ''}${issue.message}`,
      ),
    );
  }
  const given = new Map(Object.entries(marks.data));
  if (given.size > 0 && Math.max(...given.values()) === 0) {
    throw new ConfigError(['QUALITY_FILE: at least one mark must be above 0']);
  }
  return scaleMarks(given);
}

/** From 1. A key that is no model id is not quoted: the file may be another than was meant, with secrets in it. */
const positionOf = (json: unknown, key: PropertyKey | undefined): number =>
  Object.keys(Object(json)).indexOf(String(key)) + 1;

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new ConfigError([`QUALITY_FILE: cannot be read (${(error as Error).message})`]);
  }
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's message quotes the file.
    throw new ConfigError([`QUALITY_FILE: ${path} is not JSON`]);
  }
}
