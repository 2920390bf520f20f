// What every job store must do, whatever database is behind it: run on each of them.

import { afterEach, beforeEach, describe } from 'vitest';
import { describeCallbacks } from './contract/callbacks.ts';
import { describeCatalogHistory } from './contract/catalog.ts';
import { describeCreation } from './contract/creation.ts';
import { describeLeases } from './contract/leases.ts';
import { describeReads } from './contract/reads.ts';
import { describeSteps } from './contract/steps.ts';
import type { OpenStore, StoreUnderTest } from './contract/store-under-test.ts';

export function describeJobStore(name: string, open: OpenStore): void {
  describe(name, () => {
    let opened: StoreUnderTest;
    const current = (): StoreUnderTest => opened;

    beforeEach(async () => {
      opened = await open();
    });
    afterEach(() => opened.close());

    describe('creating a job', () => describeCreation(current));
    describe('claiming what is due', () => describeLeases(current));
    describe('saving a step', () => describeSteps(current));
    describe('reading', () => describeReads(current));
    describe('callbacks', () => describeCallbacks(current));
    describe('the history of the catalog', () => describeCatalogHistory(current));
  });
}
