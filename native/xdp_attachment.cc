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

/* Which receive offloads to switch on again must outlive the process, as the program does: a map of one
 * number, pinned beside the link. */
std::string offloadsPin(const std::string &linkPin) {
    return linkPin.substr(0, linkPin.rfind('/')) + "/offloads";
}

uint32_t rememberedOffloads(const std::string &linkPin) {
    Descriptor map(bpf_obj_get(offloadsPin(linkPin).c_str()));
    const uint32_t key = 0;
    uint32_t offloads = 0;
    if (map.valid())
        bpf_map_lookup_elem(map.get(), &key, &offloads);
    return offloads;
}

void rememberOffloads(const std::string &linkPin, uint32_t offloads) {
    const std::string path = offloadsPin(linkPin);
    unlink(path.c_str());
    Descriptor map(
        bpf_map_create(BPF_MAP_TYPE_ARRAY, "cf_offloads", sizeof(uint32_t), sizeof(uint32_t), 1, nullptr));
    const uint32_t key = 0;
    if (!map.valid() || bpf_map_update_elem(map.get(), &key, &offloads, BPF_ANY) != 0 ||
        bpf_obj_pin(map.get(), path.c_str()) != 0)
        throw EngineError(errno, "cannot pin " + path + ": " + std::strerror(errno));
}

/* Takes a pinned link off, gives its interface's receive offloads back, and removes both pins. */
void removeLink(const std::string &pin) {
    Descriptor link(bpf_obj_get(pin.c_str()));
    bpf_link_info info{};
    uint32_t length = sizeof(info);
    char name[IF_NAMESIZE] = "";
    if (link.valid()) {
        if (bpf_obj_get_info_by_fd(link.get(), &info, &length) == 0)
            if_indextoname(info.xdp.ifindex, name);
        bpf_link_detach(link.get());
    }
    if (name[0] != 0)
        ReceiveOffloads(name).switchOn(rememberedOffloads(pin));
    unlink(offloadsPin(pin).c_str());
    unlink(pin.c_str());
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
    : switch_(interfaceName), interfaceIndex_(static_cast<int>(if_nametoindex(interfaceName.c_str()))),
      pin_(linkPin(pinPath)) {
    if (interfaceIndex_ == 0)
        throw EngineError(ENODEV, "there is no network interface " + interfaceName +
                                      " in this network namespace: see ip link");
    const bool native = mode != "generic", generic = mode != "native";
    if (takeOver(programs, mode) ||
        (native && (tryMode(programs.plain, false, "native") || tryMode(programs.frags, true, "native"))) ||
        (generic && tryMode(programs.plain, false, "generic"))) { /* packets are made one buffer first */
        if (mode_ == "generic")
            keepOffloadsOff();
        return;
    }
    std::string message = "the XDP program does not attach to " + interfaceName;
    bool forbidden = !attempts_.empty();
    for (const AttachAttempt &attempt : attempts_) {
        message += "\n  " + attempt.mode + ": " + attempt.error;
        forbidden = forbidden && attempt.number == EPERM;
    }
    throw EngineError(forbidden ? EPERM : EOPNOTSUPP, message);
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
    removeLink(pin_);
    return false;
}

void XdpAttachment::keepOffloadsOff() {
    offloads_ = switch_.switchOff();
    if (pin_.empty())
        return;
    offloads_.off |= rememberedOffloads(pin_);
    if (offloads_.off != 0)
        rememberOffloads(pin_, offloads_.off);
}

XdpAttachment::~XdpAttachment() {
    if (!pin_.empty() || !link_.valid())
        return;
    link_ = Descriptor();
    switch_.switchOn(offloads_.off);
}

bool XdpAttachment::tryMode(int program, bool frags, const std::string &mode) {
    LIBBPF_OPTS(bpf_link_create_opts, options, .flags = flagOf(mode));
    Descriptor link(bpf_link_create(program, interfaceIndex_, BPF_XDP, &options));
    if (!link.valid()) {
        const int number = errno;
        attempts_.push_back({frags ? mode + ", several buffers a packet" : mode,
                             reasonOf(interfaceIndex_, program, mode, number), number});
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
    switch_.switchOn(offloads_.off);
    if (!pin_.empty())
        removeLink(pin_);
}

uint32_t pinnedProgramId(const std::string &pinPath) {
    Descriptor link(bpf_obj_get(linkPin(pinPath).c_str()));
    bpf_link_info info{};
    uint32_t length = sizeof(info);
    if (!link.valid() || bpf_obj_get_info_by_fd(link.get(), &info, &length) != 0)
        return 0;
    return info.xdp.ifindex == 0 ? 0 : info.prog_id;
}

void removePinnedLink(const std::string &pinPath) {
    const std::string pin = linkPin(pinPath);
    if (!pin.empty())
        removeLink(pin);
}

} // namespace countfree
