import { parseCorrection, type ParsedCorrection } from '../parsed-statement.js';
import { CHARGES, DIRECTIONS, grouped, label, REASONS, TREATMENTS, wallClock } from './labels.js';
import { Paper, type Column, type Row } from './paper.js';

const COLUMNS: readonly Column[] = [
  { head: '明細', width: 0.4 },
  { head: '', width: 0.09 },
  { head: '訂正前', width: 0.17, align: 'right' },
  { head: '訂正後', width: 0.17, align: 'right' },
  { head: '差', width: 0.17, align: 'right' },
];
const VALUES: readonly (readonly [key: string, name: string])[] = [
  ['octetsUp', '上り'],
  ['octetsDown', '下り'],
  ['octets', 'オクテット'],
  ['amount', '金額'],
];

/** A correction of a statement on A4, in Japanese, made of its document and hash (hex) alone. */
export async function correctionPdf(document: string, hash: string): Promise<Buffer> {
  const correction = parseCorrection(document);
  const { statement, position, correctedAt, after } = correction;
  const title = `訂正書 第${statement}号-${position}`;
  const paper = new Paper(title, `${correction.simId} ${after.period.month}`, new Date(correctedAt));
  paper.facts(headOf(correction));
  paper.heading(`訂正された明細（金額は${after.currency.code}）`);
  paper.table(COLUMNS, correction.lines.flatMap(rowsOf));
  paper.heading('訂正後の合計');
  paper.facts([
    ['無料', `${grouped(after.totals.freeOctets)} オクテット`],
    ['課金対象', `${grouped(after.totals.billedOctets)} オクテット`],
    ['合計金額', `${grouped(after.totals.amount)} ${after.currency.code}`],
  ]);
  return paper.finish(`SHA-256 ${hash}`);
}

function headOf(correction: ParsedCorrection): [string, string][] {
  const { period, currency } = correction.after;
  const money = (amount: string) => `${grouped(amount)} ${currency.code}`;
  return [
    ['回線（SIM）', correction.simId],
    ['訂正する明細書', `第${correction.statement}号（${period.month}）`],
    ['その明細書のSHA-256', correction.statementHash],
    ['前の訂正書のSHA-256', correction.previousHash ?? 'なし（最初の訂正）'],
    ['訂正日時', wallClock(correction.correctedAt, period.timeZone)],
    [label(DIRECTIONS, correction.direction), money(correction.amount)],
    ['うち税抜 / 税', `${money(correction.net)} / ${money(correction.tax)}`],
  ];
}

function rowsOf({ section, line, before, after, difference }: ParsedCorrection['lines'][number]): Row[] {
  const name = (key: string) => String(line[key] ?? '');
  const service = line.serviceCode == null ? '（その他）' : name('serviceCode');
  const rule = line.rule == null ? [] : [name('rule')];
  const what =
    section === 'charge'
      ? [label(CHARGES, name('kind')), ...rule]
      : [
          service,
          label(TREATMENTS, name('treatment')),
          label(REASONS, name('reason')),
          name('evidence'),
          ...rule,
        ];
  const shown = VALUES.filter(([key]) => difference[key] !== undefined && !/^-?[0.]+$/.test(difference[key]));
  return shown.map(([key, unit], at) => ({
    cells: [
      at === 0 ? what.join(' / ') : '',
      unit,
      grouped(before[key] ?? ''),
      grouped(after[key] ?? ''),
      grouped(difference[key] ?? ''),
    ],
  }));
}
