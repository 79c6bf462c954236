import { createHash, timingSafeEqual } from 'node:crypto';
import { Controller, Inject, Req } from '@nestjs/common';
import type { Request } from 'express';
import { z } from 'zod';
import { LOGGER, metrics, type Logger } from '../../shared/index.js';
import { API_OPTIONS, type ApiOptions } from '../kit/options.js';
import { CHALLENGE } from '../kit/problem.filter.js';
import { Problem } from '../kit/problem.js';
import { Download, Reply } from '../kit/reply.js';
import { defineRoute, Handle, type AnswerOf } from '../kit/route.js';
import { askProbes, READINESS_PROBES, type ReadinessProbe } from './readiness.js';

const alive = z.strictObject({ status: z.literal('ok') });
const readiness = z
  .strictObject({
    status: z.enum(['ok', 'not_ready']),
    checks: z.array(z.strictObject({ name: z.string(), ok: z.boolean(), detail: z.string().nullable() })),
  })
  .meta({ id: 'Readiness' });

const getHealth = defineRoute({
  method: 'GET',
  path: '/healthz',
  operationId: 'getHealth',
  tag: 'operation',
  summary: 'Whether the process is alive',
  description: 'Asks nothing of Postgres or Redis: a failure means that the process is to be restarted.',
  scopes: 'public',
  response: alive,
});
const getReadiness = defineRoute({
  method: 'GET',
  path: '/readyz',
  operationId: 'getReadiness',
  tag: 'operation',
  summary: 'Whether the process can do its work',
  description:
    'Status 503 with the same body while any check fails; each failing check says what is wrong. A check that is well may have a ' +
    'detail too: capture is degraded, for example because the mirror is quiet, which is no reason to send requests elsewhere.',
  scopes: 'public',
  response: readiness,
  otherStatuses: { 503: 'Not ready' },
});
const getMetrics = defineRoute({
  method: 'GET',
  path: '/metrics',
  operationId: 'getMetrics',
  tag: 'operation',
  summary: 'Metrics in the Prometheus text format',
  description: 'Wants a bearer token of its own where one is configured.',
  scopes: 'public',
  otherResponseTypes: ['text/plain'],
  status: 200,
});

@Controller()
export class HealthController {
  constructor(
    @Inject(READINESS_PROBES) private readonly probes: readonly ReadinessProbe[],
    @Inject(API_OPTIONS) private readonly options: ApiOptions,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  @Handle(getHealth)
  health(): AnswerOf<typeof getHealth> {
    return { status: 'ok' };
  }

  @Handle(getReadiness)
  async readiness(): Promise<Reply<AnswerOf<typeof getReadiness>>> {
    const checks = await askProbes(this.probes, (probe, err) =>
      this.logger.warn({ probe, err }, 'not ready'),
    );
    const ready = checks.every((check) => check.ok);
    return new Reply({ status: ready ? 'ok' : 'not_ready', checks }, { status: ready ? 200 : 503 });
  }

  @Handle(getMetrics)
  async metrics(@Req() request: Request): Promise<Download> {
    const { metricsToken } = this.options;
    if (
      metricsToken !== undefined &&
      !sameText(request.get('authorization') ?? '', `Bearer ${metricsToken}`)
    ) {
      throw new Problem('unauthenticated', 'Send the metrics token as a bearer token.', [], CHALLENGE);
    }
    const { contentType, body } = await metrics.text();
    return new Download(contentType, body);
  }
}

function sameText(one: string, other: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}
