import { SOCKET_COST, WARNING_KINDS, type PointObserver } from '../capture/index.js';
import { metrics, type Logger } from '../shared/index.js';

/** Log and metrics of where a capture point's packets come from, and of what is wrong with its mirror. */
export function feedObserver(point: string, logger: Logger): PointObserver {
  const raised = new Set<string>();
  for (const kind of WARNING_KINDS) metrics.set('countfree_capture_warning', 0, { point, warning: kind });
  return {
    attached: ({ mode, frags, attempts, offloads }) => {
      const told = { point, mode, frags, attempts, offloads };
      if (mode === 'socket') logger.warn({ ...told, cost: SOCKET_COST }, 'capture reads a packet socket');
      else logger.info(told, 'the XDP program is attached');
    },
    socketDrops: (packets) => {
      metrics.add('countfree_capture_lost_total', packets, { reason: 'socket_drop' });
      logger.error({ point, packets }, 'the packet socket dropped packets: their octets are lost');
    },
    warningsChanged: (warnings) => {
      for (const { kind, detail } of warnings)
        if (!raised.has(kind)) logger.warn({ point, warning: kind, detail }, 'capture warning');
      const now = new Set<string>(warnings.map(({ kind }) => kind));
      for (const kind of raised)
        if (!now.has(kind)) logger.info({ point, warning: kind }, 'capture is well again');
      raised.clear();
      for (const kind of now) raised.add(kind);
      for (const kind of WARNING_KINDS)
        metrics.set('countfree_capture_warning', now.has(kind) ? 1 : 0, { point, warning: kind });
    },
  };
}
