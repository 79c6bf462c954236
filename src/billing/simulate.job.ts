import { Inject, Injectable } from '@nestjs/common';
import { HandlesJob, type JobContext, type JobData, type JobHandler } from '../queue/index.js';
import { SimulationsService } from './simulations.service.js';

/** Carries out what `SimulationsService.start` has ordered; goes on where it was stopped. */
@Injectable()
@HandlesJob('billing.simulate')
export class SimulateJob implements JobHandler<'billing.simulate'> {
  constructor(@Inject(SimulationsService) private readonly simulations: SimulationsService) {}

  async handle({ simulationId }: JobData<'billing.simulate'>, context: JobContext): Promise<undefined> {
    await this.simulations.carryOut(simulationId, {
      signal: context.signal,
      report: (progress) => context.report(progress),
    });
    // Stopped between two batches: thrown, so that the next process goes on.
    context.signal.throwIfAborted();
    return undefined;
  }
}
