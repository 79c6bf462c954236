import type { PrefixRule } from '../types.js';
import { shown } from './domain-list.js';
import { readPrefix } from './prefix-list.js';

const WITH_PORTS = [6, 17, 33, 132, 136];
/** A rule without protocol that names ports: those that carry nearly all traffic with ports. */
const COMMON_WITH_PORTS = [6, 17];
const NUMBERS: Readonly<Record<string, number>> = { tcp: 6, udp: 17, icmp: 1, sctp: 132, gre: 47, esp: 50 };
const MOST_RANGES = 64;

type Reading = { rules: PrefixRule[] } | { fault: string };

/**
 * Reads an IPFilterRule (RFC 6733, section 4.3.1) as PFDs use it: `permit out udp from 147.92.128.0/17 10001-30000 to any`,
 * or the other way round with `in`. The side that is neither `any` nor `assigned` is the service.
 */
export function readFlowDescription(text: string): Reading {
  const refuse = (detail: string): Reading => ({
    fault: `"${shown(text)}": ${detail}. Write it as permit out udp from 203.0.113.0/24 10001-30000 to any`,
  });
  const words = text.trim().split(/\s+/);
  const [action, direction, protocolText = '', from] = words;
  if (action === 'deny') return refuse('deny cannot be taken: rules say what a service is');
  if (action !== 'permit' || !/^(?:in|out)$/.test(direction ?? '') || from !== 'from') {
    return refuse('this is no IPFilterRule (RFC 6733)');
  }
  const to = words.indexOf('to');
  if (to < 0) return refuse('there is no "to"');
  const source = words.slice(4, to);
  const target = words.slice(to + 1);
  if (source.length < 1 || source.length > 2 || target.length < 1 || target.length > 2) {
    return refuse('each side is an address and, at most, ports; options cannot be taken');
  }
  const protocol = readProtocol(protocolText);
  if (protocol === undefined)
    return refuse(`"${shown(protocolText)}" is no protocol: write ip, tcp, udp or a number`);
  const sides = [source, target].filter(([address]) => address !== 'any' && address !== 'assigned');
  const [side] = sides;
  if (sides.length !== 1 || side === undefined) {
    return refuse('exactly one side is the service, the other is any or assigned');
  }
  const other = side === source ? target : source;
  if (other[1] !== undefined) return refuse("the ports of the subscriber's side cannot be taken");
  const [address = '', ports] = side;
  const prefix = readPrefix(address);
  if ('fault' in prefix) return refuse(prefix.fault);
  if (ports === undefined) {
    return { rules: [{ prefix: prefix.prefix, ...(protocol === null ? {} : { protocol }) }] };
  }
  const ranges = readRanges(ports);
  if (ranges === undefined) return refuse(`"${shown(ports)}" are no ports`);
  const protocols = protocol === null ? COMMON_WITH_PORTS : [protocol];
  if (protocol !== null && !WITH_PORTS.includes(protocol)) return refuse('this protocol has no ports');
  return {
    rules: protocols.flatMap((number) =>
      ranges.map((range): PrefixRule => ({ prefix: prefix.prefix, protocol: number, ports: range })),
    ),
  };
}

/** Null: any protocol. Undefined: not understood. */
function readProtocol(text: string): number | null | undefined {
  if (text === 'ip') return null;
  const known = Object.hasOwn(NUMBERS, text) ? NUMBERS[text] : undefined;
  if (known !== undefined) return known;
  return /^\d{1,3}$/.test(text) && Number(text) <= 255 ? Number(text) : undefined;
}

function readRanges(text: string): [number, number][] | undefined {
  const parts = text.split(',');
  if (parts.length > MOST_RANGES) return undefined;
  const ranges: [number, number][] = [];
  for (const part of parts) {
    const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(part);
    const first = Number(match?.[1]);
    const last = Number(match?.[2] ?? match?.[1]);
    if (match === null || first > last || last > 65_535) return undefined;
    ranges.push([first, last]);
  }
  return ranges;
}

/** The downlink form, `permit out`: from the service to the subscriber. */
export function writeFlowDescription({ prefix, protocol, ports }: PrefixRule): string {
  const name = protocol === undefined ? 'ip' : String(protocol);
  const range = ports === undefined ? '' : ` ${ports[0] === ports[1] ? ports[0] : `${ports[0]}-${ports[1]}`}`;
  return `permit out ${name} from ${prefix}${range} to assigned`;
}
