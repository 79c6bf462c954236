import { canonicalJson, type JsonValue } from '../rating/index.js';
import type { ParsedStatement, ParsedUsageLine } from './parsed-statement.js';

/** How a billing system knows a service (3GPP TS 32.255). Octets of no service have no service identifier. */
export interface ChargingIdentity {
  ratingGroup: number;
  serviceIdentifier?: number;
}

/** Finds the identity of a service, or of octets of none (null). */
export type IdentityOf = (serviceCode: string | null) => ChargingIdentity;

/** `recordType` of a CHF record, and `causeForRecClosing` of one that ends with its period (TS 32.298: timeLimit). */
const CHARGING_FUNCTION_RECORD = 200;
const TIME_LIMIT = 17;
const HOUR_MS = 3_600_000;

/** What a record is made of. */
export interface CdrSource {
  /** As it is, or as a correction left it. */
  statement: ParsedStatement;
  /** Of a record that takes the place of the one that the statement had: which correction, and on what it is settled. */
  correction?: {
    id: string;
    position: number;
    /** Number of the statement that settles it. */
    settledOn: number;
  };
}

interface Container {
  serviceIdentifier?: number;
  up: bigint;
  down: bigint;
  first: string;
  /** End of the last UTC hour with usage. */
  last: string;
  chargingRuleBaseName: string;
  sponsorIdentity?: string;
  treatment: string;
}

interface Units {
  ratingGroup: number;
  containers: Container[];
}

/** Lines of one rating group, service identifier, plan rule, payer and treatment are one container. */
function unitsOf(statement: ParsedStatement, identityOf: IdentityOf): Units[] {
  const units = new Map<number, Map<string, Container>>();
  for (const line of statement.usage) {
    const { ratingGroup, serviceIdentifier } = identityOf(line.serviceCode ?? null);
    const one: Container = {
      ...(serviceIdentifier !== undefined && { serviceIdentifier }),
      up: BigInt(line.octetsUp),
      down: BigInt(line.octetsDown),
      first: line.firstHour,
      last: new Date(Date.parse(line.lastHour) + HOUR_MS).toISOString(),
      chargingRuleBaseName: ruleBaseOf(statement, line),
      ...(line.payer?.sponsorId !== undefined && { sponsorIdentity: line.payer.sponsorId }),
      treatment: line.treatment,
    };
    const containers = units.get(ratingGroup) ?? new Map<string, Container>();
    units.set(ratingGroup, containers);
    const key = JSON.stringify([
      serviceIdentifier,
      one.chargingRuleBaseName,
      one.sponsorIdentity,
      one.treatment,
    ]);
    const known = containers.get(key);
    containers.set(key, known === undefined ? one : sumOf(known, one));
  }
  return [...units]
    .sort(([a], [b]) => a - b)
    .map(([ratingGroup, containers]) => ({ ratingGroup, containers: [...containers.values()] }));
}

/** The plan version, and its free rule where one decided: `light-3gb/2/line`. */
function ruleBaseOf({ segments }: ParsedStatement, { segment, planRule }: ParsedUsageLine): string {
  const plan = segments[segment];
  return [plan?.planCode ?? '', plan?.planVersion ?? '', ...(planRule == null ? [] : [planRule])].join('/');
}

function sumOf(a: Container, b: Container): Container {
  return {
    ...a,
    up: a.up + b.up,
    down: a.down + b.down,
    first: a.first < b.first ? a.first : b.first,
    last: a.last > b.last ? a.last : b.last,
  };
}

/** Seconds of the period. */
function durationOf({ period }: ParsedStatement): number {
  return (Date.parse(period.to) - Date.parse(period.from)) / 1000;
}

/**
 * The CDR of a final statement: one charging function record with the field names of 3GPP TS 32.298, as one line of
 * canonical JSON. Octets are strings of digits, times are UTC in ISO 8601 and exact to the hour. `treatment` in a
 * container is ours: free, billed or not_counted; and so is `correction`, on a record that replaces an earlier one.
 */
export function cdrJson({ statement, correction }: CdrSource, identityOf: IdentityOf): string {
  let sequence = 0;
  const usage: JsonValue = unitsOf(statement, identityOf).map(({ ratingGroup, containers }) => ({
    ratingGroup,
    usedUnitContainers: containers.map((one) => ({
      localSequenceNumber: (sequence += 1),
      serviceIdentifier: one.serviceIdentifier,
      dataTotalVolume: one.up + one.down,
      dataVolumeUplink: one.up,
      dataVolumeDownlink: one.down,
      pDUContainerInformation: {
        chargingRuleBaseName: one.chargingRuleBaseName,
        timeOfFirstUsage: one.first,
        timeOfLastUsage: one.last,
        sponsorIdentity: one.sponsorIdentity,
      },
      treatment: one.treatment,
    })),
  }));
  return canonicalJson({
    recordType: CHARGING_FUNCTION_RECORD,
    recordingNetworkFunctionID: 'countfree',
    subscriberIdentifier: { subscriptionIDType: 'eND-USER-PRIVATE', subscriptionIDData: statement.simId },
    recordOpeningTime: statement.period.from,
    duration: durationOf(statement),
    causeForRecClosing: TIME_LIMIT,
    localRecordSequenceNumber: statement.number,
    listOfMultipleUnitUsage: usage,
    ...(correction !== undefined && { correction: { ...correction } }),
  });
}

export const CDR_COLUMNS = [
  'recordType',
  'localRecordSequenceNumber',
  'subscriptionIDType',
  'subscriptionIDData',
  'recordOpeningTime',
  'duration',
  'causeForRecClosing',
  'localSequenceNumber',
  'ratingGroup',
  'serviceIdentifier',
  'chargingRuleBaseName',
  'timeOfFirstUsage',
  'timeOfLastUsage',
  'dataTotalVolume',
  'dataVolumeUplink',
  'dataVolumeDownlink',
  'sponsorIdentity',
  'treatment',
  'correction',
] as const;

const CONTAINER_COLUMNS = CDR_COLUMNS.length - CDR_COLUMNS.indexOf('localSequenceNumber') - 1;

/**
 * The same record as rows, one to a container; `correction` is the position of the one that it is of. A SIM without usage
 * has none, but for a record that takes the place of another: that has a row with its container left empty.
 */
export function cdrRows({ statement, correction }: CdrSource, identityOf: IdentityOf): string[][] {
  const head = [
    String(CHARGING_FUNCTION_RECORD),
    String(statement.number ?? ''),
    'eND-USER-PRIVATE',
    statement.simId,
    statement.period.from,
    String(durationOf(statement)),
    String(TIME_LIMIT),
  ];
  const position = correction === undefined ? '' : String(correction.position);
  const all = unitsOf(statement, identityOf).flatMap(({ ratingGroup, containers }) =>
    containers.map((one) => ({ ratingGroup, one })),
  );
  if (all.length === 0 && correction !== undefined)
    return [[...head, ...Array<string>(CONTAINER_COLUMNS).fill(''), position]];
  return all.map(({ ratingGroup, one }, at) => [
    ...head,
    String(at + 1),
    String(ratingGroup),
    one.serviceIdentifier === undefined ? '' : String(one.serviceIdentifier),
    one.chargingRuleBaseName,
    one.first,
    one.last,
    String(one.up + one.down),
    String(one.up),
    String(one.down),
    one.sponsorIdentity ?? '',
    one.treatment,
    position,
  ]);
}
