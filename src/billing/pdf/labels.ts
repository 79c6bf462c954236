/** Words of the forms. What has none is shown as the document names it. */
export const CHARGES: Readonly<Record<string, string>> = {
  base_fee: '基本料',
  service_fee: '無料サービスの利用料',
  included: 'プラン内のデータ容量',
  carried_over: '前月からの繰越容量',
  overage: '超過料金',
  beyond_quota: '容量超過分（課金なし）',
  discount: '割引',
  tax: '税',
  pack: '追加データ容量',
  pack_octets: '追加データ容量の使用',
  shared_quota: 'グループで共有するデータ容量',
};

export const TREATMENTS: Readonly<Record<string, string>> = {
  free: '無料（カウントフリー）',
  billed: '課金対象',
  not_counted: '計上対象外',
};

export const REASONS: Readonly<Record<string, string>> = {
  free_rule: '無料の対象',
  no_service: '対象サービスなし',
  name_not_verified: '名前とアドレスが不一致',
  no_rule: 'プランの無料対象外',
  cap_exceeded: '無料の上限を超過',
  total_cap_exceeded: '総量の上限を超過',
  outside_window: '無料の時間帯外',
  roaming: 'ローミング中',
  direction: '対象外の方向',
};

export const COMPLETENESS: Readonly<Record<string, string>> = {
  suspenseOctets: '回線が未特定（オクテット）',
  blurredPackets: '宛先が未特定（パケット）',
  addressPairOctets: '宛先のポートが未特定（オクテット）',
  subscriberOctets: '宛先のアドレスが未特定（オクテット）',
  globalOctets: '量だけが既知（オクテット）',
  hourBlurredOctets: '時間帯が不確か（オクテット）',
  malformedOctets: '形式不正（オクテット）',
  unsupportedOctets: '未対応の形式（オクテット）',
  numberedPackets: '連番のあるパケット',
  lostPackets: '計測前に失われたパケット',
  droppedPackets: '受信時に破棄されたパケット',
  droppedHellos: '受信時に破棄された名前情報（パケット）',
};

export const DIRECTIONS: Readonly<Record<string, string>> = {
  debit: '追加請求',
  credit: '返金',
  none: '金額の変更なし',
};

export function label(words: Readonly<Record<string, string>>, key: string): string {
  return Object.hasOwn(words, key) ? (words[key] ?? key) : key;
}

/** Digits in groups of three: `-1,234.50`. What is no decimal number stays as it is. */
export function grouped(value: string): string {
  if (!/^-?\d+(\.\d+)?$/.test(value)) return value;
  const [whole = '', fraction] = value.split('.');
  const groups = whole.replaceAll(/\B(?=(\d{3})+$)/g, ',');
  return fraction === undefined ? groups : `${groups}.${fraction}`;
}

/** An instant as the zone's wall clock shows it, with the zone's offset: `2026-10-01 00:00 +09:00`. */
export function wallClock(instant: string, timeZone: string): string {
  const parts = new Intl.DateTimeFormat('en-CA', {
    timeZone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    timeZoneName: 'longOffset',
  }).formatToParts(new Date(instant));
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.find((one) => one.type === type)?.value ?? '';
  const offset = part('timeZoneName').replace('GMT', '') || '+00:00';
  return `${part('year')}-${part('month')}-${part('day')} ${part('hour')}:${part('minute')} ${offset}`;
}
