/* SPDX-License-Identifier: Apache-2.0 */
#include "xdp_attachment.h"

#include <bpf/bpf.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace countfree {

namespace {

std::string linkPin(const std::string &pinPath) {
    return pinPath.empty() ? "" : pinPath + "/link";
}

uint32_t flagOf(const std::string &mode) {
    return mode == "native" ? XDP_FLAGS_DRV_MODE : XDP_FLAGS_SKB_MODE;
}

/* A link's failure comes without the kernel's reason; the older netlink way gives it. */
std::string reasonOf(int interfaceIndex, int program, const std::string &mode, int number) {
    LibbpfLog log;
    const uint32_t flags = flagOf(mode) | XDP_FLAGS_UPDATE_IF_NOEXIST;
    if (bpf_xdp_attach(interfaceIndex, program, flags, nullptr) == 0)
        bpf_xdp_detach(interfaceIndex, flagOf(mode), nullptr);
    const std::string said = log.kernelMessage();
    std::string reason = std::strerror(number);
    if (!said.empty())
        reason += " (" + said + ")";
    switch (number) {
    case EBUSY:
    case EEXIST:
        return reason +
               ": another XDP program is on the interface; see bpftool net, or ip link set dev IF xdp off";
    case EOPNOTSUPP:
        return reason + ": the driver has no XDP of its own";
    case EINVAL:
    case ERANGE:
    case EMSGSIZE:
        return reason + ": most often the MTU is above what the driver allows with XDP; try a smaller one";
    case EPERM:
        return reason + ": " + advice(number);
    default:
        return reason;
    }
}

} // namespace

XdpAttachment::XdpAttachment(const XdpPrograms &programs, const std::string &interfaceName,
                             const std::string &mode, const std::string &pinPath)
    : interfaceIndex_(static_cast<int>(if_nametoindex(interfaceName.c_str()))), pin_(linkPin(pinPath)) {
    if (interfaceIndex_ == 0)
        throw EngineError(ENODEV, "there is no network interface " + interfaceName +
                                      " in this network namespace: see ip link");
    if (takeOver(programs, mode))
        return;
    const bool native = mode != "generic", generic = mode != "native";
    if (native && (tryMode(programs.plain, false, "native") || tryMode(programs.frags, true, "native")))
        return;
    if (generic && tryMode(programs.plain, false, "generic")) /* there packets are made one buffer first */
        return;
    std::string message = "the XDP program does not attach to " + interfaceName;
    for (const AttachAttempt &attempt : attempts_)
        message += "\n  " + attempt.mode + ": " + attempt.error;
    throw EngineError(EOPNOTSUPP, message);
}

/* A pinned link that still holds this very interface gets the new program, without a packet in between
 * uncounted. */
bool XdpAttachment::takeOver(const XdpPrograms &programs, const std::string &mode) {
    if (pin_.empty() || access(pin_.c_str(), F_OK) != 0)
        return false;
    Descriptor link(bpf_obj_get(pin_.c_str()));
    bpf_link_info info{};
    uint32_t length = sizeof(info);
    LIBBPF_OPTS(bpf_xdp_query_opts, query);
    if (link.valid() && bpf_obj_get_info_by_fd(link.get(), &info, &length) == 0 &&
        static_cast<int>(info.xdp.ifindex) == interfaceIndex_ &&
        bpf_xdp_query(interfaceIndex_, 0, &query) == 0 && query.prog_id == info.prog_id) {
        const std::string present = query.attach_mode == XDP_ATTACHED_SKB ? "generic" : "native";
        if (mode == "auto" || mode == present) {
            for (const bool frags : {false, true}) {
                if (bpf_link_update(link.get(), frags ? programs.frags : programs.plain, nullptr) != 0)
                    continue;
                mode_ = present;
                frags_ = frags;
                link_ = std::move(link);
                return true;
            }
        }
    }
    if (link.valid())
        bpf_link_detach(link.get());
    unlink(pin_.c_str());
    return false;
}

bool XdpAttachment::tryMode(int program, bool frags, const std::string &mode) {
    LIBBPF_OPTS(bpf_link_create_opts, options, .flags = flagOf(mode));
    Descriptor link(bpf_link_create(program, interfaceIndex_, BPF_XDP, &options));
    if (!link.valid()) {
        const int number = errno;
        attempts_.push_back({frags ? mode + ", several buffers a packet" : mode,
                             reasonOf(interfaceIndex_, program, mode, number)});
        return false;
    }
    if (!pin_.empty() && bpf_obj_pin(link.get(), pin_.c_str()) != 0)
        throw EngineError(errno, "cannot pin " + pin_ + ": " + std::strerror(errno));
    mode_ = mode;
    frags_ = frags;
    link_ = std::move(link);
    return true;
}

bool XdpAttachment::alive() const {
    bpf_link_info info{};
    uint32_t length = sizeof(info);
    return link_.valid() && bpf_obj_get_info_by_fd(link_.get(), &info, &length) == 0 && info.xdp.ifindex != 0;
}

void XdpAttachment::detach() {
    if (link_.valid())
        bpf_link_detach(link_.get());
    link_ = Descriptor();
    if (!pin_.empty())
        unlink(pin_.c_str());
}

void removePinnedLink(const std::string &pinPath) {
    const std::string pin = linkPin(pinPath);
    if (pin.empty())
        return;
    Descriptor link(bpf_obj_get(pin.c_str()));
    if (link.valid())
        bpf_link_detach(link.get());
    unlink(pin.c_str());
}

} // namespace countfree
