import { describe, expect, it } from 'vitest';
import { loadScenario, scenarioNames } from '../../test/scenarios/scenario.js';
import { rate } from '../rating/index.js';
import { CDR_COLUMNS, cdrJson, cdrRows, type CdrSource, type IdentityOf } from './cdr.js';
import { parseStatement } from './parsed-statement.js';
import { statementDocument } from './statement-document.js';

const identityOf: IdentityOf = (code) =>
  code === null ? { ratingGroup: 0 } : { ratingGroup: code.length * 100, serviceIdentifier: 7 };
const final = { number: 42, chainPosition: 1, previousHash: null, finalizedAt: 0 };

const document = (scenario: string) =>
  statementDocument({ simId: 'sim-1', final, completeness: {} }, rate(loadScenario(scenario).input));

const source = (scenario: string): CdrSource => ({ statement: parseStatement(document(scenario)) });

describe('a charging record', () => {
  it('has the field names of TS 32.298', () => {
    expect(JSON.parse(cdrJson(source('sponsored'), identityOf))).toEqual({
      recordType: 200,
      recordingNetworkFunctionID: 'countfree',
      subscriberIdentifier: { subscriptionIDType: 'eND-USER-PRIVATE', subscriptionIDData: 'sim-1' },
      localRecordSequenceNumber: 42,
      recordOpeningTime: '2026-09-30T15:00:00.000Z',
      duration: 31 * 86_400,
      causeForRecClosing: 17,
      listOfMultipleUnitUsage: [
        {
          ratingGroup: 400,
          usedUnitContainers: [
            {
              localSequenceNumber: 1,
              serviceIdentifier: 7,
              dataTotalVolume: '3',
              dataVolumeUplink: '1',
              dataVolumeDownlink: '2',
              pDUContainerInformation: {
                chargingRuleBaseName: 'basic/1/shop',
                timeOfFirstUsage: '2026-10-10T03:00:00.000Z',
                timeOfLastUsage: '2026-10-10T04:00:00.000Z',
                sponsorIdentity: 'acme',
              },
              treatment: 'free',
            },
          ],
        },
      ],
    });
  });

  it('is the same as CSV, a row to a container', () => {
    const [row, ...others] = cdrRows(source('sponsored'), identityOf);
    expect(others).toEqual([]);
    expect(Object.fromEntries(CDR_COLUMNS.map((name, at) => [name, row![at]]))).toMatchObject({
      recordType: '200',
      localRecordSequenceNumber: '42',
      subscriptionIDData: 'sim-1',
      ratingGroup: '400',
      serviceIdentifier: '7',
      dataVolumeUplink: '1',
      dataVolumeDownlink: '2',
      dataTotalVolume: '3',
      sponsorIdentity: 'acme',
      treatment: 'free',
    });
  });

  it.each(scenarioNames())('holds every octet of its statement once: %s', (scenario) => {
    const text = document(scenario);
    const statement = parseStatement(text);
    const { totals } = JSON.parse(text) as { totals: Record<string, string> };
    const column = (row: string[], name: (typeof CDR_COLUMNS)[number]) => row[CDR_COLUMNS.indexOf(name)]!;
    const rows = cdrRows({ statement }, identityOf);
    const sum = (name: (typeof CDR_COLUMNS)[number], treatment?: string) =>
      rows
        .filter((row) => treatment === undefined || column(row, 'treatment') === treatment)
        .reduce((total, row) => total + BigInt(column(row, name)), 0n)
        .toString();
    expect([
      sum('dataVolumeUplink'),
      sum('dataVolumeDownlink'),
      sum('dataTotalVolume'),
      sum('dataTotalVolume', 'free'),
      sum('dataTotalVolume', 'billed'),
    ]).toEqual([totals.octetsUp, totals.octetsDown, totals.octets, totals.freeOctets, totals.billedOctets]);
    const { listOfMultipleUnitUsage: units } = JSON.parse(cdrJson({ statement }, identityOf)) as {
      listOfMultipleUnitUsage: { usedUnitContainers: { localSequenceNumber: number }[] }[];
    };
    const numbers = units.flatMap((unit) => unit.usedUnitContainers.map((one) => one.localSequenceNumber));
    expect(numbers).toEqual(rows.map((_, at) => at + 1));
  });

  it('that takes the place of another says which correction it is of, also where nothing is left', () => {
    const correction = { id: '9', position: 2, settledOn: 77 };
    const one = { ...source('sponsored'), correction };
    expect(JSON.parse(cdrJson(one, identityOf))).toMatchObject({ localRecordSequenceNumber: 42, correction });
    expect(JSON.parse(cdrJson(source('sponsored'), identityOf))).not.toHaveProperty('correction');
    const last = (rows: string[][]) => rows.map((row) => row.at(-1));
    expect(last(cdrRows(one, identityOf))).toEqual(['2']);
    expect(last(cdrRows(source('sponsored'), identityOf))).toEqual(['']);
    const nothing = { statement: { ...one.statement, usage: [] } };
    expect(cdrRows(nothing, identityOf)).toEqual([]);
    const [row, ...more] = cdrRows({ ...nothing, correction }, identityOf);
    expect([row!.length, more, row!.at(-1)]).toEqual([CDR_COLUMNS.length, [], '2']);
    expect(row!.slice(0, 8)).toEqual([
      '200',
      '42',
      'eND-USER-PRIVATE',
      'sim-1',
      one.statement.period.from,
      '2678400',
      '17',
      '',
    ]);
  });
});
