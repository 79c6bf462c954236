import { Inject, Injectable } from '@nestjs/common';
import { HandlesJob, JOBS, type JobContext, type JobData, type JobHandler } from '../queue/index.js';
import { Refusal } from '../shared/index.js';
import { SimulationsService } from './simulations.service.js';

/** Carries out what `SimulationsService.start` has ordered; goes on where it was stopped. */
@Injectable()
@HandlesJob('billing.simulate')
export class SimulateJob implements JobHandler<'billing.simulate'> {
  constructor(@Inject(SimulationsService) private readonly simulations: SimulationsService) {}

  async handle({ simulationId }: JobData<'billing.simulate'>, context: JobContext): Promise<undefined> {
    try {
      await this.simulations.carryOut(simulationId, {
        signal: context.signal,
        report: (progress) => context.report(progress),
      });
      // Stopped between two batches: thrown, so that the next process goes on.
      context.signal.throwIfAborted();
    } catch (error) {
      if (!context.signal.aborted && isLastTry(error, context)) await this.giveUp(simulationId, error);
      throw error;
    }
    return undefined;
  }

  /** Otherwise whoever waits for it would wait for ever. */
  private async giveUp(simulationId: string, error: unknown): Promise<void> {
    const reason = error instanceof Error ? error.message : String(error);
    await this.simulations.fail(
      simulationId,
      `It could not be carried out: ${reason}. The log of the worker has more; mend the cause and start it again.`,
    );
  }
}

/** What a refusal names is not mended by trying again. */
function isLastTry(error: unknown, { attempt }: JobContext): boolean {
  return (
    (error instanceof Refusal && error.code !== 'unavailable') || attempt >= JOBS['billing.simulate'].attempts
  );
}
