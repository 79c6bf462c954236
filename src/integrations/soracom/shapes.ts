import { z } from 'zod';

/**
 * What Countfree reads of SORACOM's answers (soracom-api.en.yaml, version 20260604). Fields that are not needed may be anything;
 * one that is not in its form is as if it were absent, so that one odd SIM does not stop the rest.
 */
const text = z.string().max(512).optional().catch(undefined);
const time = z.number().int().nonnegative().max(253_402_300_799_999).optional().catch(undefined);

/** Where the SIM is; only the country is read. A number, so that of 001 is 1. */
const cell = z
  .object({ mcc: z.union([z.number().int(), z.string().regex(/^\d{1,3}$/)]) })
  .transform(({ mcc }) => ({ mcc: String(mcc).padStart(3, '0') }))
  .refine(({ mcc }) => /^\d{3}$/.test(mcc))
  .nullish()
  .catch(undefined);

export const authSchema = z.object({ apiKey: z.string().min(1), token: z.string().min(1) });

const statusSchema = z.object({
  online: z.boolean().optional().catch(undefined),
  ueIpAddress: text,
  imsi: text,
  sessionId: text,
  vpgId: text,
  dnsServers: z.array(z.string().max(64)).max(16).optional().catch(undefined),
  lastUpdatedAt: time,
  cell,
});
export type SoracomStatus = z.output<typeof statusSchema>;

const subscriberSchema = z.object({ imsi: text, msisdn: text });
const profileSchema = z.object({
  iccid: text,
  primaryImsi: text,
  subscribers: z.record(z.string(), subscriberSchema).optional().catch(undefined),
});

export const simSchema = z.object({
  simId: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/),
  status: text,
  tags: z.record(z.string(), z.string()).optional().catch(undefined),
  profiles: z.record(z.string(), profileSchema).optional().catch(undefined),
  sessionStatus: statusSchema.nullish().catch(undefined),
  previousSession: statusSchema.nullish().catch(undefined),
});
export type SoracomSim = z.output<typeof simSchema>;

export const sessionEventSchema = z.object({
  event: z.enum(['Created', 'Modified', 'Deleted']),
  time: z.number().int().nonnegative().max(253_402_300_799_999),
  imsi: text,
  ueIpAddress: text,
  dns0: text,
  dns1: text,
  vpgId: text,
  sessionId: text,
  createdTime: time,
  cell,
});
export type SessionEvent = z.output<typeof sessionEventSchema>;

export const addressEntrySchema = z.object({
  key: z.string(),
  ipAddress: z.string(),
  type: text,
  lastUpdatedAt: time,
});
export type AddressEntry = z.output<typeof addressEntrySchema>;

const octets = z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER);
const speedClassSchema = z.object({ uploadByteSizeTotal: octets, downloadByteSizeTotal: octets });

/** A day of air statistics. Not forgiving: what is left out here would look like traffic that SORACOM did not see. */
export const airStatsSchema = z.object({
  unixtime: z.number().int().nonnegative().max(253_402_300_799),
  dataTrafficStatsMap: z.record(z.string(), speedClassSchema).nullish(),
});
export type AirStats = z.output<typeof airStatsSchema>;
