// What every job store must do, whatever database is behind it: run on each of them.

import { afterEach, beforeEach, describe } from 'vitest';
import { describeAlarmCalls } from './contract/alarm-calls.ts';
import { describeAnswers } from './contract/answers.ts';
import { describeAttempts } from './contract/attempts.ts';
import { describeAudit } from './contract/audit.ts';
import { describeBacklog } from './contract/backlog.ts';
import { describeBodies } from './contract/bodies.ts';
import { describeBudgets } from './contract/budgets.ts';
import { describeCallbacks } from './contract/callbacks.ts';
import { describeCatalogHistory } from './contract/catalog.ts';
import { describeCreation } from './contract/creation.ts';
import { describeErasure } from './contract/erasure.ts';
import { describeInbox } from './contract/inbox.ts';
import { describeKeys } from './contract/keys.ts';
import { describeLeases } from './contract/leases.ts';
import { describeObservations } from './contract/observations.ts';
import { describePurge } from './contract/purge.ts';
import { describeQuotedClips } from './contract/quoted-clips.ts';
import { describeReads } from './contract/reads.ts';
import { describeResolution } from './contract/resolution.ts';
import { describeResubmissions } from './contract/resubmissions.ts';
import { describeRunningJobs } from './contract/running-jobs.ts';
import { describeSessions } from './contract/sessions.ts';
import { describeSpend } from './contract/spend.ts';
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
    describe('answering an order', () => describeAnswers(current));
    describe('a clip that was quoted', () => describeQuotedClips(current));
    describe('sending an intent again', () => describeResubmissions(current));
    describe('claiming what is due', () => describeLeases(current));
    describe('saving a step', () => describeSteps(current));
    describe('turning to another candidate', () => describeAttempts(current));
    describe('keeping early webhooks', () => describeInbox(current));
    describe('deciding an unknown', () => describeResolution(current));
    describe('observing', () => describeObservations(current));
    describe('removing what is dead', () => describePurge(current));
    describe('forgetting', () => describeErasure(current));
    describe('reading', () => describeReads(current));
    describe('the bodies of requests', () => describeBodies(current));
    describe('keys and clients', () => describeKeys(current));
    describe('sessions of the console', () => describeSessions(current));
    describe('jobs running at once', () => describeRunningJobs(current));
    describe('the audit log', () => describeAudit(current));
    describe('budgets', () => describeBudgets(current));
    describe('spend', () => describeSpend(current));
    describe('callbacks', () => describeCallbacks(current));
    describe('calls about alarms', () => describeAlarmCalls(current));
    describe('what waits', () => describeBacklog(current));
    describe('the history of the catalog', () => describeCatalogHistory(current));
  });
}
