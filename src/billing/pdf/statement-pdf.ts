import { sumMoney } from '../../rating/index.js';
import { parseStatement, type ParsedStatement, type ParsedUsageLine } from '../parsed-statement.js';
import { CHARGES, COMPLETENESS, grouped, label, REASONS, TREATMENTS, wallClock } from './labels.js';
import { Paper, type Column, type Row } from './paper.js';

const CHARGE_COLUMNS: readonly Column[] = [
  { head: '項目', width: 0.27 },
  { head: 'プラン', width: 0.2 },
  { head: 'オクテット', width: 0.19, align: 'right' },
  { head: '数量 × 単価', width: 0.18, align: 'right' },
  { head: '金額', width: 0.16, align: 'right' },
];
const USAGE_COLUMNS: readonly Column[] = [
  { head: 'サービス', width: 0.21 },
  { head: '扱い', width: 0.19 },
  { head: '理由 / 根拠', width: 0.26 },
  { head: 'オクテット', width: 0.22, align: 'right' },
  { head: '金額', width: 0.12, align: 'right' },
];

/**
 * A final statement on A4, in Japanese. Made of the statement's document and its hash (hex) alone, so the same statement
 * gives the same bytes. Usage is summed over rule and service version; JSON and CSV have those too.
 */
export async function statementPdf(document: string, hash: string): Promise<Buffer> {
  const statement = parseStatement(document);
  const number = statement.number === undefined ? '（下書き）' : `第${statement.number}号`;
  const createdAt = new Date(statement.finalizedAt ?? statement.period.to);
  const paper = new Paper(
    `ご利用明細書 ${number}`,
    `${statement.simId} ${statement.period.month}`,
    createdAt,
  );
  paper.facts(headOf(statement));
  paper.heading(`料金（${statement.currency.code}）`);
  paper.table(CHARGE_COLUMNS, chargeRows(statement));
  paper.heading('通信量');
  paper.table(USAGE_COLUMNS, usageRows(statement));
  paper.note(
    '課金対象の通信量の金額は「料金」にまとめて記載しています。1オクテット = 1バイト。通信量はIPパケットの長さです。',
  );
  paper.heading('計測の完全性（システム全体、この期間）');
  paper.facts(completenessOf(statement));
  return paper.finish(`SHA-256 ${hash}`);
}

function headOf({ simId, period, segments, finalizedAt, previousHash }: ParsedStatement): [string, string][] {
  const clock = (instant: string) => wallClock(instant, period.timeZone);
  return [
    ['回線（SIM）', simId],
    ['対象月', period.month],
    ['期間', `${clock(period.from)} ～ ${clock(period.to)}（${period.timeZone}）`],
    ...segments.map(({ planCode, planVersion, from, to }): [string, string] => [
      'プラン',
      segments.length === 1
        ? `${planCode} v${planVersion}`
        : `${planCode} v${planVersion}：${clock(from)} ～ ${clock(to)}`,
    ]),
    ...(finalizedAt === undefined ? [] : [['確定日時', clock(finalizedAt)] satisfies [string, string]]),
    ['前の明細書のSHA-256', previousHash ?? 'なし（最初の明細書）'],
  ];
}

function chargeRows(statement: ParsedStatement): Row[] {
  const { segments, charges, corrections, totals, amountDue } = statement;
  const plan = (index: number | null) => (index === null ? undefined : segments[index]);
  const lines = charges.map((line): Row => {
    const segment = plan(line.segment);
    const name = [label(CHARGES, line.kind), line.pack ?? line.group].filter(Boolean).join(' ');
    return {
      cells: [
        line.taxPercent == null ? name : `${name} ${line.taxPercent}%`,
        segment === undefined ? '' : `${segment.planCode} v${segment.planVersion}`,
        grouped(line.octets ?? ''),
        line.units == null ? (line.share ?? '') : `${grouped(line.units)} × ${grouped(line.unitPrice ?? '')}`,
        grouped(line.amount),
      ],
    };
  });
  const sum = (name: string, amount: string): Row => ({
    cells: [name, '', '', '', grouped(amount)],
    strong: true,
  });
  return [
    ...lines,
    { cells: ['税抜', '', '', '', grouped(totals.net)] },
    { cells: ['うち税', '', '', '', grouped(totals.tax)] },
    sum('合計', totals.amount),
    ...corrections.map((one): Row => {
      const kind = one.amount.startsWith('-') ? '返金' : '追加請求';
      return { cells: [`第${one.statement}号の訂正（${kind}）`, one.month, '', '', grouped(one.amount)] };
    }),
    ...(amountDue === undefined
      ? []
      : [sum(amountDue.startsWith('-') ? 'お支払額（返金）' : 'お支払額', amountDue)]),
  ];
}

function usageRows({ usage, totals, currency }: ParsedStatement): Row[] {
  const sums = new Map<string, { line: ParsedUsageLine; octets: bigint; amounts: string[] }>();
  for (const line of usage) {
    const key = JSON.stringify([line.segment, line.serviceCode, line.treatment, line.reason, line.evidence]);
    const sum = sums.get(key) ?? { line, octets: 0n, amounts: [] };
    sum.octets += BigInt(line.octets);
    if (line.amount != null) sum.amounts.push(line.amount);
    sums.set(key, sum);
  }
  const lines = [...sums.values()].map(({ line, octets, amounts }): Row => ({
    cells: [
      line.serviceCode ?? '（その他）',
      label(TREATMENTS, line.treatment),
      `${label(REASONS, line.reason)} / ${line.evidence}`,
      grouped(octets.toString()),
      amounts.length === 0 ? '' : grouped(sumMoney(amounts, currency.exponent)),
    ],
  }));
  const total = (name: string, octets: string, amount = ''): Row => ({
    cells: [name, '', '', grouped(octets), amount],
    strong: true,
  });
  return [
    ...lines,
    total('無料の合計', totals.freeOctets, sumMoney([], currency.exponent)),
    total('課金対象の合計', totals.billedOctets),
    ...(totals.notCountedOctets === '0'
      ? []
      : [total('計上対象外の合計', totals.notCountedOctets, sumMoney([], currency.exponent))]),
    total('すべての合計', totals.octets),
  ];
}

function completenessOf({ completeness, totals }: ParsedStatement): [string, string][] {
  return [
    ['名前とアドレスが不一致（この回線）', `${grouped(totals.nameNotVerifiedOctets)} オクテット`],
    ...Object.entries(completeness).map(([name, value]): [string, string] => [
      label(COMPLETENESS, name),
      grouped(value),
    ]),
  ];
}
