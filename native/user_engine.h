/* SPDX-License-Identifier: Apache-2.0 */
/* The shared parser over tables in this process. Without N-API, so that a fuzzer can drive it. Not
 * thread-safe. */
#ifndef COUNTFREE_USER_ENGINE_H
#define COUNTFREE_USER_ENGINE_H

#include <array>
#include <memory>

#include "engine.h"

struct cf_user_engine;

namespace countfree {

class UserEngine : public Engine {
  public:
    explicit UserEngine(const EngineSettings &settings);
    ~UserEngine() override;

    int packet(const uint8_t *frame, uint32_t capturedOctets, uint32_t wireOctets, uint64_t timeNs) override;
    EngineSettings settings() const override { return settings_; }
    void configure(const Realms &realms) override;
    uint32_t closeEpoch() override;
    Drained drain(uint32_t maxRecords) override;
    cf_tallies counters() const override;
    void close() override;
    bool isOpen() const override { return tables_ != nullptr; }

  protected:
    const cf_state &state() const override;
    RingReader &ring(bool hellos) const override;
    TickClock clock() const override { return {}; }

  private:
    cf_user_engine &tables() const;
    bool putFlow(const cf_flow_key &key, const cf_flow_counters &counters, uint32_t epoch);
    bool putEpochEnd(uint32_t table);

    EngineSettings settings_;
    std::unique_ptr<cf_user_engine> tables_;
};

} // namespace countfree

#endif
