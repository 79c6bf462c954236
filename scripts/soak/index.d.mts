import type { Customer, Lab } from '../demo/index.mjs';
import type { FleetRealm } from '../../src/simulate/index.js';

export const REALM: FleetRealm;
export const FLEET: { simId: string; nameConsent: boolean; prefixes: string[] }[];

/** Sums of what went out. */
export interface Sent {
  packets: number;
  octets: number;
}

export class Sender {
  constructor(lab: Lab, seed: number, rate: number);
  readonly sent: Sent;
  open(): Promise<void>;
  stop(): Promise<void>;
}

/** Every number that is not what was sent, in words. */
export function compare(sent: Sent, customer: Customer): Promise<{ faults: string[] }>;

/** Process ids of a private server below the lab's folder; throws if there is none. */
export function serversOf(lab: Lab, kind: 'postgres' | 'redis'): number[];
export function freeze(pids: readonly number[]): void;
export function thaw(pids: readonly number[]): void;

/** For every start of a service whose tables and rings are tiny. */
export const TINY_VARIABLES: Record<string, string>;
export function pinTinyTables(lab: Lab): Promise<void>;
/** A file system of its own for the service's spool: it can be full for real. */
export function mountSmallSpool(lab: Lab, mebibytes: number): Promise<string>;
