import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { CatalogueService } from '../catalogue/index.js';
import { LOGGER, type Logger } from '../shared/index.js';

/** Gives a new database the seed catalogue. What an operator changed since stays as it is. */
@Injectable()
export class CatalogueSeeder implements OnModuleInit {
  constructor(
    private readonly catalogue: CatalogueService,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  async onModuleInit(): Promise<void> {
    const result = await this.catalogue.seed();
    this.logger.debug(result, 'seed catalogue');
  }
}
