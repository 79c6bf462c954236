import { createHash, createHmac } from 'node:crypto';

/** Builds accounting requests byte by byte after RFC 2866, independent of the code under test. */
export interface RequestOptions {
  secret?: string;
  identifier?: number;
  code?: number;
  /** With a Message-Authenticator in front. */
  signed?: boolean;
}

export const SECRET = 'testing123-testing123';

export function attribute(type: number, value: Buffer | string | number): Buffer {
  const bytes = typeof value === 'number' ? uint32(value) : Buffer.from(value as string);
  return Buffer.concat([Buffer.from([type, bytes.length + 2]), bytes]);
}

export function imsiAttribute(imsi: string): Buffer {
  return attribute(26, Buffer.concat([uint32(10415), attribute(1, imsi)]));
}

export function accountingRequest(
  attributes: readonly Buffer[],
  { secret = SECRET, identifier = 7, code = 4, signed = false }: RequestOptions = {},
): Buffer {
  const body = Buffer.concat([...(signed ? [attribute(80, Buffer.alloc(16))] : []), ...attributes]);
  const packet = Buffer.concat([Buffer.from([code, identifier, 0, 0]), Buffer.alloc(16), body]);
  packet.writeUInt16BE(packet.length, 2);
  if (signed) createHmac('md5', secret).update(packet).digest().copy(packet, 22);
  createHash('md5').update(packet).update(secret).digest().copy(packet, 4);
  return packet;
}

/** Whether an answer is what RFC 2866 section 3 asks for. */
export function isResponseTo(answer: Buffer, request: Buffer, secret = SECRET): boolean {
  if (answer[0] !== 5 || answer[1] !== request[1] || answer.readUInt16BE(2) !== answer.length) return false;
  const expected = createHash('md5')
    .update(answer.subarray(0, 4))
    .update(request.subarray(4, 20))
    .update(answer.subarray(20))
    .update(secret)
    .digest();
  return expected.equals(answer.subarray(4, 20));
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
