/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_node.h"

#include <cstring>
#include <string>

namespace countfree {

namespace {

/* In the order of enum cf_outcome and enum cf_note, as in src/capture/layout.ts. */
constexpr const char *kOutcomes[] = {"counted",     "not_subscriber", "not_ip",
                                     "unsupported", "malformed",      "outer_fragment"};
constexpr const char *kNotes[] = {"both_subscribers", "truncated",   "inner_fragment", "step_address_pair",
                                  "step_subscriber",  "step_global", "hello",          "hello_dropped",
                                  "no_mirror"};
static_assert(sizeof(kOutcomes) / sizeof(*kOutcomes) == CF_OUTCOME_COUNT, "every outcome has a name");
static_assert(sizeof(kNotes) / sizeof(*kNotes) == CF_NOTE_COUNT, "every note has a name");

uint32_t numberOf(const Napi::Object &object, const char *name) {
    return object.Get(name).As<Napi::Number>().Uint32Value();
}

Napi::Number toNumber(Napi::Env env, uint64_t value) {
    return Napi::Number::New(env, static_cast<double>(value));
}

Napi::Object tallyToValue(Napi::Env env, const cf_tally &tally) {
    auto result = Napi::Object::New(env);
    result["packets"] = toNumber(env, tally.packets);
    result["octets"] = toNumber(env, tally.octets);
    return result;
}

template <typename T> void readArray(const Napi::Object &object, const char *name, std::vector<T> &into) {
    auto buffer = object.Get(name).As<Napi::Buffer<uint8_t>>();
    into.resize(buffer.Length() / sizeof(T));
    if (!into.empty())
        std::memcpy(into.data(), buffer.Data(), into.size() * sizeof(T));
}

Napi::Value epochEndToValue(Napi::Env env, const cf_epoch_end_record &record) {
    cf_tallies tallies{};
    tallies.seen = record.seen;
    std::memcpy(tallies.outcomes, record.outcomes, sizeof(record.outcomes));
    std::memcpy(tallies.notes, record.notes, sizeof(record.notes));
    auto result = Napi::Object::New(env);
    result["epoch"] = record.epoch;
    result["openedTime"] = toNumber(env, record.opened_time);
    result["closedTime"] = toNumber(env, record.closed_time);
    result["counters"] = countersToValue(env, tallies);
    auto sequences = Napi::Object::New(env);
    sequences["numbered"] = toNumber(env, record.sequences.numbered);
    sequences["missed"] = toNumber(env, record.sequences.missed);
    sequences["late"] = toNumber(env, record.sequences.late);
    result["sequences"] = sequences;
    return result;
}

Napi::Object peekToValue(Napi::Env env, const Waiting &waiting, const Napi::Buffer<uint8_t> &records) {
    auto result = Napi::Object::New(env);
    result["start"] = Napi::BigInt::New(env, waiting.start);
    result["end"] = Napi::BigInt::New(env, waiting.end);
    result["records"] = records;
    return result;
}

} // namespace

EngineSettings readSettings(const Napi::Object &object) {
    EngineSettings settings;
    settings.flows = numberOf(object, "flows");
    settings.flowRingBytes = numberOf(object, "flowRingBytes");
    settings.helloRingBytes = numberOf(object, "helloRingBytes");
    settings.fragments = numberOf(object, "fragments");
    settings.hellosPerSecond = numberOf(object, "hellosPerSecond");
    settings.flowsPerSubscriber = numberOf(object, "flowsPerSubscriber");
    settings.coarsen = object.Get("coarsen").ToBoolean();
    settings.live = object.Get("live").ToBoolean();
    return settings;
}

Realms readRealms(const Napi::Object &object) {
    Realms realms;
    readArray(object, "mirrors", realms.mirrors);
    readArray(object, "ranges4", realms.ranges4);
    readArray(object, "ranges6", realms.ranges6);
    return realms;
}

Napi::Value countersToValue(Napi::Env env, const cf_tallies &tallies) {
    auto outcomes = Napi::Object::New(env), notes = Napi::Object::New(env), result = Napi::Object::New(env);
    for (int i = 0; i < CF_OUTCOME_COUNT; i++)
        outcomes[kOutcomes[i]] = tallyToValue(env, tallies.outcomes[i]);
    for (int i = 0; i < CF_NOTE_COUNT; i++)
        notes[kNotes[i]] = tallyToValue(env, tallies.notes[i]);
    result["seen"] = tallyToValue(env, tallies.seen);
    result["outcomes"] = outcomes;
    result["notes"] = notes;
    return result;
}

Napi::Value flowsToValue(Napi::Env env, Engine &engine, size_t maxOctets) {
    const Waiting waiting = engine.waitingFlows(maxOctets);
    if (waiting.end == waiting.start)
        return env.Null();
    auto records = Napi::Buffer<uint8_t>::New(env, waiting.octets);
    engine.copyFlows(waiting, records.Data());
    Napi::Object result = peekToValue(env, waiting, records);
    result["epochEnd"] = waiting.epochEnd ? epochEndToValue(env, *waiting.epochEnd) : env.Null();
    return result;
}

Napi::Value hellosToValue(Napi::Env env, Engine &engine, size_t maxOctets) {
    const Waiting waiting = engine.waitingHellos(maxOctets);
    if (waiting.end == waiting.start)
        return env.Null();
    auto records = Napi::Buffer<uint8_t>::New(env, waiting.octets);
    engine.copyHellos(waiting, records.Data());
    return peekToValue(env, waiting, records);
}

Napi::Object statusToValue(Napi::Env env, Engine &engine) {
    const EngineSettings settings = engine.settings();
    auto sizes = Napi::Object::New(env), result = Napi::Object::New(env);
    sizes["flows"] = settings.flows;
    sizes["flowRingBytes"] = settings.flowRingBytes;
    sizes["helloRingBytes"] = settings.helloRingBytes;
    sizes["fragments"] = settings.fragments;
    result["sizes"] = sizes;
    result["epoch"] = engine.epoch();
    result["openedTime"] = toNumber(env, engine.openedTime());
    result["records"] = toNumber(env, engine.records());
    result["draining"] = engine.draining();
    result["flowRingUsed"] = toNumber(env, engine.flowRing().used());
    result["helloRingUsed"] = toNumber(env, engine.helloRing().used());
    result["flowRingPosition"] = Napi::BigInt::New(env, engine.flowRing().position());
    result["helloRingPosition"] = Napi::BigInt::New(env, engine.helloRing().position());
    return result;
}

Napi::Error toError(Napi::Env env, const EngineError &error) {
    auto result = Napi::Error::New(env, error.what());
    const char *name = strerrorname_np(error.number);
    result.Set("code", Napi::String::New(env, name == nullptr ? "EUNKNOWN" : name));
    return result;
}

} // namespace countfree
