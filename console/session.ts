// Who is signed in, for every part of a page that asks.

import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Schemas } from './schemas.ts';

export type Who = NonNullable<Schemas['Session']['who']>;

export interface SignedIn {
  readonly who: Who;
  /** False where requests without a key are served: then signing out leads to the anonymous client. */
  readonly requiresKey: boolean;
  readonly version: string;
}

export const SessionContext = createContext<SignedIn | null>(null);

/** @throws Error outside of a page. */
export function useSession(): SignedIn {
  const session = useContext(SessionContext);
  if (!session) throw new Error('useSession is called outside of a signed-in page.');
  return session;
}

/** Operators see and change everything, auditors see it. */
export const seesAll = ({ kind }: Who): boolean => kind !== 'client';

/** Whether what changes something, or costs money, may be offered. */
export const mayWrite = ({ scopes }: Who): boolean => scopes.includes('write');
