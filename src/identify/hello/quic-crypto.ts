import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto';

const hex = (text: string): Buffer => Buffer.from(text, 'hex');
const SALT_DRAFT_22 = hex('7fbcdb0e7c66bbe9193a96cd21519ebd7a02644a');
const SALT_DRAFT_23 = hex('c3eef712c72ebb5a11a7d2432bb46365bef9f502');
const SALT_DRAFT_29 = hex('afbfec289993d24c9e9786f19c6111e04390a899');
const SALT_V1 = hex('38762cf7f55934b34d179ae6a4c80cadccbb7f0a');
const SALT_V2_DRAFT = hex('a707c203a59b47184a1d62ca570406ea7ae3e5d3');
const SALT_V2 = hex('0dede3def700a6db819381be6e269dcbf9bd2ed9');
const SALT_Q050 = hex('504574efd066fe2f9d945cfcdbd3a7f0d3b56b45');
const SALT_T050 = hex('7ff579e5acd072915580304c43a2367c60488310');
const SALT_T051 = hex('7a4edef4e7ccee5fa4506c19124fc8ccda6e033d');

/** How a version protects its Initial packets (RFC 9001, 5.2; RFC 9369, 3.3). */
export interface InitialVersion {
  salts: readonly Buffer[];
  labels: 'quic' | 'quicv2';
  /** Bits of the long header that say Initial: 0, or 1 in version 2. */
  initialType: number;
}

const standard = (...salts: Buffer[]): InitialVersion => ({ salts, labels: 'quic', initialType: 0 });
const VERSION_2: InitialVersion = { salts: [SALT_V2, SALT_V2_DRAFT], labels: 'quicv2', initialType: 1 };
const VERSIONS = new Map<number, InitialVersion>([
  [0x0000_0001, standard(SALT_V1)],
  [0x6b33_43cf, VERSION_2],
  [0x709a_50c4, VERSION_2],
  [0x5130_3530, standard(SALT_Q050)],
  [0x5430_3530, standard(SALT_T050)],
  [0x5430_3531, standard(SALT_T051)],
  [0xface_b001, standard(SALT_DRAFT_22)],
  [0xface_b002, standard(SALT_DRAFT_23)],
]);
const OTHER_MVFST = standard(SALT_DRAFT_23, SALT_V1, SALT_DRAFT_29);
const RESERVED = standard(SALT_V1, SALT_DRAFT_29);

/** Undefined for versions whose Initials cannot be read. */
export function initialVersion(version: number): InitialVersion | undefined {
  const known = VERSIONS.get(version);
  if (known) return known;
  if (version >>> 8 === 0xff_0000) {
    const draft = version & 0xff;
    if (draft >= 33 && draft <= 34) return standard(SALT_V1);
    if (draft >= 29 && draft <= 32) return standard(SALT_DRAFT_29);
    if (draft >= 23 && draft <= 28) return standard(SALT_DRAFT_23);
    return draft >= 21 && draft <= 22 ? standard(SALT_DRAFT_22) : undefined;
  }
  if (version >>> 8 === 0xfa_ceb0) return OTHER_MVFST;
  // RFC 9000, 15: sent to provoke a version negotiation; endpoints use the keys of the version they mean.
  return (version & 0x0f0f_0f0f) === 0x0a0a_0a0a ? RESERVED : undefined;
}

/** Keys of a client's Initial packets. They follow from what stands in the clear: they guard against accidents only. */
export class InitialKeys {
  private constructor(
    private readonly key: Buffer,
    private readonly iv: Buffer,
    private readonly headerKey: Buffer,
  ) {}

  static derive(salt: Buffer, connectionId: Buffer, labels: 'quic' | 'quicv2'): InitialKeys {
    const initial = createHmac('sha256', salt).update(connectionId).digest();
    const client = expandLabel(initial, 'client in', 32);
    return new InitialKeys(
      expandLabel(client, `${labels} key`, 16),
      expandLabel(client, `${labels} iv`, 12),
      expandLabel(client, `${labels} hp`, 16),
    );
  }

  /**
   * Takes the protection off one packet.
   * @param packet from its first octet to the end that its length field gives
   * @param numberAt position of the packet number
   * @returns the frames, or undefined if these are not its keys
   */
  open(packet: Buffer, numberAt: number): Buffer | undefined {
    const sampleAt = numberAt + 4;
    if (sampleAt + 16 > packet.length) return undefined;
    const cipher = createCipheriv('aes-128-ecb', this.headerKey, null).setAutoPadding(false);
    const mask = cipher.update(packet.subarray(sampleAt, sampleAt + 16));
    const first = (packet[0] as number) ^ ((mask[0] as number) & 0x0f);
    const numberLength = (first & 0x03) + 1;
    const header = Buffer.from(packet.subarray(0, numberAt + numberLength));
    header[0] = first;
    const nonce = Buffer.from(this.iv);
    for (let i = 0; i < numberLength; i += 1) {
      const octet = (header[numberAt + i] as number) ^ (mask[1 + i] as number);
      header[numberAt + i] = octet;
      const place = 12 - numberLength + i;
      nonce[place] = (nonce[place] as number) ^ octet;
    }
    const cipherStart = numberAt + numberLength;
    const tagStart = packet.length - 16;
    if (tagStart < cipherStart) return undefined;
    const decipher = createDecipheriv('aes-128-gcm', this.key, nonce);
    decipher.setAAD(header);
    decipher.setAuthTag(packet.subarray(tagStart));
    const frames = decipher.update(packet.subarray(cipherStart, tagStart));
    try {
      decipher.final();
    } catch {
      return undefined; // the tag does not fit: another connection's keys
    }
    return frames;
  }
}

/** HKDF-Expand-Label (RFC 8446, 7.1) for at most one block of SHA-256. */
function expandLabel(secret: Buffer, label: string, length: number): Buffer {
  const text = `tls13 ${label}`;
  const info = Buffer.alloc(2 + 1 + text.length + 1 + 1);
  info.writeUInt16BE(length, 0);
  info[2] = text.length;
  info.write(text, 3, 'latin1');
  info[info.length - 1] = 1; // first block; the context before it is empty
  return createHmac('sha256', secret).update(info).digest().subarray(0, length);
}
