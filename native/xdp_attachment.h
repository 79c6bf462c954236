/* SPDX-License-Identifier: Apache-2.0 */
/* The XDP program on an interface: a bpf_link, which goes with the process, or stays if it is pinned. */
#ifndef COUNTFREE_XDP_ATTACHMENT_H
#define COUNTFREE_XDP_ATTACHMENT_H

#include <string>
#include <vector>

#include "bpf_program.h"
#include "receive_offloads.h"

namespace countfree {

struct AttachAttempt {
    std::string mode;
    std::string error;
    int number; /* errno */
};

/* The program twice: for packets in one buffer, and (a little slower) for packets in several. */
struct XdpPrograms {
    int plain;
    int frags;
};

class XdpAttachment {
  public:
    /* `mode` is "native", "generic" or "auto" (one after the other). Throws EngineError with every attempt's
     * reason. */
    XdpAttachment(const XdpPrograms &programs, const std::string &interfaceName, const std::string &mode,
                  const std::string &pinPath);
    /* Without a pin the program goes, and its interface's receive offloads come back. */
    ~XdpAttachment();
    XdpAttachment(const XdpAttachment &) = delete;
    XdpAttachment &operator=(const XdpAttachment &) = delete;

    const std::string &mode() const { return mode_; }
    bool frags() const { return frags_; }
    int interfaceIndex() const { return interfaceIndex_; }
    const std::vector<AttachAttempt> &attempts() const { return attempts_; }
    /* Generic mode comes after receive offloads: they are off while it is attached. The kernel itself leaves
     * GRO out then (netif_elide_gro); LRO and GRO in hardware it switches off and never on again. */
    OffloadChange offloads() const { return offloads_; }
    /* False once the interface is gone: the link outlives it without holding anything. */
    bool alive() const;
    /* Takes the program off and removes the link's pin. */
    void detach();

  private:
    bool takeOver(const XdpPrograms &programs, const std::string &mode);
    bool tryMode(int program, bool frags, const std::string &mode);
    void keepOffloadsOff();

    ReceiveOffloads switch_;
    int interfaceIndex_ = 0;
    std::string mode_;
    bool frags_ = false;
    std::string pin_; /* "": not pinned */
    Descriptor link_;
    std::vector<AttachAttempt> attempts_;
    OffloadChange offloads_;
};

/* Id of the program that a pinned link holds on an interface; 0 if there is none. */
uint32_t pinnedProgramId(const std::string &pinPath);

/* Takes a pinned link off whatever it is attached to, and removes the pin. Nothing pinned is no error. */
void removePinnedLink(const std::string &pinPath);

} // namespace countfree

#endif
