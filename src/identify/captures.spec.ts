import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  CAPTURES,
  flowsAndHellos,
  haveCaptures,
  readCapture,
  type TestFlow,
} from '../../test/support/capture-flows.js';
import { Identifier, type FlowName } from './index.js';

/** Names per flow, as `tls=name`, in the words of the reference. */
const PREFIX = { sni: 'tls', quic_sni: 'quic', http_host: 'http', dns: 'dns' } as const;

function namesByFlow(file: string): Map<string, Set<string>> {
  const { flows, hellos, records } = flowsAndHellos(readCapture(CAPTURES + file));
  const identifier = new Identifier({ captureFile: {}, maxFlows: 10_000, flowIdleSeconds: 1e9 });
  identifier.observe(hellos);
  const found = new Map<string, Set<string>>();
  identifier.identifyFlows({ flows: records }, (index, _account, _decision, names: readonly FlowName[]) => {
    const texts = names
      .filter((each) => each.evidence !== 'dns')
      .map((each) => `${PREFIX[each.evidence]}=${each.name}`);
    if (texts.length > 0) found.set(flowKey(flows[index]!), new Set(texts));
  });
  return found;
}

function flowKey(flow: TestFlow): string {
  return `${flow.protocol} ${flow.a} ${flow.aPort} ${flow.b} ${flow.bPort}`;
}

/** The reference without what cannot be a host name: the port after a Host, which we leave out too. */
function reference(): Map<string, Map<string, Set<string>>> {
  const files = new Map<string, Map<string, Set<string>>>();
  for (const line of readFileSync(`${CAPTURES}flows.tsv`, 'utf8').trimEnd().split('\n')) {
    const [file, protocol, a, aPort, b, bPort, , , , , names] = line.split('\t');
    const flows = files.get(file!) ?? new Map<string, Set<string>>();
    files.set(file!, flows);
    const list = (names ?? '').split(';').filter((name) => name !== '');
    if (list.length > 0)
      flows.set(
        `${protocol} ${expand(a!)} ${aPort} ${expand(b!)} ${bPort}`,
        new Set(list.map((name) => name.replace(/:\d+$/, '').toLowerCase())),
      );
  }
  return files;
}

function expand(address: string): string {
  if (!address.includes(':')) return address;
  const [head = '', tail] = address.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  return [...left, ...Array<string>(8 - left.length - right.length).fill('0'), ...right]
    .map((group) => parseInt(group, 16).toString(16))
    .join(':');
}

/** Every difference from the reference, and why it is right. */
const SSDP = 'the reference names SSDP by its Host header: UDP to a multicast group is no HTTP request';
const FUZZ =
  'the reference gives up on a packet that was fuzzed; the Host header can be read, or is no host name';
const GQUIC = 'the reference shows no names of gQUIC, whose CHLO is in the clear';
const DIFFERENCES: Record<string, string> = {
  '- android.pcap 17 169.254.225.216 60538 239.255.255.250 1900 http=239.255.255.250': SSDP,
  '- android.pcap 17 192.168.2.1 51411 239.255.255.250 1900 http=239.255.255.250': SSDP,
  '- zoom.pcap 17 192.168.1.117 57025 239.255.255.250 1900 http=239.255.255.250': SSDP,
  '- fuzz-2006-09-29-28586.pcap 6 172.20.3.13 53132 172.20.3.5 80 http=%s': FUZZ,
  '+ fuzz-2006-09-29-28586.pcap 6 172.20.3.5 2604 172.20.3.13 80 http=172.20.3.13': FUZZ,
  '+ fuzz-2006-09-29-28586.pcap 6 172.20.3.5 2605 172.20.3.13 80 http=172.20.3.13': FUZZ,
  '+ fuzz-2006-09-29-28586.pcap 6 172.20.3.5 2606 172.20.3.13 80 http=172.20.3.13': FUZZ,
  '+ fuzz-2006-09-29-28586.pcap 6 172.20.3.13 53136 172.20.3.5 80 http=172.20.3.5': FUZZ,
  '+ http_ipv6.pcap 17 2a00:d40:1:3:7aac:c0ff:fea7:d4c 45931 2a00:1450:4001:803:0:0:0:1017 443 quic=www.google.it':
    GQUIC,
  '+ quic046.pcap 17 192.168.1.236 50587 216.58.206.86 443 quic=i.ytimg.com': GQUIC,
  '+ quic_q46.pcap 17 172.29.42.236 38292 153.20.183.203 443 quic=play.google.com': GQUIC,
  '+ tls_missing_ch_frag.pcap 6 10.10.10.1 443 192.168.0.1 33063 tls=r1---sn-5f5nxgvh5o-hjul.googlevideo.com':
    'the hello has a hole behind the name: the reference waits for all of it',
};

if (!haveCaptures)
  console.warn(`SKIPPED: no captures in ${CAPTURES}, so names are not compared with the reference`);

describe.skipIf(!haveCaptures)('names of real captures', () => {
  it('are those that the reference finds, but for differences with a reason', () => {
    const differences: string[] = [];
    for (const [file, wanted] of reference()) {
      const found = namesByFlow(file);
      for (const flow of new Set([...wanted.keys(), ...found.keys()])) {
        const ours = found.get(flow) ?? new Set<string>();
        const theirs = wanted.get(flow) ?? new Set<string>();
        for (const name of theirs) if (!ours.has(name)) differences.push(`- ${file} ${flow} ${name}`);
        for (const name of ours) if (!theirs.has(name)) differences.push(`+ ${file} ${flow} ${name}`);
      }
    }
    expect(differences.sort()).toEqual(Object.keys(DIFFERENCES).sort());
  });
});
