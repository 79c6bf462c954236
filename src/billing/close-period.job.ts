import { Inject, Injectable } from '@nestjs/common';
import { HandlesJob, type JobContext, type JobData, type JobHandler } from '../queue/index.js';
import { ClosingService } from './closing.service.js';

/** Carries out what `ClosingService.start` has ordered. A second or a repeated run finds nothing left to do. */
@Injectable()
@HandlesJob('billing.close-period')
export class ClosePeriodJob implements JobHandler<'billing.close-period'> {
  constructor(@Inject(ClosingService) private readonly closing: ClosingService) {}

  async handle({ period }: JobData<'billing.close-period'>, context: JobContext): Promise<object> {
    await this.closing.carryOut(period, {
      signal: context.signal,
      report: (view) => context.report(view),
    });
    const view = await this.closing.status(period);
    // Stopped between two batches: thrown, so that the next process goes on.
    if (view.status === 'closing') context.signal.throwIfAborted();
    return view;
  }
}
