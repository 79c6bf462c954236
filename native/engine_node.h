/* SPDX-License-Identifier: Apache-2.0 */
/* What both engines show to JavaScript. Arguments are validated in src/capture/native.ts. */
#ifndef COUNTFREE_ENGINE_NODE_H
#define COUNTFREE_ENGINE_NODE_H

#include <napi.h>

#include <cstring>
#include <memory>
#include <mutex>
#include <new>
#include <string>
#include <vector>

#include "engine.h"
#include "packet_sink_napi.h"

namespace countfree {

EngineSettings readSettings(const Napi::Object &object);
Realms readRealms(const Napi::Object &object);
Napi::Value countersToValue(Napi::Env env, const cf_tallies &tallies);
Napi::Value flowsToValue(Napi::Env env, Engine &engine, size_t maxOctets);
Napi::Value hellosToValue(Napi::Env env, Engine &engine, size_t maxOctets);
Napi::Object statusToValue(Napi::Env env, Engine &engine);
/* An Error with `code` set to the name of the errno. */
Napi::Error toError(Napi::Env env, const EngineError &error);

/* Runs `work` with C++ failures turned into JavaScript's. */
template <typename Work> auto guarded(Napi::Env env, Work work) {
    try {
        return work();
    } catch (const EngineError &error) {
        throw toError(env, error);
    } catch (const std::bad_alloc &) {
        throw toError(env, EngineError(ENOMEM, "out of memory: make the engine's sizes smaller"));
    }
}

template <typename Self> class EngineNode : public Napi::ObjectWrap<Self> {
  public:
    explicit EngineNode(const Napi::CallbackInfo &info) : Napi::ObjectWrap<Self>(info) {}

    Napi::Value generation(const Napi::CallbackInfo &info) {
        return locked(info.Env(), [&] { return Napi::String::New(info.Env(), engine_->generation()); });
    }
    Napi::Value draining(const Napi::CallbackInfo &info) {
        return locked(info.Env(), [&] { return Napi::Boolean::New(info.Env(), engine_->draining()); });
    }
    Napi::Value sink(const Napi::CallbackInfo &info) { return WrapPacketSink(info.Env(), engine_); }
    Napi::Value configure(const Napi::CallbackInfo &info) {
        locked(info.Env(), [&] { engine_->configure(readRealms(info[0].As<Napi::Object>())); });
        return info.Env().Undefined();
    }
    Napi::Value closeEpoch(const Napi::CallbackInfo &info) {
        return locked(info.Env(), [&] { return Napi::Number::New(info.Env(), engine_->closeEpoch()); });
    }
    Napi::Value drain(const Napi::CallbackInfo &info) {
        return locked(info.Env(), [&]() -> Napi::Value {
            const Drained drained = engine_->drain(info[0].As<Napi::Number>().Uint32Value());
            auto result = Napi::Object::New(info.Env());
            result["done"] = drained.done;
            result["records"] = drained.records;
            return result;
        });
    }
    Napi::Value peekFlows(const Napi::CallbackInfo &info) {
        return locked(info.Env(), [&] { return flowsToValue(info.Env(), *engine_, size(info[0])); });
    }
    Napi::Value peekHellos(const Napi::CallbackInfo &info) {
        return locked(info.Env(), [&] { return hellosToValue(info.Env(), *engine_, size(info[0])); });
    }
    Napi::Value releaseFlows(const Napi::CallbackInfo &info) { return release(info, false); }
    Napi::Value releaseHellos(const Napi::CallbackInfo &info) { return release(info, true); }
    Napi::Value counters(const Napi::CallbackInfo &info) {
        return locked(info.Env(), [&] { return countersToValue(info.Env(), engine_->counters()); });
    }
    Napi::Value packet(const Napi::CallbackInfo &info) {
        return locked(info.Env(), [&] {
            auto frame = info[0].As<Napi::Uint8Array>();
            bool lossless = false;
            const int result = engine_->packet(frame.Data(), static_cast<uint32_t>(frame.ByteLength()),
                                               info[1].As<Napi::Number>().Uint32Value(),
                                               info[2].As<Napi::BigInt>().Uint64Value(&lossless));
            if (result < 0)
                throw EngineError(result,
                                  std::string("the packet could not be counted: ") + std::strerror(-result));
            return Napi::Number::New(info.Env(), result);
        });
    }
    Napi::Value close(const Napi::CallbackInfo &info) {
        locked(info.Env(), [&] { engine_->close(); });
        return info.Env().Undefined();
    }

  protected:
    /* Methods of both engines; `status` is each one's own. */
    static std::vector<Napi::ClassPropertyDescriptor<Self>> methods() {
        using Wrap = Napi::ObjectWrap<Self>;
        using Method = Napi::Value (Self::*)(const Napi::CallbackInfo &);
        return {
            Wrap::InstanceAccessor("generation", static_cast<Method>(&Self::generation), nullptr),
            Wrap::InstanceAccessor("draining", static_cast<Method>(&Self::draining), nullptr),
            Wrap::InstanceMethod("sink", static_cast<Method>(&Self::sink)),
            Wrap::InstanceMethod("configure", static_cast<Method>(&Self::configure)),
            Wrap::InstanceMethod("closeEpoch", static_cast<Method>(&Self::closeEpoch)),
            Wrap::InstanceMethod("drain", static_cast<Method>(&Self::drain)),
            Wrap::InstanceMethod("peekFlows", static_cast<Method>(&Self::peekFlows)),
            Wrap::InstanceMethod("releaseFlows", static_cast<Method>(&Self::releaseFlows)),
            Wrap::InstanceMethod("peekHellos", static_cast<Method>(&Self::peekHellos)),
            Wrap::InstanceMethod("releaseHellos", static_cast<Method>(&Self::releaseHellos)),
            Wrap::InstanceMethod("counters", static_cast<Method>(&Self::counters)),
            Wrap::InstanceMethod("status", static_cast<Method>(&Self::status)),
            Wrap::InstanceMethod("packet", static_cast<Method>(&Self::packet)),
            Wrap::InstanceMethod("close", static_cast<Method>(&Self::close)),
        };
    }

    /* As guarded, while no other thread counts packets with the engine. */
    template <typename Work> auto locked(Napi::Env env, Work work) {
        return guarded(env, [&] {
            const std::lock_guard<std::mutex> lock(engine_->mutex);
            return work();
        });
    }

    std::shared_ptr<Engine> engine_;

  private:
    static size_t size(const Napi::Value &value) {
        return static_cast<size_t>(value.As<Napi::Number>().Int64Value());
    }
    Napi::Value release(const Napi::CallbackInfo &info, bool hellos) {
        locked(info.Env(), [&] {
            bool lossless = false;
            const uint64_t end = info[0].As<Napi::BigInt>().Uint64Value(&lossless);
            if (!lossless)
                throw EngineError(EINVAL, "the position is no unsigned 64-bit number");
            (hellos ? engine_->helloRing() : engine_->flowRing()).release(end);
        });
        return info.Env().Undefined();
    }
};

} // namespace countfree

#endif
