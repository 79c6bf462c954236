/* SPDX-License-Identifier: Apache-2.0 */
#include "grace_period.h"

#include <bpf/bpf.h>
#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace countfree {

void GracePeriod::wait() {
    if (syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0) != 0)
        waitByMap(); /* the command is refused where some CPUs run without a tick (nohz_full) */
}

/* Changing an array of maps waits for programs that may still use the old one. */
void GracePeriod::waitByMap() {
    if (!outer_.valid()) {
        inner_ = Descriptor(bpf_map_create(BPF_MAP_TYPE_ARRAY, "cf_inner", 4, 8, 1, nullptr));
        LIBBPF_OPTS(bpf_map_create_opts, options, .inner_map_fd = static_cast<uint32_t>(inner_.get()));
        outer_ = Descriptor(bpf_map_create(BPF_MAP_TYPE_ARRAY_OF_MAPS, "cf_grace", 4, 4, 1, &options));
    }
    const uint32_t zero = 0;
    const int inner = inner_.get();
    if (!outer_.valid() || bpf_map_update_elem(outer_.get(), &zero, &inner, BPF_ANY) != 0)
        throw EngineError(errno, std::string("cannot wait for packets under way: ") + std::strerror(errno) +
                                     "; " + advice(errno));
}

} // namespace countfree
