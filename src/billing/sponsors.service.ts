import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Refusal } from '../shared/index.js';
import { settlementCsv, settlements, type SponsorSettlement } from './settlement.js';
import { SponsorsRepository } from './sponsors.repository.js';

/** What sponsors owe for a closed month: its final statements, as their corrections left them. */
@Injectable()
export class SponsorsService {
  constructor(
    @Inject(DataSource) private readonly dataSource: DataSource,
    @Inject(SponsorsRepository) private readonly sponsors: SponsorsRepository,
  ) {}

  /** By sponsor and currency. Throws a {@link Refusal} (`not_found`) where the month has no final statement. */
  async settlements(month: string): Promise<SponsorSettlement[]> {
    const { manager } = this.dataSource;
    if (!(await this.sponsors.isClosed(manager, month)))
      throw new Refusal('not_found', `${month} has no final statement: close it first.`);
    return settlements(await this.sponsors.octets(manager, month));
  }

  async csv(month: string): Promise<string> {
    return settlementCsv(await this.settlements(month));
  }
}
