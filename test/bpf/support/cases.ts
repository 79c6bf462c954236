/** What the cases of encapsulations have in common. */
import type { RealmConfig } from '../../../src/capture/index.js';
import { ETHERTYPE, PROTOCOL, ethernet, ipv4, ipv6, udp, type Ipv4Fields } from './frames.js';

export const SIM = '10.128.0.5';
export const SIM6 = '2001:db8:1::5';
export const PEER = '198.51.100.7';
export const PEER6 = '2001:db8:ffff::7';
export const MIRROR = '192.0.2.1';
export const RECEIVER = '192.0.2.2';
export const SUBSCRIBERS = ['10.128.0.0/9', '2001:db8:1::/48'];

export const payload = Buffer.alloc(100, 0xee);
export const inner4 = ipv4(SIM, PEER, PROTOCOL.udp, udp(4000, 5000, payload)); // 128 octets
export const inner6 = ipv6(SIM6, PEER6, PROTOCOL.udp, udp(4000, 5000, payload)); // 148 octets
export const outer4 = (protocol: number, inside: Buffer, fields: Ipv4Fields = {}) =>
  ethernet(ETHERTYPE.ipv4, ipv4(MIRROR, RECEIVER, protocol, inside, fields));
export const greTo = { type: 'gre', outerSource: MIRROR } as const;

export interface Case {
  name: string;
  mirror?: RealmConfig['mirror'];
  frames: Buffer[];
  /** subscriber | peer | protocol | up packets/octets | down packets/octets */
  flows?: string[];
  tallies: Record<string, [packets: number, octets: number]>;
  wireLength?: number;
}

export const up4 = `${SIM}:4000 ${PEER}:5000 17 1/128 0/0`;
export const up6 = `[${SIM6}]:4000 [${PEER6}]:5000 17 1/148 0/0`;
export const one4 = { flows: [up4], tallies: { counted: [1, 128] } } satisfies Partial<Case>;
export const one6 = { flows: [up6], tallies: { counted: [1, 148] } } satisfies Partial<Case>;
