import { compareText } from './order.js';
import { TREATMENTS, type RatingUsage, type UsageLine } from './types.js';

export type LineTreatment = Pick<UsageLine, 'segment' | 'treatment' | 'reason' | 'planRule' | 'payer'>;

/** Gathers octets into lines: one for each treatment of each reason. Directions that are 0 both make none. */
export class UsageLines {
  /** By service version, which leaves few lines to compare. */
  private readonly groups = new Map<number | null, UsageLine[]>();

  put(row: RatingUsage, treatment: LineTreatment, octetsUp: bigint, octetsDown: bigint): void {
    if (octetsUp === 0n && octetsDown === 0n) return;
    let group = this.groups.get(row.serviceVersionId);
    if (group === undefined) {
      group = [];
      this.groups.set(row.serviceVersionId, group);
    }
    for (const line of group) {
      if (
        line.segment === treatment.segment &&
        line.treatment === treatment.treatment &&
        line.reason === treatment.reason &&
        line.planRule === treatment.planRule &&
        line.payer === treatment.payer &&
        line.serviceCode === row.serviceCode &&
        line.evidence === row.evidence &&
        line.rule === row.rule
      ) {
        line.octetsUp += octetsUp;
        line.octetsDown += octetsDown;
        if (row.firstHour < line.firstHour) line.firstHour = row.firstHour;
        if (row.lastHour > line.lastHour) line.lastHour = row.lastHour;
        return;
      }
    }
    group.push({
      segment: treatment.segment,
      treatment: treatment.treatment,
      reason: treatment.reason,
      planRule: treatment.planRule,
      payer: treatment.payer,
      serviceCode: row.serviceCode,
      serviceVersionId: row.serviceVersionId,
      evidence: row.evidence,
      rule: row.rule,
      octetsUp,
      octetsDown,
      firstHour: row.firstHour,
      lastHour: row.lastHour,
    });
  }

  /** In a total order: what the statement shows does not depend on the order in which usage came. */
  sorted(): UsageLine[] {
    return [...this.groups.values()]
      .flat()
      .sort(
        (a, b) =>
          a.segment - b.segment ||
          TREATMENTS.indexOf(a.treatment) - TREATMENTS.indexOf(b.treatment) ||
          compareText(a.serviceCode, b.serviceCode) ||
          (a.serviceVersionId ?? 0) - (b.serviceVersionId ?? 0) ||
          compareText(a.evidence, b.evidence) ||
          compareText(a.rule, b.rule) ||
          compareText(a.planRule, b.planRule) ||
          compareText(a.reason, b.reason),
      );
  }
}
