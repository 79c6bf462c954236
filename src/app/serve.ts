import { mkdir } from 'node:fs/promises';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { DataSource } from 'typeorm';
import { configureHttp, type CaptureReport, type ReadinessProbe } from '../api/index.js';
import { describeEnvironment, type Config } from '../config/index.js';
import { ChangeFeed, pendingMigrations } from '../database/index.js';
import { RedisServer } from '../queue/index.js';
import { metrics, Refusal, type Logger } from '../shared/index.js';
import { AppModule } from './app.module.js';
import { CaptureRunner } from './capture-runner.js';
import { nestLogger } from './core.module.js';

/** How long requests that are under way may take when the service is told to end. */
const DRAIN_MS = 10_000;

export interface RunningService {
  /** Where the API listens, e.g. `http://127.0.0.1:8080`. */
  url: string;
  /** Resolves, with the reason, once the process can no longer do its work: a private server is lost for good. */
  lost: Promise<string>;
  /** Ends the API, capture, jobs, connections and private servers, in that order. */
  close(): Promise<void>;
}

/** Starts the service; rejects with the reason, everything that was begun undone, if it cannot. */
export async function startService(config: Config, logger: Logger): Promise<RunningService> {
  logger.info({ node: process.version, settings: describeEnvironment(process.env) }, 'starting');
  // Made before anything that keeps its own part of it closed: the private Postgres must be able to enter.
  await mkdir(config.dataDir, { recursive: true, mode: 0o711 });
  const probes: ReadinessProbe[] = [];
  const capture = (): Promise<CaptureReport> | undefined =>
    config.roles.includes('capture') ? reportCapture(app) : undefined;
  let serverLost: (message: string) => void = () => undefined;
  const lost = new Promise<string>((resolve) => (serverLost = resolve));
  const app = await NestFactory.create<NestExpressApplication>(
    AppModule.forRoot({ config, logger, probes, capture, serverLost }),
    {
      bodyParser: false,
      logger: nestLogger(logger),
      abortOnError: false,
    },
  );
  let connections;
  try {
    probes.push(...readinessProbes(app, config));
    connections = configureHttp(app);
    metrics.collectProcess();
    await app.listen(config.listen.port, config.listen.host);
  } catch (error) {
    await app.close();
    throw error;
  }
  const url = (await app.getUrl()).replace('[::1]', 'localhost');
  logger.info({ url, roles: config.roles }, 'ready');
  const close = async () => {
    // Before what they use: a request that is under way finds queue and database open.
    await connections.drain(DRAIN_MS);
    await app.close();
  };
  return { url, lost, close };
}

function readinessProbes(app: NestExpressApplication, config: Config): ReadinessProbe[] {
  const probes: ReadinessProbe[] = [
    {
      name: 'postgres',
      check: async () => {
        await app.get(DataSource).query('SELECT 1');
        return undefined;
      },
    },
    {
      name: 'migrations',
      check: async () => {
        try {
          const pending = await pendingMigrations(app.get(DataSource));
          return pending.length === 0
            ? undefined
            : `The database lacks ${pending.join(', ')}: run countfree migrate.`;
        } catch (error) {
          // Another process has been upgraded and migrated meanwhile.
          if (error instanceof Refusal) return error.message;
          throw error;
        }
      },
    },
    {
      name: 'redis',
      check: () => {
        const { place, health } = app.get(RedisServer);
        return Promise.resolve(
          health.available ? undefined : `Redis at ${place} does not answer; jobs wait.`,
        );
      },
    },
  ];
  if (config.roles.includes('capture')) {
    probes.push({
      name: 'capture',
      check: () => Promise.resolve(captureProblem(app.get(CaptureRunner))),
      remark: () => captureRemark(app.get(CaptureRunner)),
    });
  }
  return probes;
}

async function reportCapture(app: NestExpressApplication): Promise<CaptureReport> {
  const runner = app.get(CaptureRunner);
  const feed = app.get(ChangeFeed);
  // Asked for first, so that what is in force is never compared with something older.
  const inForce = feed.inForce('sessions');
  const changes = inForce === undefined ? null : { inForce, committed: await feed.latest('sessions') };
  return { points: runner.status(), failures: runner.failures(), changes };
}

function captureProblem(runner: CaptureRunner): string | undefined {
  const [failure] = runner.failures();
  if (failure !== undefined) return failure;
  const bad = runner.status().find(({ source }) => source.state === 'failed' || source.state === 'stalled');
  return bad && `${bad.name} is ${bad.source.state}: ${bad.source.error ?? 'see the log'}`;
}

/** Warnings are no reason to take the process out of service: elsewhere the mirror would be no better. */
function captureRemark(runner: CaptureRunner): string | undefined {
  const warnings = runner
    .status()
    .flatMap(({ name, warnings: found }) => found.map(({ kind, detail }) => `${name}: ${kind}: ${detail}`));
  return warnings.length === 0 ? undefined : `Degraded. ${warnings.join(' ')}`;
}
