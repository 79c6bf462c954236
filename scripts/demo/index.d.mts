import type { FleetRealm, SimplePlan } from '../../src/simulate/index.js';

export interface Month {
  name: string;
  start: number;
}
export function monthOf(now: number): Month;

export const INTERFACE: string;
export function removeLeftovers(): Promise<void>;

export class Lab {
  constructor(pid?: number);
  readonly tx: string;
  readonly rx: string;
  readonly folder: string;
  /** Mount point of the lab's own BPF file system. */
  readonly bpffs: string;
  static pathOf(namespace: string): string;
  makeFolder(): void;
  makeNetwork(): Promise<void>;
  makePair(): Promise<void>;
  mountBpffs(): Promise<void>;
  remove(): Promise<void>;
}

export interface Conservation {
  seen: { packets: string; octets: string };
  accounts: { account: string; packets: string; octets: string }[];
  usageOctets: string;
  suspenseOctets: string;
  bothSubscribersOctets: string;
  difference: string;
}

export interface ReadStatement {
  simId: string;
  totalOctets: number;
  freeOctets: number;
  billedOctets: number;
  charge: number;
  freeByService: Record<string, number>;
  byEvidence: Record<string, number>;
}
export function readStatement(document: unknown): ReadStatement;

export interface Api {
  get(path: string): Promise<unknown>;
  post(path: string, body: unknown): Promise<unknown>;
  call(method: string, path: string, body?: unknown): Promise<unknown>;
  /** Also an answer that is no success, and no JSON. */
  send(method: string, path: string): Promise<{ status: number; text: string }>;
}

export class Customer {
  constructor(api: Api, month: Month);
  makeRealm(realm: FleetRealm): Promise<void>;
  makePlan(plan: SimplePlan): Promise<void>;
  makeSim(sim: { simId: string; imsi?: string; nameConsent: boolean }, planCode: string): Promise<void>;
  openSessions(realm: string, sims: { simId: string; prefixes: string[] }[]): Promise<void>;
  subscribeWebhook(url: string): Promise<string>;
  untilLive(): Promise<void>;
  conservation(): Promise<Conservation>;
  closeMonth(): Promise<unknown>;
  isClosed(): Promise<boolean>;
  statements(): Promise<unknown[]>;
}

export interface Receiver {
  events: { id: string; type: string; simId?: string; data: unknown }[];
  refused: number;
  secret: string;
}

export class Site {
  constructor(lab: Lab, engine: { kind: 'xdp' | 'user' }, settings?: Record<string, string>);
  readonly api: Api;
  readonly receiver: Receiver;
  readonly hookUrl: string;
  start(): Promise<void>;
  crash(): Promise<void>;
  /** Starts the service again, with capture files to read. */
  restartWithFiles(files: string[]): Promise<void>;
  stop(): Promise<void>;
}

export function until<T>(
  what: string | (() => string),
  probe: () => T | Promise<T>,
  pause?: number,
): Promise<T>;
