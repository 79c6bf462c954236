import { csvRows } from './csv.js';
import { parseStatement } from './parsed-statement.js';

export const CSV_COLUMNS = [
  'statement',
  'status',
  'sim_id',
  'month',
  'section',
  'kind',
  'reason',
  'plan',
  'plan_version',
  'plan_rule',
  'service',
  'service_version_id',
  'evidence',
  'destination_rule',
  'octets_up',
  'octets_down',
  'octets',
  'units',
  'unit_price',
  'amount',
  'currency',
  'from',
  'to',
] as const;
type Row = Partial<Record<(typeof CSV_COLUMNS)[number], string | null | undefined>>;

const TREATED = [
  ['free', 'freeOctets'],
  ['billed', 'billedOctets'],
  ['not_counted', 'notCountedOctets'],
] as const;

/**
 * A statement's lines as rows: usage, charges, one total of both, octets by treatment, the billed octets whose name was not
 * borne out, corrections, what is due, and what of the period is not known (`kind` names it; the whole system; packets are
 * `units`).
 */
export function statementRows(document: string): string[][] {
  const statement = parseStatement(document);
  const common: Row = {
    statement: statement.number?.toString(),
    status: statement.status,
    sim_id: statement.simId,
    month: statement.period.month,
    currency: statement.currency.code,
  };
  const plan = (index: number | null): Row => {
    const segment = index === null ? undefined : statement.segments[index];
    return segment === undefined
      ? {}
      : {
          plan: segment.planCode,
          plan_version: String(segment.planVersion),
          from: segment.from,
          to: segment.to,
        };
  };
  const rows: Row[] = [
    ...statement.usage.map((line) => ({
      ...plan(line.segment),
      section: 'usage',
      kind: line.treatment,
      reason: line.reason,
      plan_rule: line.planRule,
      service: line.serviceCode,
      service_version_id: line.serviceVersionId?.toString(),
      evidence: line.evidence,
      destination_rule: line.rule,
      octets_up: line.octetsUp,
      octets_down: line.octetsDown,
      octets: line.octets,
      amount: line.amount,
      from: line.firstHour,
      to: line.lastHour,
    })),
    ...statement.charges.map((line) => ({
      ...plan(line.segment),
      section: 'charge',
      kind: line.kind,
      plan_rule: line.rule,
      octets: line.octets,
      units: line.units,
      unit_price: line.unitPrice,
      amount: line.amount,
    })),
    {
      section: 'total',
      octets_up: statement.totals.octetsUp,
      octets_down: statement.totals.octetsDown,
      octets: statement.totals.octets,
      amount: statement.totals.amount,
      from: statement.period.from,
      to: statement.period.to,
    },
    ...TREATED.map(([kind, total]) => ({
      section: 'total_by_treatment',
      kind,
      octets: statement.totals[total],
    })),
    {
      section: 'total_by_evidence',
      kind: 'sni_unverified',
      octets: statement.totals.nameNotVerifiedOctets,
    },
    ...statement.corrections.map((one) => ({
      section: 'correction',
      kind: one.amount.startsWith('-') ? 'credit' : 'debit',
      reason: `statement ${one.statement}`,
      amount: one.amount,
    })),
    ...(statement.amountDue === undefined ? [] : [{ section: 'due', amount: statement.amountDue }]),
    ...Object.entries(statement.completeness).map(([kind, count]) => ({
      section: 'completeness',
      kind,
      [kind.endsWith('Octets') ? 'octets' : 'units']: count,
    })),
  ];
  return rows.map((row) => CSV_COLUMNS.map((column) => ({ ...common, ...row })[column] ?? ''));
}

/** The CSV of one statement, with a header. Safe to open in a spreadsheet. */
export function statementCsv(document: string): string {
  return csvRows([CSV_COLUMNS, ...statementRows(document)]);
}
