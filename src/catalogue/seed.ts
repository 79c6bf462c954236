import type { CatalogueSnapshot, DestinationRules, EvidencePolicy, PrefixRule, Service } from './types.js';

export interface SeedService extends Service {
  policy: EvidencePolicy;
  rules: DestinationRules;
}

/** AS38631 and one block of AS23576, as announced in October 2023. */
const LINE_PREFIXES = [
  '43.223.0.0/16',
  '103.2.28.0/24',
  '103.2.30.0/23',
  '119.235.224.0/24',
  '119.235.232.0/24',
  '119.235.235.0/24',
  '119.235.236.0/23',
  '125.209.252.0/24',
  '147.92.128.0/17',
  '203.104.128.0/20',
  '203.104.144.0/21',
  '203.104.152.0/22',
  '203.104.156.0/23',
  '203.104.158.0/24',
  '2400:dcc0::/32',
];

const LINE_CALLS: PrefixRule[] = [
  { prefix: '147.92.128.0/17', protocol: 17, ports: [10_001, 30_000] },
  { prefix: '147.92.128.0/17', protocol: 6, ports: [10_001, 10_020] },
];

const LINE_NAMES = [
  'gcld-line.com',
  'lin.ee',
  'line-apps.com',
  'line-cdn.net',
  'line-scdn.net',
  'line.me',
  'line.naver.jp',
  'linecorp.com',
];

/**
 * The services that zero-rating offers name, as they were known to reach their users in 2023–2026. Destinations age:
 * an operator reviews them and adds versions; the seed never changes a service that is already there.
 */
export const SEED_SERVICES: readonly SeedService[] = [
  {
    ...service('line', 'LINE', 100),
    rules: { domainNames: LINE_NAMES, excludeDomainNames: [], prefixes: prefixes(LINE_PREFIXES) },
  },
  {
    ...service('line-calls', 'LINE calls', 101, 'line'),
    rules: { domainNames: [], excludeDomainNames: [], prefixes: LINE_CALLS },
  },
  { ...service('line-news', 'LINE NEWS', 102, 'line'), rules: names('news.line.me') },
  { ...service('line-live', 'LINE LIVE', 103, 'line'), rules: names('live.line.me') },
  { ...service('line-store', 'LINE STORE', 104, 'line'), rules: names('store.line.me') },
  {
    ...service('youtube', 'YouTube', 110),
    rules: names(
      'youtube.com',
      'youtu.be',
      'googlevideo.com',
      'ytimg.com',
      'youtubei.googleapis.com',
      'youtube-nocookie.com',
      'yt3.ggpht.com',
    ),
  },
  { ...service('instagram', 'Instagram', 120), rules: names('instagram.com', 'cdninstagram.com') },
  {
    ...service('spotify', 'Spotify', 130),
    rules: names('spotify.com', 'scdn.co', 'spotifycdn.com', 'pscdn.co'),
  },
  {
    ...service('tiktok', 'TikTok', 140),
    rules: names('tiktok.com', 'tiktokcdn.com', 'tiktokv.com', 'byteoversea.com'),
  },
  { ...service('x', 'X', 150), rules: names('x.com', 'twitter.com', 'twimg.com', 't.co') },
  { ...service('whatsapp', 'WhatsApp', 160), rules: names('whatsapp.com', 'whatsapp.net') },
  {
    ...service('netflix', 'Netflix', 170),
    rules: names('netflix.com', 'nflxvideo.net', 'nflximg.net', 'nflxext.com', 'nflxso.net'),
  },
  {
    ...service('facebook', 'Facebook', 180),
    rules: names('facebook.com', 'fb.com', 'fb.me', 'fbcdn.net', 'fbsbx.com'),
  },
  { ...service('messenger', 'Messenger', 181, 'facebook'), rules: names('messenger.com', 'm.me') },
  {
    ...service('abema', 'ABEMA', 190),
    // The rest of akamaized.net is others'.
    rules: {
      ...names('abema.tv', 'abema.io', 'hayabusa.io'),
      exactDomainNames: [
        'abematv.akamaized.net',
        'ds-linear-abematv.akamaized.net',
        'ds-vod-abematv.akamaized.net',
        'linear-abematv.akamaized.net',
        'vod-abematv.akamaized.net',
      ],
    },
  },
  { ...service('tver', 'TVer', 200), rules: names('tver.jp') },
  {
    ...service('hulu', 'Hulu (Japan)', 210),
    rules: names('hulu.jp', 'happyon.jp', 'hjholdings.jp', 'hjholdings.tv'),
  },
  { ...service('u-next', 'U-NEXT', 220), rules: names('unext.jp', 'nxtv.jp') },
  {
    ...service('apple-music', 'Apple Music', 230),
    rules: names('music.apple.com', 'aod.itunes.apple.com', 'streamingaudio.itunes.apple.com'),
  },
  {
    ...service('apple-music-video', 'Apple Music: video', 231, 'apple-music'),
    rules: names('mvod.itunes.apple.com'),
  },
];

/** First versions hold from the beginning of time, so that captures of any age can be read with them. */
export const SEED_EFFECTIVE_FROM = 0;

/** The seed as identification takes it, without a database. Version ids count from 1 in the order of the seed. */
export function seedSnapshot(): CatalogueSnapshot {
  return {
    revision: 0,
    services: SEED_SERVICES.map(({ code, name, parentCode, ratingGroup, serviceIdentifier }) => ({
      code,
      name,
      parentCode,
      ratingGroup,
      serviceIdentifier,
    })),
    versions: SEED_SERVICES.map(({ code, policy, rules }, index) => ({
      id: index + 1,
      serviceCode: code,
      version: 1,
      effectiveFrom: SEED_EFFECTIVE_FROM,
      policy,
      rules,
    })),
  };
}

function service(code: string, name: string, ratingGroup: number, parentCode: string | null = null) {
  return { code, name, parentCode, ratingGroup, serviceIdentifier: 0, policy: 'agree' as const };
}

function names(...domainNames: string[]): DestinationRules {
  return { domainNames, excludeDomainNames: [], prefixes: [] };
}

function prefixes(list: string[]): PrefixRule[] {
  return list.map((prefix) => ({ prefix }));
}
