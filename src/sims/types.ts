/** One SIM held one address (or LAN prefix) in one realm from one instant to another. */
export interface Session {
  /** Surrogate key. */
  id: number;
  /** Surrogate key of the SIM; usage buckets name it. */
  simKey: number;
  realmIndex: number;
  /** CIDR text; a host address is /32 or /128. */
  prefix: string;
  /** UNIX milliseconds, inclusive. */
  startTime: number;
  /** UNIX milliseconds, exclusive; null = still open. */
  endTime: number | null;
  /** Resolvers whose DNS answers are believed for this session; empty = the realm's. */
  dnsServers: string[];
  /** Mobile country code (ITU-T E.212) of the visited network; null or absent = unknown. */
  mcc?: string | null;
  /** False: names are neither looked at nor stored for this SIM (通信の秘密). */
  nameConsent: boolean;
}

/** What identification needs of a realm. */
export interface RealmPolicy {
  index: number;
  name: string;
  /** Trusted resolvers of the realm, for sessions that name none. Empty and none on the session = trust none. */
  resolvers: string[];
  /** True: a name that one consenting SIM of the realm resolved names flows of the others too. Absent = no. */
  shareNames?: boolean;
}

/** Sessions changed since a revision, or all of them for revision 0. */
export interface SessionChanges {
  revision: number;
  realms: RealmPolicy[];
  upserted: Session[];
  deletedIds: number[];
}
