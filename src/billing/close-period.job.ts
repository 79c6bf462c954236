import { Inject, Injectable } from '@nestjs/common';
import { HandlesJob, type JobContext, type JobData, type JobHandler } from '../queue/index.js';
import { ClosingService } from './closing.service.js';
import { CorrectionsService } from './corrections.service.js';

/**
 * Carries out what `ClosingService.start` has ordered: first corrects the months before, so that what came late for them
 * is settled by the statements that are written now. A second or a repeated run finds nothing left to do.
 */
@Injectable()
@HandlesJob('billing.close-period')
export class ClosePeriodJob implements JobHandler<'billing.close-period'> {
  constructor(
    @Inject(ClosingService) private readonly closing: ClosingService,
    @Inject(CorrectionsService) private readonly corrections: CorrectionsService,
  ) {}

  async handle({ period }: JobData<'billing.close-period'>, context: JobContext): Promise<object> {
    const { status, statements } = await this.closing.status(period);
    if (status === 'closing' && statements === 0) {
      await this.corrections.correctBefore(period, context.signal);
      context.signal.throwIfAborted();
    }
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
