import type { RealmMirror } from '../capture/index.js';
import type { FieldError } from '../shared/index.js';

/** A realm as the API shows it. */
export interface RealmView {
  name: string;
  /** Number of the realm in flow records; assigned, 1..65535. */
  index: number;
  mirror: RealmMirror;
  subscriberPrefixes: string[];
  resolvers: string[];
  shareNames: boolean;
  retentionDays: number;
  /** Grows with each change (ETag). */
  revision: number;
  createdAt: string;
  updatedAt: string;
}

export type SimStatus = 'active' | 'suspended' | 'terminated';

/** A SIM as the API shows it. */
export interface SimView {
  id: string;
  imsis: string[];
  iccid: string | null;
  msisdn: string | null;
  name: string | null;
  nameConsent: boolean;
  status: SimStatus;
  tags: Record<string, string>;
  /** Grows with each change (ETag). */
  revision: number;
  createdAt: string;
  updatedAt: string;
}

/** A session as the API shows it. */
export interface SessionView {
  id: number;
  simId: string;
  realm: string;
  prefix: string;
  startTime: string;
  endTime: string | null;
  dnsServers: string[];
  /** Mobile country code of the visited network; null = unknown. */
  mcc: string | null;
  /** Grows with each change (ETag). */
  revision: number;
}

/** A session as a batch found it before it changed it. */
export type FoundSession = Omit<SessionView, 'realm' | 'prefix' | 'revision'>;

/** What became of one row of a bulk request that was not taken. */
export interface RowError {
  /** Position in the request, from 0. */
  index: number;
  code: 'invalid' | 'not_found' | 'conflict';
  /** Pointers are within the row. */
  errors: FieldError[];
}

/** Good rows are in, bad ones are named; running the same request again changes nothing. */
export interface BulkResult {
  created: number;
  updated: number;
  unchanged: number;
  errors: RowError[];
}
