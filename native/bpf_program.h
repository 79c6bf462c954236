/* SPDX-License-Identifier: Apache-2.0 */
/* The loaded BPF object: its maps made new, or adopted from a pin folder that an earlier process left. */
#ifndef COUNTFREE_BPF_PROGRAM_H
#define COUNTFREE_BPF_PROGRAM_H

#include <bpf/libbpf.h>

#include <memory>
#include <string>

#include "engine.h"

namespace countfree {

class Descriptor {
  public:
    explicit Descriptor(int number = -1) : number_(number) {}
    ~Descriptor();
    Descriptor(Descriptor &&other) noexcept;
    Descriptor &operator=(Descriptor &&other) noexcept;
    int get() const { return number_; }
    bool valid() const { return number_ >= 0; }

  private:
    int number_;
};

/* Collects what libbpf and the verifier say on this thread while it lives. */
class LibbpfLog {
  public:
    LibbpfLog();
    ~LibbpfLog();
    LibbpfLog(const LibbpfLog &) = delete;
    LibbpfLog &operator=(const LibbpfLog &) = delete;
    /* The last lines: the verifier's verdict stands at its end. */
    std::string tail() const;
    /* The kernel's own words (netlink extended acknowledgement), or "". */
    std::string kernelMessage() const;

  private:
    std::string text_;
    std::string *outer_;
};

struct BpfProgramOptions {
    std::string objectPath;
    std::string pinPath; /* "": nothing is pinned */
    EngineSettings settings;
    bool replay = false;
};

class BpfProgram {
  public:
    /* Throws EngineError. */
    explicit BpfProgram(const BpfProgramOptions &options);

    bool adopted() const { return adopted_; }
    const std::string &pinPath() const { return pinPath_; }
    int map(const char *name) const;
    uint32_t mapEntries(const char *name) const;
    /* Of a per-CPU map: from one CPU's value to the next. */
    size_t mapValueOctets(const char *name) const;
    int program(const char *name) const;
    cf_state &state() const { return *reinterpret_cast<cf_state *>(state_.data()); }
    cf_replay &replay() const { return *reinterpret_cast<cf_replay *>(replay_.data()); }
    /* Runs a syscall program; `args` is read and written. */
    void call(const char *name, void *args, uint32_t length) const;
    /* Pins what was made, the state last: its pin says that the others are whole. */
    void pin() const;
    void unpin() const;

    /* IPv4 flows that one table has a place for, of an engine for so many flows. */
    static uint32_t slotsOf(uint32_t flows);
    /* Why the pins in a folder cannot be taken over, or "". Changes nothing. */
    static std::string refusalOf(const BpfProgramOptions &options);
    /* Removes a pin folder and all that is pinned in it, of whatever version. Throws EngineError, EBUSY while
     * a process counts with it. */
    static void discard(const std::string &pinPath);

  private:
    BpfProgram() = default;
    void lockPins();
    void adoptPins();
    void checkPinnedVersion() const;
    void size(const BpfProgramOptions &options);
    void load();

    std::string pinPath_;
    Descriptor lock_;
    std::unique_ptr<bpf_object, decltype(&bpf_object__close)> object_{nullptr, &bpf_object__close};
    bool adopted_ = false;
    Mapping state_;
    Mapping replay_;
};

/* What to do about an errno of the bpf system call. */
std::string advice(int number);

} // namespace countfree

#endif
