/* SPDX-License-Identifier: Apache-2.0 */
/* The XDP program with its tables in the kernel. Without N-API. One thread may call it. */
#ifndef COUNTFREE_XDP_ENGINE_H
#define COUNTFREE_XDP_ENGINE_H

#include <memory>
#include <optional>
#include <string>

#include "bpf_program.h"
#include "engine.h"
#include "grace_period.h"
#include "xdp_attachment.h"

namespace countfree {

struct XdpEngineOptions : BpfProgramOptions {
    bool dropMirrored = true;
};

class XdpEngine : public Engine {
  public:
    explicit XdpEngine(const XdpEngineOptions &options);

    int packet(const uint8_t *frame, uint32_t capturedOctets, uint32_t wireOctets, uint64_t timeNs) override;
    EngineSettings settings() const override { return settings_; }
    void configure(const Realms &realms) override;
    uint32_t closeEpoch() override;
    Drained drain(uint32_t maxRecords) override;
    cf_tallies counters() const override;
    void close() override;
    bool isOpen() const override { return program_ != nullptr; }

    bool adopted() const { return adopted_; }
    const XdpAttachment &attach(const std::string &interfaceName, const std::string &mode);
    /* nullptr if there is none, or its interface is gone. */
    const XdpAttachment *attachment() const {
        return attachment_ && attachment_->alive() ? &*attachment_ : nullptr;
    }
    void detach();

  protected:
    const cf_state &state() const override { return program().state(); }
    RingReader &ring(bool hellos) const override;
    TickClock clock() const override;

  private:
    BpfProgram &program() const;
    void startState();
    void findTicks();
    uint64_t clockBase() const;
    void waitForGrace();
    void clearMirrors(uint16_t slot);

    EngineSettings settings_;
    bool replay_;
    bool adopted_ = false;
    std::unique_ptr<BpfProgram> program_;
    std::optional<XdpAttachment> attachment_;
    mutable RingReader flowRing_;
    mutable RingReader helloRing_;
    GracePeriod grace_;
};

} // namespace countfree

#endif
