import { expect, it } from 'vitest';
import { metrics, type Logger } from '../shared/index.js';
import { meterObserver } from './capture-observers.js';

it('shows what waits for a look at thresholds, and warns only of what had to be merged', async () => {
  const warned: unknown[] = [];
  const logger = { warn: (fields: unknown) => warned.push(fields) } as unknown as Logger;
  const observer = meterObserver(logger);
  observer.backlog?.({ waiting: 300, merged: 0 });
  expect((await metrics.text()).body).toContain('countfree_threshold_backlog_rows 300\n');
  expect(warned).toEqual([]);
  observer.backlog?.({ waiting: 4001, merged: 4001 });
  observer.backlog?.({ waiting: 4002, merged: 4002 });
  const { body } = await metrics.text();
  expect(body).toContain('countfree_threshold_backlog_rows 4002\n');
  expect(body).toContain('countfree_threshold_merged_rows_total 8003\n');
  expect(warned).toEqual([{ waiting: 4001 }, { waiting: 4002 }]);
});
