import { CapMeter } from './caps.js';
import { CapUses } from './cap-uses.js';
import type { CompiledCap, CompiledPlan, CompiledRule } from './compile.js';
import { compareOctets, compareText } from './order.js';
import type {
  CapUse,
  Notice,
  RatingInput,
  RatingSegment,
  RatingUsage,
  Treatment,
  TreatmentReason,
  UsageLine,
} from './types.js';
import { UsageLines } from './usage-lines.js';

/** Billed octets of a segment, of one UTC hour (UNIX milliseconds of its start). */
export interface BilledOctets {
  segment: number;
  hour: number;
  octets: bigint;
}

/** What allocation leaves for charging: each octet has one treatment, and each segment its billed octets. */
export interface Allocation {
  usage: UsageLine[];
  /** Billed octets of each segment. */
  billed: bigint[];
  /** The same octets in the order of their hours, where packs or a pool look at it; else a row for each segment. */
  billedRows: BilledOctets[];
  notices: Notice[];
  capUses: CapUse[];
}

/** Gives every octet its treatment. Throws a RangeError for usage that lies in no segment: the caller has split it. */
export function allocate(input: RatingInput): Allocation {
  return new Allocator(input).run();
}

class Allocator {
  private readonly lines = new UsageLines();
  private readonly caps: CapMeter;
  private readonly capUses = new CapUses();
  /** Octets of a plan that count towards its total cap. */
  private readonly totals = new Map<string, bigint>();
  private readonly notices: Notice[] = [];
  private readonly billed: bigint[];
  private readonly billedHours: BilledOctets[] | null;

  constructor(private readonly input: RatingInput) {
    this.caps = new CapMeter(input.segments);
    this.billed = input.segments.map(() => 0n);
    this.billedHours = drawsByHour(input) ? [] : null;
  }

  run(): Allocation {
    const { segments, usage, history = [] } = this.input;
    if (segments.some(({ plan }) => plan.lookbackMs > 0)) this.lookBack(history);
    const ordered = looksAtHours(this.input);
    for (const row of ordered ? [...usage].sort(byTime) : usage) {
      const index = segments.findIndex(({ from, to }) => row.firstHour >= from && row.lastHour < to);
      const segment = segments[index];
      if (segment === undefined) throw new RangeError('usage lies in no segment, or in two');
      this.treat(row, segment, index);
    }
    return {
      usage: this.lines.sorted(),
      billed: this.billed,
      billedRows: this.billedHours ?? this.billedWhole(),
      notices: this.notices,
      capUses: this.capUses.all(),
    };
  }

  /** Hours before the period count towards rolling caps, though they are on another statement; once, however many versions a plan has. */
  private lookBack(history: readonly RatingUsage[]): void {
    for (const row of [...history].sort(byTime)) {
      const counted = new Set<string>();
      for (const { plan, planCode } of this.input.segments) {
        for (const rule of plan.rulesFor(row.serviceCode)) {
          if (refusal(rule, row, plan) !== null) continue;
          const octets = eligibleUp(rule, row.octetsUp) + eligibleDown(rule, row.octetsDown);
          for (const cap of rollingCaps(rule)) {
            const name = JSON.stringify([planCode, cap.key]);
            if (!counted.has(name)) this.caps.useBefore(planCode, cap, row.firstHour, plan.clock, octets);
            counted.add(name);
          }
        }
      }
    }
    this.input.segments.forEach((segment, index) => {
      for (const rule of segment.plan.rules)
        for (const cap of rollingCaps(rule))
          this.capUses.hold(
            segment,
            index,
            cap,
            this.caps.used(segment.planCode, cap, this.input.period.from, segment.plan.clock),
          );
    });
  }

  private treat(row: RatingUsage, segment: RatingSegment, index: number): void {
    const { plan } = segment;
    let up = row.octetsUp;
    let down = row.octetsDown;
    let reason = initialReason(row);
    let planRule: string | null = null;
    const put = (
      treatment: Treatment,
      why: TreatmentReason,
      octetsUp: bigint,
      octetsDown: bigint,
      rule?: CompiledRule,
    ) =>
      this.lines.put(
        row,
        {
          segment: index,
          treatment,
          reason: why,
          planRule: rule?.rule.id ?? planRule,
          payer: rule?.rule.payer ?? null,
        },
        octetsUp,
        octetsDown,
      );

    for (const rule of plan.rulesFor(row.serviceCode)) {
      const refused = refusal(rule, row, plan);
      if (refused !== null) {
        if (planRule === null && reason !== 'name_not_verified') {
          reason = refused;
          planRule = rule.rule.id;
        }
        continue;
      }
      const partUp = eligibleUp(rule, up);
      const partDown = eligibleDown(rule, down);
      if (partUp === 0n && partDown === 0n) continue;
      const { allowed, limitedBy } = this.allowance(rule, row, segment, index, partUp + partDown);
      const [freeUp, freeDown] = share(partUp, partDown, allowed);
      put('free', 'free_rule', freeUp, freeDown, rule);
      up -= freeUp;
      down -= freeDown;
      this.countTotal(segment, freeUp + freeDown);
      if (limitedBy !== null) {
        reason = limitedBy;
        planRule = rule.rule.id;
      }
    }
    const { counted } = plan.terms;
    const billedUp = counted === 'down' ? 0n : up;
    const billedDown = counted === 'up' ? 0n : down;
    put('billed', reason, billedUp, billedDown);
    put('not_counted', 'direction', up - billedUp, down - billedDown);
    this.bill(index, row.firstHour, billedUp + billedDown);
    this.countTotal(segment, billedUp + billedDown);
    this.noticeTotal(segment, index, row.firstHour);
  }

  private bill(segment: number, hour: number, octets: bigint): void {
    this.billed[segment] = (this.billed[segment] ?? 0n) + octets;
    if (this.billedHours === null || octets === 0n) return;
    const last = this.billedHours.at(-1);
    if (last?.hour === hour) last.octets += octets;
    else this.billedHours.push({ segment, hour, octets });
  }

  private billedWhole(): BilledOctets[] {
    return this.input.segments.map(({ from }, segment) => ({
      segment,
      hour: from,
      octets: this.billed[segment] ?? 0n,
    }));
  }

  /** How much of `eligible` octets the rule's caps and the plan's total cap leave free. */
  private allowance(
    rule: CompiledRule,
    row: RatingUsage,
    segment: RatingSegment,
    index: number,
    eligible: bigint,
  ): { allowed: bigint; limitedBy: TreatmentReason | null } {
    const { clock, terms, totalCap } = segment.plan;
    let allowed = eligible;
    let limitedBy: TreatmentReason | null = null;
    for (const cap of rule.caps) {
      const left = this.caps.left(segment.planCode, cap, row.firstHour, clock);
      if (left < eligible) this.notice('cap_exceeded', index, cap.pointer, row.firstHour);
      if (cap.past === 'billed' && left < allowed) {
        allowed = left;
        limitedBy = 'cap_exceeded';
      }
      this.caps.use(segment.planCode, cap, row.firstHour, clock, eligible);
      const used = this.caps.used(segment.planCode, cap, row.firstHour, clock);
      this.capUses.note(segment, index, cap, used, cap.per === 'day' ? clock.at(row.firstHour).day : null);
    }
    if (totalCap !== null && terms.totalCap?.past === 'billed') {
      const used = this.totals.get(segment.planCode) ?? 0n;
      const left = used >= totalCap ? 0n : totalCap - used;
      if (left < allowed) {
        allowed = left;
        limitedBy = 'total_cap_exceeded';
      }
    }
    return { allowed, limitedBy };
  }

  private countTotal(segment: RatingSegment, octets: bigint): void {
    if (segment.plan.totalCap === null) return;
    this.totals.set(segment.planCode, (this.totals.get(segment.planCode) ?? 0n) + octets);
  }

  private noticeTotal(segment: RatingSegment, index: number, hour: number): void {
    const { totalCap } = segment.plan;
    if (totalCap === null) return;
    const used = this.totals.get(segment.planCode) ?? 0n;
    const cap = { key: '/totalCap', pointer: '/totalCap', limit: totalCap, per: 'period' } as const;
    this.capUses.note(segment, index, cap, used, null);
    if (used > totalCap) this.notice('total_cap_exceeded', index, cap.pointer, hour);
  }

  /** Once per cap and segment: the hour in which it was first exceeded. */
  private notice(kind: Notice['kind'], segment: number, rule: string, hour: number): void {
    if (!this.notices.some((known) => known.segment === segment && known.rule === rule))
      this.notices.push({ kind, segment, rule, hour });
  }
}

/** Packs and pools are used up in the order of time. */
function drawsByHour({ packs = [], segments }: RatingInput): boolean {
  return packs.length > 0 || segments.some(({ pool }) => pool !== undefined);
}

function looksAtHours(input: RatingInput): boolean {
  return drawsByHour(input) || input.segments.some(({ plan }) => plan.needsHours);
}

function rollingCaps({ caps }: CompiledRule): CompiledCap[] {
  return caps.filter(({ per }) => typeof per === 'object');
}

function initialReason(row: RatingUsage): TreatmentReason {
  if (row.evidence === 'sni_unverified') return 'name_not_verified';
  return row.serviceCode === null ? 'no_service' : 'no_rule';
}

function refusal({ rule }: CompiledRule, row: RatingUsage, plan: CompiledPlan): TreatmentReason | null {
  if (rule.homeMccs.length > 0 && row.mcc != null && !rule.homeMccs.includes(row.mcc)) return 'roaming';
  if (rule.windows.length === 0) return null;
  const { hour, weekday } = plan.clock.at(row.firstHour);
  const inside = rule.windows.some(({ fromHour, toHour, weekdays }) => {
    const overMidnight = toHour < fromHour;
    // The hours after midnight belong to the night that began the day before.
    const day = overMidnight && hour < toHour ? ((weekday + 5) % 7) + 1 : weekday;
    if (weekdays !== undefined && !weekdays.includes(day)) return false;
    return overMidnight ? hour >= fromHour || hour < toHour : hour >= fromHour && hour < toHour;
  });
  return inside ? null : 'outside_window';
}

function eligibleUp({ rule }: CompiledRule, octets: bigint): bigint {
  return rule.direction === 'down' ? 0n : octets;
}

function eligibleDown({ rule }: CompiledRule, octets: bigint): bigint {
  return rule.direction === 'up' ? 0n : octets;
}

/** Splits `allowed` octets over both directions, uplink first. */
function share(up: bigint, down: bigint, allowed: bigint): [bigint, bigint] {
  if (allowed === up + down) return [up, down];
  const fromUp = up < allowed ? up : allowed;
  return [fromUp, allowed - fromUp];
}

/** A total order of usage rows, so that the order in which they arrive cannot matter. */
function byTime(a: RatingUsage, b: RatingUsage): number {
  return (
    a.firstHour - b.firstHour ||
    compareText(a.serviceCode, b.serviceCode) ||
    (a.serviceVersionId ?? 0) - (b.serviceVersionId ?? 0) ||
    compareText(a.evidence, b.evidence) ||
    compareText(a.rule, b.rule) ||
    compareText(a.mcc ?? null, b.mcc ?? null) ||
    compareOctets(a.octetsUp, b.octetsUp) ||
    compareOctets(a.octetsDown, b.octetsDown)
  );
}
