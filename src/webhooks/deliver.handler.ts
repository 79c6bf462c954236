import { Inject, Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { HandlesJob, type JobContext, type JobData, type JobHandler } from '../queue/index.js';
import { CLOCK, type Clock } from '../shared/index.js';
import { DeliveryRepository } from './delivery.repository.js';
import { EndpointKeys } from './endpoint-keys.js';
import { EndpointRepository } from './endpoint.repository.js';
import { createGuardedAgent } from './guarded-agent.js';
import { Lane, type LaneDependencies, type Target } from './lane.js';
import { Recorder } from './recorder.js';
import { Sender } from './sender.js';
import { WEBHOOK_SETTINGS, type WebhookSettings } from './settings.js';
import { AddressGuard } from './special-ranges.js';
import { WakeUps } from './wake-ups.js';

/** Says in the endpoint why nobody but the receiver disabled it. */
export const GONE = 'The receiver answered 410 Gone.';

/** Sends what is due to an endpoint; one lane for each endpoint and process. */
@Injectable()
@HandlesJob('webhooks.deliver')
export class DeliverHandler implements JobHandler<'webhooks.deliver'>, OnApplicationShutdown {
  private readonly logger = new Logger('Webhooks');
  private readonly endpoints = new EndpointRepository();
  private readonly agent;
  private readonly dependencies: LaneDependencies;
  /** Of this process, by endpoint. */
  private readonly lanes = new Map<string, Lane>();

  constructor(
    @Inject(DataSource) private readonly dataSource: DataSource,
    @Inject(WEBHOOK_SETTINGS) settings: WebhookSettings,
    @Inject(CLOCK) clock: Clock,
    @Inject(EndpointKeys) private readonly keys: EndpointKeys,
    @Inject(WakeUps) wakeUps: WakeUps,
  ) {
    const { timeoutMs, inFlight, schedule } = settings;
    this.agent = createGuardedAgent({
      guard: new AddressGuard(settings.allowPrivate),
      connectTimeoutMs: timeoutMs,
    });
    const deliveries = new DeliveryRepository(dataSource);
    this.dependencies = {
      deliveries,
      sender: new Sender(this.agent, timeoutMs, () => clock.now()),
      recorder: new Recorder(deliveries, clock),
      clock,
      schedule,
      claimMs: timeoutMs + settings.claimMarginMs,
      claimWaitMs: settings.claimMarginMs / 2,
      inFlight,
      target: (endpointId) => this.target(endpointId),
      onGone: (endpointId, url) => this.disable(endpointId, url, clock.now()),
      onPause: (endpointId, url, until) => this.endpoints.pause(dataSource.manager, endpointId, url, until),
      onWake: (endpointId, at) => wakeUps.later(endpointId, at),
    };
  }

  async handle({ endpointId }: JobData<'webhooks.deliver'>, { signal }: JobContext): Promise<undefined> {
    const known = this.lanes.get(endpointId);
    if (known !== undefined) {
      known.call();
      return;
    }
    try {
      let lane: Lane;
      do {
        lane = new Lane(endpointId, this.dependencies);
        this.lanes.set(endpointId, lane);
        await lane.drain(signal);
      } while (lane.isCalled && !signal.aborted);
    } finally {
      this.lanes.delete(endpointId);
    }
  }

  /** After the hook in which lanes come to their end: a try must not fail because we cut its connection. */
  async onApplicationShutdown(): Promise<void> {
    await this.agent.destroy();
  }

  /** What is told to nobody is found out when the messages are missed. */
  private async disable(endpointId: string, url: string, now: number): Promise<void> {
    const { manager } = this.dataSource;
    if (!(await this.endpoints.disable(manager, endpointId, url, GONE, now))) return;
    this.logger.warn(
      `Webhook endpoint ${endpointId} is disabled: its receiver answered 410 Gone. Until it is enabled again, events are not kept for it.`,
    );
  }

  private async target(endpointId: string): Promise<Target | undefined> {
    const endpoint = await this.endpoints.find(this.dataSource.manager, endpointId);
    if (endpoint?.enabled !== true) return undefined;
    return { url: endpoint.url, keys: await this.keys.active(this.dataSource.manager, endpointId) };
  }
}
