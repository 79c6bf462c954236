/* SPDX-License-Identifier: Apache-2.0 */
#ifndef COUNTFREE_GRACE_PERIOD_H
#define COUNTFREE_GRACE_PERIOD_H

#include "bpf_program.h"

namespace countfree {

/* Waits until every XDP run that is under way has ended: one RCU grace period of the kernel. */
class GracePeriod {
  public:
    /* About 15 ms. Throws EngineError where the kernel offers no way to wait. */
    void wait();

  private:
    void waitByMap();

    Descriptor outer_;
    Descriptor inner_;
};

} // namespace countfree

#endif
