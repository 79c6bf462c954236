/** Whether a claimed name is enough, or the address must agree (design: section 6). */
export type EvidencePolicy = 'agree' | 'name' | 'prefix';

/** A destination prefix, optionally narrowed to a protocol and a range of peer ports. */
export interface PrefixRule {
  prefix: string;
  /** IPFIX protocolIdentifier, e.g. 6 TCP, 17 UDP. */
  protocol?: number;
  /** First and last peer port, inclusive. */
  ports?: [number, number];
}

/** What a service version matches. Names match on label boundaries; excludes beat includes of the same service. */
export interface DestinationRules {
  domainNames: string[];
  /** Names that match alone: not what lies below them. Absent = none. */
  exactDomainNames?: string[];
  excludeDomainNames: string[];
  prefixes: PrefixRule[];
}

/** One version of a service's rules, in force from `effectiveFrom` until the next version's. */
export interface ServiceVersion {
  /** Surrogate key; usage buckets name it. */
  id: number;
  /** Natural key: lower-case letters, digits, hyphens; e.g. `line-calls`. */
  serviceCode: string;
  version: number;
  /** UNIX milliseconds. */
  effectiveFrom: number;
  policy: EvidencePolicy;
  rules: DestinationRules;
}

/** A thing that plans make free or not. */
export interface Service {
  code: string;
  name: string;
  /** The service this is a part of, e.g. `line` of `line-calls`. */
  parentCode: string | null;
  /** 3GPP TS 32.255. */
  ratingGroup: number;
  serviceIdentifier: number;
  /** Who pays for it where it is free for its users (3GPP TS 29.214, Sponsor-Identity). Absent or null: nobody else. */
  sponsor?: string | null | undefined;
}

/** All that identification needs of the catalogue, at one revision. */
export interface CatalogueSnapshot {
  revision: number;
  services: readonly Service[];
  versions: readonly ServiceVersion[];
}
