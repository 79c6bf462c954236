export { databaseSettings } from './app.module.js';
export { CoreModule, nestLogger } from './core.module.js';
export { entities } from './entities.js';
export { startService, type RunningService } from './serve.js';
