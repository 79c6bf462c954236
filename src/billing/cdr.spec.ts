import { describe, expect, it } from 'vitest';
import { loadScenario, scenarioNames } from '../../test/scenarios/scenario.js';
import { rate } from '../rating/index.js';
import { CDR_COLUMNS, cdrJson, cdrRows, type IdentityOf } from './cdr.js';
import { statementDocument } from './statement-document.js';

const identityOf: IdentityOf = (code) =>
  code === null ? { ratingGroup: 0 } : { ratingGroup: code.length * 100, serviceIdentifier: 7 };
const final = { number: 42, chainPosition: 1, previousHash: null, finalizedAt: 0 };

const document = (scenario: string) =>
  statementDocument({ simId: 'sim-1', final, completeness: {} }, rate(loadScenario(scenario).input));

describe('a charging record', () => {
  it('has the field names of TS 32.298', () => {
    expect(JSON.parse(cdrJson(document('sponsored'), identityOf))).toEqual({
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
    const [row, ...others] = cdrRows(document('sponsored'), identityOf);
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
    const { totals } = JSON.parse(text) as { totals: Record<string, string> };
    const column = (row: string[], name: (typeof CDR_COLUMNS)[number]) => row[CDR_COLUMNS.indexOf(name)]!;
    const rows = cdrRows(text, identityOf);
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
    const { listOfMultipleUnitUsage: units } = JSON.parse(cdrJson(text, identityOf)) as {
      listOfMultipleUnitUsage: { usedUnitContainers: { localSequenceNumber: number }[] }[];
    };
    const numbers = units.flatMap((unit) => unit.usedUnitContainers.map((one) => one.localSequenceNumber));
    expect(numbers).toEqual(rows.map((_, at) => at + 1));
  });
});
