/* SPDX-License-Identifier: Apache-2.0 */
/* The XDP program on an interface: a bpf_link, which goes with the process, or stays if it is pinned. */
#ifndef COUNTFREE_XDP_ATTACHMENT_H
#define COUNTFREE_XDP_ATTACHMENT_H

#include <string>
#include <vector>

#include "bpf_program.h"

namespace countfree {

struct AttachAttempt {
    std::string mode;
    std::string error;
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

    const std::string &mode() const { return mode_; }
    bool frags() const { return frags_; }
    int interfaceIndex() const { return interfaceIndex_; }
    const std::vector<AttachAttempt> &attempts() const { return attempts_; }
    /* False once the interface is gone: the link outlives it without holding anything. */
    bool alive() const;
    /* Takes the program off and removes the link's pin. */
    void detach();

  private:
    bool takeOver(const XdpPrograms &programs, const std::string &mode);
    bool tryMode(int program, bool frags, const std::string &mode);

    int interfaceIndex_ = 0;
    std::string mode_;
    bool frags_ = false;
    std::string pin_; /* "": not pinned */
    Descriptor link_;
    std::vector<AttachAttempt> attempts_;
};

/* Takes a pinned link off whatever it is attached to, and removes the pin. Nothing pinned is no error. */
void removePinnedLink(const std::string &pinPath);

} // namespace countfree

#endif
