import type { Expectation, ExpectedEvidence } from './activities.js';

/** Packets and L3 octets. */
export interface Count {
  packets: number;
  octets: number;
}

/** What one SIM should be metered for one service on one kind of evidence. */
export interface PredictedUsage {
  simId: string;
  service: string | null;
  evidence: ExpectedEvidence;
  octetsUp: number;
  octetsDown: number;
  packetsUp: number;
  packetsDown: number;
}

/** Octets that no SIM is billed for have a name too: the engine's outcomes (src/capture, OUTCOMES). */
export type NamedAccount = 'not_subscriber' | 'not_ip';

/** Exactly what an engine should find: `sent` = all usage + all accounts. */
export interface Prediction {
  sent: Count;
  usage: PredictedUsage[];
  accounts: Record<NamedAccount, Count>;
}

/** Adds packets up to a {@link Prediction}. */
export class PredictionTally {
  private readonly usage = new Map<string, PredictedUsage>();
  private readonly accounts: Record<NamedAccount, Count> = {
    not_subscriber: { packets: 0, octets: 0 },
    not_ip: { packets: 0, octets: 0 },
  };
  private readonly sent: Count = { packets: 0, octets: 0 };

  count(simId: string, expectation: Expectation, up: boolean, octets: number): void {
    const key = JSON.stringify([simId, expectation.service, expectation.evidence]);
    let usage = this.usage.get(key);
    if (usage === undefined) {
      usage = { simId, ...expectation, octetsUp: 0, octetsDown: 0, packetsUp: 0, packetsDown: 0 };
      this.usage.set(key, usage);
    }
    if (up) {
      usage.octetsUp += octets;
      usage.packetsUp += 1;
    } else {
      usage.octetsDown += octets;
      usage.packetsDown += 1;
    }
    this.countSent(octets);
  }

  countAccount(account: NamedAccount, octets: number): void {
    this.accounts[account].packets += 1;
    this.accounts[account].octets += octets;
    this.countSent(octets);
  }

  /** What was counted so far, ordered by SIM, service and evidence. */
  prediction(): Prediction {
    const order = (usage: PredictedUsage) => `${usage.simId} ${usage.service ?? '~'} ${usage.evidence}`;
    const usage = [...this.usage.values()].map((entry) => ({ ...entry }));
    usage.sort((a, b) => (order(a) < order(b) ? -1 : 1));
    return {
      sent: { ...this.sent },
      usage,
      accounts: {
        not_subscriber: { ...this.accounts.not_subscriber },
        not_ip: { ...this.accounts.not_ip },
      },
    };
  }

  private countSent(octets: number): void {
    this.sent.packets += 1;
    this.sent.octets += octets;
  }
}
