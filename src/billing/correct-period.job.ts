import { Inject, Injectable } from '@nestjs/common';
import { HandlesJob, type JobContext, type JobData, type JobHandler } from '../queue/index.js';
import { CorrectionsService } from './corrections.service.js';

/** Carries out what `CorrectionsService.start` has ordered. A second or a repeated run finds nothing that differs. */
@Injectable()
@HandlesJob('billing.correct-period')
export class CorrectPeriodJob implements JobHandler<'billing.correct-period'> {
  constructor(@Inject(CorrectionsService) private readonly corrections: CorrectionsService) {}

  async handle({ period }: JobData<'billing.correct-period'>, context: JobContext): Promise<object> {
    const corrections = await this.corrections.carryOut(period, context.signal);
    // Stopped between two batches: thrown, so that the next process goes on.
    context.signal.throwIfAborted();
    return { corrections };
  }
}
