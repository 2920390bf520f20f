// What an attempt that has ended was charged, as far as that is known.

import type { MicroUsd } from '../money.ts';
import { isNotPurchased, type Job } from './job.ts';

/** 0 where it was never sent or is proven not bought; null = unknown. */
export function billOf(end: Pick<Job, 'status' | 'submittedAt' | 'actualMicroUsd'>): MicroUsd | null {
  if (end.actualMicroUsd !== null) return end.actualMicroUsd;
  return isNotPurchased(end.status) || end.submittedAt === null ? 0 : null;
}
