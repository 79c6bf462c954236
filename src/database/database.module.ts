import {
  Inject,
  Injectable,
  Module,
  type DynamicModule,
  type InjectionToken,
  type ModuleMetadata,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { DataSource } from 'typeorm';
import { ChangeFeed } from './change-feed.js';
import { openDatabase, type DatabaseSettings, type OpenDatabase } from './open.js';

export interface DatabaseModuleOptions extends Pick<ModuleMetadata, 'imports'> {
  inject?: InjectionToken[];
  useFactory: (...dependencies: never[]) => DatabaseSettings | Promise<DatabaseSettings>;
}

const OPEN_DATABASE = Symbol('OpenDatabase');

/** Ends the connections, and a private server of ours, after everything else has let go of them. */
@Injectable()
class DatabaseCloser implements OnApplicationShutdown {
  constructor(
    @Inject(OPEN_DATABASE) private readonly database: OpenDatabase,
    @Inject(ChangeFeed) private readonly feed: ChangeFeed,
  ) {}

  async onApplicationShutdown(): Promise<void> {
    await this.feed.stop();
    await this.database.close();
  }
}

/** The `DataSource` and the `ChangeFeed` (started by whoever subscribes) for the whole application. */
@Module({})
export class DatabaseModule {
  static forRootAsync(options: DatabaseModuleOptions): DynamicModule {
    return {
      module: DatabaseModule,
      global: true,
      imports: options.imports ?? [],
      providers: [
        {
          provide: OPEN_DATABASE,
          inject: options.inject ?? [],
          useFactory: async (...dependencies: never[]) =>
            openDatabase(await options.useFactory(...dependencies)),
        },
        { provide: DataSource, inject: [OPEN_DATABASE], useFactory: (open: OpenDatabase) => open.dataSource },
        {
          provide: ChangeFeed,
          inject: [DataSource],
          useFactory: (dataSource: DataSource) => new ChangeFeed(dataSource),
        },
        DatabaseCloser,
      ],
      exports: [DataSource, ChangeFeed],
    };
  }
}
